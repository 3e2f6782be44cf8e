// What a secret opens that anybody can guess, such as those of the example configuration: a gateway that only this machine
// reaches, and nothing else. Pure; configuration.ts carries the verdict out.

import {isLoopback} from '../../core/loopback.ts';
import {isPlaceholder, whyPlaceholder} from './configuration-values.ts';

/** What was configured, where it was right. */
export interface PlaceholderInput {
  readonly token: unknown;
  readonly apiKeys: unknown;
  /** `absent` if none was chosen. */
  readonly host: {readonly kind: 'absent'} | {readonly kind: 'given'; readonly value: unknown};
}

export interface PlaceholderVerdict {
  /** Where the gateway listens instead. */
  readonly host?: string;
  /** The keys that count, where that is not all of them. */
  readonly apiKeys?: readonly string[];
  readonly warnings: readonly {readonly key: 'security_token' | 'api_keys'; readonly message: string}[];
  /** Ends the sentence that begins with `security_token `. */
  readonly fault?: string;
}

const home = '127.0.0.1';

export function judgePlaceholders(input: PlaceholderInput): PlaceholderVerdict {
  const {token, host} = input;
  const why = typeof token === 'string' ? whyPlaceholder(token) : undefined;
  if (why === undefined) return judgeKeys(input);
  const found = `security_token is a placeholder (${why})`;
  if (host.kind === 'absent') {
    const message = `${found}: listening on ${home} only. Make a secret with: rainbow token`;
    return {host: home, warnings: [{key: 'security_token', message}]};
  }
  if (typeof host.value !== 'string') return {warnings: []};
  if (isLoopback(host.value)) {
    return {warnings: [{key: 'security_token', message: `${found}: anybody on this machine can sign with it`}]};
  }
  const expected = 'a secret of 8 characters or more that cannot be guessed, since host is not a loopback address';
  return {warnings: [], fault: `is not valid: a placeholder (${why}). Use ${expected}.`};
}

function judgeKeys({apiKeys, host}: PlaceholderInput): PlaceholderVerdict {
  const keys: readonly string[] = Array.isArray(apiKeys) ? apiKeys : [];
  const places = keys.flatMap((key, index) => (isPlaceholder(key) ? [index + 1] : []));
  if (places.length === 0) return {warnings: []};
  const found = `api_keys has a placeholder in place ${places.join(' and ')}`;
  if (host.kind === 'given' && typeof host.value === 'string' && isLoopback(host.value)) {
    return {warnings: [{key: 'api_keys', message: `${found}: anybody on this machine can call with it`}]};
  }
  const message = `${found}: not accepted, since host is not a loopback address. Make a key with: rainbow token`;
  return {apiKeys: keys.filter((key) => !isPlaceholder(key)), warnings: [{key: 'api_keys', message}]};
}
