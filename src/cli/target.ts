// Which gateway a command calls, and how it shows that it may: the options that `send`, `sub`, `unsub`, `sign` and `check`
// have in common. Nothing here calls anything.

import {existsSync} from 'node:fs';
import {isIPv6} from 'node:net';
import type {Command} from 'commander';
import type {Credentials} from '../business/credentials.ts';
import {type GatewayTarget, targetUrl} from '../business/gateway-call.ts';
import type {GatewayOptions} from '../gateway/config/options.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {patientFetch} from './patient-fetch.ts';
import {addFileOption, defaultFiles, readSettings} from './settings.ts';

/** What commander makes of {@link addTargetOptions}. */
export interface TargetFlags {
  readonly url?: string;
  readonly token?: string;
  readonly apiKey?: string;
  readonly config?: string;
}

const urlDefault = 'http://127.0.0.1:1984';

/** Adds `--url`, `--token`, `--api-key` and `-f`. */
export function addTargetOptions(command: Command): Command {
  command
    .option('-u, --url <URL>', `gateway to call (default: RAINBOW_URL, else the port of FILE, else ${urlDefault})`)
    .option('--token <TOKEN>', 'sign with this token (default: RAINBOW_SECURITY_TOKEN, else that of FILE)')
    .option('--api-key <KEY>', 'send this key instead of a signature (default: RAINBOW_API_KEY)');
  return addFileOption(command);
}

/** Adds `--token` and `-f`, for a command that makes no call. */
export function addTokenOption(command: Command): Command {
  command.option('--token <TOKEN>', "the gateway's token (default: RAINBOW_SECURITY_TOKEN, else that of FILE)");
  return addFileOption(command);
}

/** Reads flags, then the environment, then the file; a command without credentials ends as a usage error. */
export function resolveTarget(flags: TargetFlags): GatewayTarget {
  const given = givenCredentials(flags);
  const url = flags.url ?? variable('RAINBOW_URL');
  const isFileNeeded = flags.config !== undefined || given === undefined;
  const options = isFileNeeded ? readFileOf(flags) : undefined;
  const credentials = given ?? (options && {kind: 'token', token: options.securityToken});
  if (credentials === undefined) {
    throw new CommandFailure(
      exitCodes.usage,
      'expected a security token: --token TOKEN, RAINBOW_SECURITY_TOKEN in the environment, or -f FILE.',
    );
  }
  return {url: url ? parseUrl(url) : options ? urlOf(options) : urlDefault, credentials, fetch: patientFetch};
}

/** The token alone, for a signature; a bearer key signs nothing. */
export function resolveToken(flags: TargetFlags): string {
  const {credentials} = resolveTarget({...flags, url: urlDefault});
  if (credentials.kind === 'token') return credentials.token;
  throw new CommandFailure(exitCodes.usage, 'expected a security token to sign with, got an API key.');
}

/** `text` as the base of a gateway's paths; `http://` may be left out. */
export function parseUrl(text: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new CommandFailure(exitCodes.usage, `expected an http or https URL without a query, got ${text}`);
  }
  return targetUrl(url);
}

function givenCredentials({apiKey, token}: TargetFlags): Credentials | undefined {
  if (apiKey !== undefined && token !== undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected --token or --api-key, got both.');
  }
  if (token !== undefined) return {kind: 'token', token: token.trim()};
  const key = apiKey?.trim() ?? variable('RAINBOW_API_KEY');
  if (key) return {kind: 'key', key};
  const ofEnvironment = variable('RAINBOW_SECURITY_TOKEN');
  return ofEnvironment ? {kind: 'token', token: ofEnvironment} : undefined;
}

/** As the gateway reads it: a secret read from a file often ends with a line feed, which is no part of it. */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim();
}

/** The configuration file that was given, else the first of {@link defaultFiles} that there is. */
export function findFile({config}: TargetFlags): string | undefined {
  return config ?? defaultFiles.find((path) => existsSync(path));
}

function readFileOf(flags: TargetFlags): GatewayOptions | undefined {
  const file = findFile(flags);
  return file === undefined ? undefined : readSettings({config: file}).options;
}

// A gateway that listens on every address is called at this machine's own.
function urlOf({host, port}: GatewayOptions): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
