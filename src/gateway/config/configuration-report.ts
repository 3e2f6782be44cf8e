// What reading a configuration comes to, and how people see it: errors, warnings, and the effective values. Made by
// configuration.ts, shown by the command line; shows no secret.

import {type ConfigurationKey, configurationKeys} from './configuration-keys.ts';
import type {GatewayOptions} from './options.ts';

/** Where one value came from; `forced`: a placeholder token keeps the gateway on this machine. */
export type ConfigurationSource =
  | {readonly kind: 'default'}
  | {readonly kind: 'file'; readonly file: string | undefined; readonly line: number}
  | {readonly kind: 'environment'; readonly name: string}
  | {readonly kind: 'flag'; readonly name: string}
  | {readonly kind: 'forced'};

/** One thing that is wrong; see {@link formatFault}. */
export interface ConfigurationFault {
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** The environment variable or flag at fault, where it is not the file. */
  readonly origin?: string;
  readonly key?: string;
  readonly message: string;
}

/** What {@link readConfiguration} found. */
export type ConfigurationResult = ValidConfiguration | FaultyConfiguration;

/** A gateway can start. */
export interface ValidConfiguration {
  readonly kind: 'valid';
  readonly options: GatewayOptions;
  readonly sources: Readonly<Record<ConfigurationKey, ConfigurationSource>>;
  /** Whole lines for people. */
  readonly warnings: readonly string[];
}

/** It cannot; at least one fault, those of the file first and in its order. */
export interface FaultyConfiguration {
  readonly kind: 'faulty';
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly string[];
}

/** `config/server.ini:12: window is not valid: 0. Use …`; a fault of the environment or of a flag begins with its name. */
export function formatFault({file, line, origin, message}: ConfigurationFault): string {
  const place = origin ?? (line === undefined ? file : `${file ?? 'configuration'}:${line}`);
  return place === undefined ? message : `${place}: ${message}`;
}

/**
 * The effective configuration, for `rainbow config`: an INI file with the source of each value as its comment. A secret
 * is a comment, its value `***`: a gateway that is given this file must ask for the secret rather than take the mask.
 */
export function describeConfiguration({options, sources}: ValidConfiguration): string {
  const settings = configurationKeys.map(({key, field, form}) => {
    const value = hideSecrets(form.write(options[field]), [
      options.securityToken,
      options.inspectorKey,
      ...options.apiKeys,
    ]);
    const setting = `${key} = ${value.replaceAll('%', '%%')}`.trimEnd();
    const isHidden = form.isSecret === true && value !== '';
    return {setting: isHidden ? `# ${setting}` : setting, source: formatSource(sources[key])};
  });
  // One long URL shall not push every comment off the screen.
  const width = Math.min(60, Math.max(...settings.map(({setting}) => setting.length)));
  return ['[main]', ...settings.map(({setting, source}) => `${setting.padEnd(width)} ; ${source}`), ''].join('\n');
}

function formatSource(source: ConfigurationSource): string {
  if (source.kind === 'default') return 'default';
  if (source.kind === 'forced') return 'forced by the placeholder in security_token';
  return source.kind === 'file' ? `${source.file ?? 'configuration'}:${source.line}` : source.name;
}

/** Whether `text` is what {@link describeConfiguration} shows in place of a secret. */
export function isMask(text: string): boolean {
  return text.startsWith('***');
}

/** `text` without any of `secrets`: a secret may stand where another value belongs. */
export function hideSecrets(text: string, secrets: Iterable<string>): string {
  // Shorter ones are no secrets, and would tear holes into every sentence. The longest first: one may be part of another.
  const long = [...secrets].filter((secret) => secret.length >= 8).sort((left, right) => right.length - left.length);
  return long.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
