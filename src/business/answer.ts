// What is answered to the gateway, as plain data: a repeat of the message gets the same again, from a store perhaps.

import {tagOf} from '../core/bytes.ts';
import {isIdentity} from '../protocol/api.ts';
import {headerCookie, headerJoin, headerLeave} from '../protocol/header-name.ts';
import {encodePayload} from '../protocol/payload.ts';
import {readPermissions} from '../protocol/permissions.ts';
import type {ConnectAnswer, ConnectTerms} from './call.ts';
import type {ChannelChanges} from './channel-changes.ts';
import {writeContext} from './context.ts';
import {BusinessError} from './errors.ts';

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What handlers said, beside the value they returned. */
export interface Changes {
  readonly channels: ChannelChanges;
  readonly context: object;
  /** JSON of the context as it came. */
  readonly contextBefore: string;
}

/** The answer to a message call whose handler returned `value`. */
export async function messageAnswer(value: unknown, changes: Changes): Promise<Answer> {
  if (isResponse(value)) return await passOn(value, changes);
  const {bytes, contentType} = encodePayload(value);
  return {status: 200, headers: {'content-type': contentType, ...changeHeaders(changes)}, body: bytes};
}

/** The answer to a connect call. */
export async function connectAnswer(value: ConnectAnswer, changes: Changes): Promise<Answer> {
  if (isResponse(value)) return await passOn(value, changes);
  if (value === true) return jsonAnswer(200, {status: 'success'}, changeHeaders(changes));
  if (typeof value === 'object' && value !== null) {
    const isNaming = 'identity' in value || 'user' in value;
    const terms = 'permissions' in value ? readTerms(value) : {};
    if (isNaming || 'permissions' in value) {
      const names = isNaming ? readNames(value) : {};
      return jsonAnswer(200, {status: 'success', ...names, ...terms}, changeHeaders(changes));
    }
  }
  // Whatever else it is, a forgotten `return` too: who is not let in is refused.
  return jsonAnswer(200, {status: 'fail'});
}

/** The gateway would refuse the client. */
function readTerms({permissions}: ConnectTerms): ConnectTerms {
  const read = readPermissions(permissions);
  if ('fault' in read) throw new RangeError(`The permissions are not valid: ${read.fault}.`);
  return {permissions: read.grant};
}

/** The gateway would ignore a name that cannot be one, and generate an identity that this server does not know. */
function readNames({identity, user}: {readonly identity?: unknown; readonly user?: unknown}): object {
  if (user === undefined || identity !== undefined) checkName('identity', identity);
  if (user !== undefined) checkName('user', user);
  return {identity, user};
}

function checkName(member: 'identity' | 'user', name: unknown): void {
  if (typeof name === 'string' && isIdentity(name)) return;
  throw new RangeError(`The ${member} is not valid. Use 1 to 256 printable ASCII characters without blanks.`);
}

/** An object as JSON. */
export function jsonAnswer(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Answer {
  const {bytes, contentType} = encodePayload(value);
  return {status, headers: {'content-type': contentType, ...headers}, body: bytes};
}

/** The answer as HTTP has it. */
export function toResponse({status, headers, body}: Answer): Response {
  const isEmpty = body.length === 0;
  // A copy: TypeScript lets a Response have no bytes of memory that threads share.
  return new Response(isEmpty ? null : Uint8Array.from(body), {status, headers});
}

// By its tag: a framework may bring a class of its own, and so does a test runner.
function isResponse(value: unknown): value is Response {
  return tagOf(value) === 'Response';
}

async function passOn(response: Response, changes: Changes): Promise<Answer> {
  if (response.status < 200) throw new RangeError(`The Response has status ${response.status}. Use 200 or above.`);
  checkChannels(response.headers);
  return {
    status: response.status,
    headers: {...Object.fromEntries(response.headers), ...changeHeaders(changes)},
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/**
 * A header that is appended twice is one, its values joined by a comma and a blank, which a channel's name may contain: the
 * meaning is ambiguous.
 */
function checkChannels(headers: Headers): void {
  for (const name of [headerJoin, headerLeave]) {
    const value = headers.get(name);
    if (value?.includes(', ') !== true) continue;
    const detail = `${name} is '${value}': one channel or several? Use channels.join() and channels.leave(), or join names by ;;`;
    throw new BusinessError('RB_CHANNEL_INVALID', detail);
  }
}

function changeHeaders({channels, context, contextBefore}: Changes): Record<string, string> {
  const headers: Record<string, string> = {};
  const [join, leave] = [channels.headerOf('join'), channels.headerOf('leave')];
  if (join !== '') headers[headerJoin] = join;
  if (leave !== '') headers[headerLeave] = leave;
  if (JSON.stringify(context) !== contextBefore) headers[headerCookie] = writeContext(context);
  return headers;
}
