// A whole 2xx answer of the business server, judged: accepted, refused or invalid (docs/protocol.md sections 2 and 3). Pure.

import {channelSeparator, headerCookie, headerInvalid, headerJoin, headerLeave} from '../protocol/header-name.ts';
import {emptyBytes} from '../protocol/packet.ts';
import {readPermissions} from '../protocol/permissions.ts';
import {type AcceptedAnswer, type Answer, type Call, excerptBytesMax, type FailedAnswer} from './call.ts';
import {readName} from './connect-name.ts';

/** Headers as undici passes them: names in lower case, values one character a byte, a repeated header as a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const keyJoin = headerJoin.toLowerCase();
const keyLeave = headerLeave.toLowerCase();
const keyCookie = headerCookie.toLowerCase();
const keyInvalid = headerInvalid.toLowerCase();
const firstOfHtml = 0x3c;

/** What a 2xx answer to `call` means. */
export function judgeAnswer(call: Call, status: number, headers: AnswerHeaders, body: Uint8Array): Answer {
  if (headers[keyInvalid] !== undefined) return invalid(call, status, headerInvalid, body);
  if (call.kind === 'close' || call.kind === 'events') return accept(call, emptyBytes, {});
  if (call.kind === 'message') return accept(call, body, headers);

  const json = parseObject(body);
  if (json?.status === undefined) return invalid(call, status, describeBody(headers, body), body);
  if (json.status !== 'success') return {kind: 'refused', call: call.call, ...excerptOf(body)};
  const permissions = json.permissions === undefined ? undefined : readPermissions(json.permissions);
  // Not let in, rather than with more rights than were meant.
  if (permissions !== undefined && 'fault' in permissions) return invalid(call, status, permissions.fault, body);
  const identity = readName('identity', json.identity, body);
  // `null` names no one, as an anonymous visitor's account does; an identity is never absent.
  const user = readName('user', json.user ?? undefined, body);
  return {
    ...accept(call, emptyBytes, headers),
    identity: identity.name,
    ...(identity.fault !== undefined && {identityFault: identity.fault}),
    ...(user.name !== undefined && {user: user.name}),
    ...(user.fault !== undefined && {userFault: user.fault}),
    ...(permissions !== undefined && {permissions: permissions.grant}),
  };
}

/** Whether the head of an answer says that the call failed, whatever the body holds. */
export function isFailing(status: number, headers: AnswerHeaders): boolean {
  return status < 200 || status >= 300 || headers[keyInvalid] !== undefined;
}

/** The member of a failed or refused answer that shows the beginning of its body; none where there is no body. */
export function excerptOf(body: Uint8Array): {readonly excerpt?: Uint8Array} {
  return body.length === 0 ? {} : {excerpt: body.subarray(0, excerptBytesMax)};
}

function invalid({call}: Call, status: number, cause: string, body: Uint8Array): FailedAnswer {
  const failed = {
    kind: 'failed',
    call,
    reason: 'invalid',
    status,
    wasSent: true,
    cause,
    retryAfterMs: undefined,
  } as const;
  return {...failed, ...excerptOf(body)};
}

/** What came where a JSON object with a status should have come. */
function describeBody(headers: AnswerHeaders, body: Uint8Array): string {
  if (body.length === 0) return 'empty answer';
  if (parseObject(body) !== undefined) return 'JSON without status';
  // Its call asked for `identity`.
  if (headers['content-encoding'] !== undefined) return 'answer with Content-Encoding';
  const type = headers['content-type'];
  const isHtml = typeof type === 'string' && type.toLowerCase().startsWith('text/html');
  return isHtml || body[0] === firstOfHtml ? 'html answer' : 'answer not a JSON object';
}

function accept(call: Call, body: Uint8Array, headers: AnswerHeaders): AcceptedAnswer {
  const cookie = headers[keyCookie];
  return {
    kind: 'accepted',
    call: call.call,
    body,
    join: channelNames(headers[keyJoin]),
    leave: channelNames(headers[keyLeave]),
    // Opaque, hence not decoded: what comes as a byte goes back as that byte. Of a repeated one the last counts.
    cookie: typeof cookie === 'object' ? cookie.at(-1) : cookie,
    identity: undefined,
  };
}

function channelNames(value: string | string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  return decodeText(typeof value === 'string' ? value : value.join(channelSeparator));
}

const pastAscii = /[\x80-\xff]/;
const utf8 = new TextDecoder('utf-8', {fatal: true});

/** UTF-8 where the bytes are, for these names are compared with names that came in JSON; else Latin-1. */
function decodeText(value: string): string {
  if (!pastAscii.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    // Not UTF-8, so that there is nothing to decode: an old business server that writes Latin-1.
    return value;
  }
}

interface ConnectJson {
  readonly status?: unknown;
  readonly identity?: unknown;
  readonly user?: unknown;
  readonly permissions?: unknown;
}

/** The JSON object that `body` is, or `undefined`. */
function parseObject(body: Uint8Array): ConnectJson | undefined {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(body));
  } catch {
    // Not JSON, as where a framework answers with its page for errors: the caller reports `invalid`.
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return json;
}
