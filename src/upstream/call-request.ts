// A call as an HTTP request: method, signed path, headers, body (docs/protocol.md sections 2, 3 and 5). Called at the moment a
// call gets its socket, since its signature is only good for seconds.

import type {Clock} from '../core/clock.ts';
import {unreachable} from '../core/invariant.ts';
import type {Random} from '../core/random.ts';
import {
  headerChannelToken,
  headerCloseReason,
  headerCookie,
  headerIdentity,
  headerMessage,
  headerSession,
} from '../protocol/header-name.ts';
import {callbackNonce, signedQuery} from '../protocol/signature.ts';
import type {Call, ConnectCall, UpstreamSettings} from './call.ts';
import {readForwardTarget, readTarget, type Target} from './target.ts';

/** What undici needs to send a call. */
export interface CallRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Uint8Array | null;
}

const nonces = 10_000_000_000;

// Headers that speak of the client's own request and would speak falsely of ours; the body of a compressed answer
// would reach us compressed. Hop-by-hop headers are filtered before; here they would only make undici refuse the call.
const headersNotCopied: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Makes the requests of one worker. */
export class CallRequestMaker {
  readonly #targets: Readonly<Record<Call['kind'], Target>>;
  readonly #token: string;
  readonly #clock: Clock;
  // Nonces need not be unguessable, since the signature is; they must not repeat, since a repeat is refused. Random
  // numbers of ten digits would at 15,000 calls a second repeat within minutes, a counter takes days to come round.
  #nonce: number;

  constructor(settings: UpstreamSettings, clock: Clock, random: Random) {
    this.#targets = {
      connect: readTarget(settings.connectUrl),
      message: readForwardTarget(settings.forwardUrl),
      close: readTarget(settings.closeUrl),
      // Never used where it is not set.
      events: readTarget(settings.eventsUrl || settings.closeUrl),
    };
    this.#token = settings.securityToken;
    this.#clock = clock;
    this.#nonce = random.integer(0, nonces - 1);
  }

  /** The origin that calls of `kind` go to. */
  origin(kind: Call['kind']): string {
    return this.#targets[kind].origin;
  }

  /** The request of `call`, signed now. */
  make(call: Call): CallRequest {
    const target = this.#targets[call.kind];
    const headers = ['accept-encoding', 'identity'];
    if (call.kind !== 'events') headers.push(headerIdentity, call.identity);
    if (target.authorization !== undefined) headers.push('authorization', target.authorization);
    switch (call.kind) {
      case 'connect':
        copyHeaders(call, headers, target);
        return {method: 'GET', path: this.#path(target, ''), headers, body: null};
      case 'message':
        addCookie(call.cookie, headers);
        addSession(call.session, headers);
        headers.push(headerMessage, call.message, 'content-type', 'application/json');
        if (call.channelTokens !== undefined) headers.push(headerChannelToken, call.channelTokens);
        // undici sends a POST without a body as `content-length: 0`.
        return {method: 'POST', path: this.#path(target, String(call.type)), headers, body: call.payload};
      case 'events':
        headers.push(headerMessage, call.message, 'content-type', 'application/json');
        return {method: 'POST', path: this.#path(target, ''), headers, body: call.payload};
      case 'close':
        addCookie(call.cookie, headers);
        addSession(call.session, headers);
        headers.push(headerMessage, call.message, headerCloseReason, call.reason);
        return {method: 'GET', path: this.#path(target, ''), headers, body: null};
      default:
        return unreachable(call);
    }
  }

  #path(target: Target, type: string): string {
    this.#nonce = (this.#nonce + 1) % nonces;
    return target.parts.join(type) + signedQuery(this.#token, this.#clock.wallNow(), callbackNonce(this.#nonce));
  }
}

function copyHeaders(call: ConnectCall, headers: string[], target: Target): void {
  for (let index = 0; index + 1 < call.headers.length; index += 2) {
    const name = call.headers[index] ?? '';
    const lowerCased = name.toLowerCase();
    if (headersNotCopied.has(lowerCased)) continue;
    if (lowerCased === 'authorization' && target.authorization !== undefined) continue;
    headers.push(name, headerBytes(call.headers[index + 1] ?? ''));
  }
}

function addCookie(cookie: string | undefined, headers: string[]): void {
  if (cookie !== undefined && cookie !== '') headers.push(headerCookie, headerBytes(cookie));
}

function addSession(session: string | undefined, headers: string[]): void {
  if (session !== undefined) headers.push(headerSession, session);
}

const pastLatin1 = /[^\0-\xff]/;

/** One character a byte: as it is, or its UTF-8 where some character would not fit a byte. */
function headerBytes(value: string): string {
  return pastLatin1.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}
