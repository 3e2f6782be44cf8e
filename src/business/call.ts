// The three calls of the gateway as handlers see them, and what handlers may answer.

import {type CloseCallReason, isCloseCallReason} from '../protocol/close-reason.ts';
import {
  headerAddress,
  headerCloseReason,
  headerCookie,
  headerDevice,
  headerIdentity,
  headerMessage,
  headerOrigin,
  headerPlatform,
} from '../protocol/header-name.ts';
import {type Payload, readPayload} from '../protocol/payload.ts';
import type {PermissionGrant} from '../protocol/permissions.ts';
import type {CallPlace} from './call-place.ts';
import type {Channels} from './channel-changes.ts';
import {decodeHeader} from './header-text.ts';

/** What every call carries. */
export interface Call<Context> {
  /** The connection. */
  readonly identity: string;
  /**
   * What was remembered of this connection; empty until a handler puts something in. What a handler changes in it is
   * there on the next call. It travels with every call: keep it small, 4,096 characters as a cookie at most.
   */
  readonly context: Partial<Context>;
  /** The cookie as it came, for one that another program wrote. */
  readonly cookie: string | undefined;
  /** A header's value, decoded; `undefined` if it is absent. */
  readonly header: (name: string) => string | undefined;
}

/** May this client connect? Its headers and the parameters of its URL are headers here. */
export interface ConnectCall<Context> extends Call<Context> {
  readonly channels: Channels;
  readonly device: string | undefined;
  readonly platform: string | undefined;
  /** The client's IP address, as the gateway knows it; `undefined` from a gateway that does not send it. */
  readonly address: string | undefined;
  /** The origin of the page, as the browser sent it: `https://app.example`. `undefined` where the client sent none. */
  readonly origin: string | undefined;
}

/** A client says something. */
export interface MessageCall<Context> extends Call<Context>, Payload {
  readonly channels: Channels;
  readonly type: number;
  /** Names this message: the same when it comes again. [RB-63] Empty from a gateway that names none. */
  readonly message: string;
}

/** A client is gone. */
export interface CloseCall<Context> extends Call<Context> {
  /** Why; `undefined` from a gateway that does not say it. */
  readonly reason: CloseCallReason | undefined;
  /** Names this end: the same when it comes again. [RB-63] Empty from a gateway that names none. */
  readonly message: string;
}

/** Who a client is: the identity names its connection, the user the person, whose devices `{user}` addresses together. */
export type ConnectNames =
  | {readonly identity: string; readonly user?: string}
  | {readonly identity?: string; readonly user: string};

/** What else an answer that lets a client in may say. */
export interface ConnectTerms {
  /** What the client may do; without them, everything. */
  readonly permissions?: PermissionGrant;
}

/** `true` lets the client in, `false` refuses it; names let it in under them. */
export type ConnectAnswer = boolean | (ConnectNames & ConnectTerms) | Required<ConnectTerms> | Response;

/** Answers connect calls. */
export type ConnectHandler<Context> = (call: ConnectCall<Context>) => ConnectAnswer | Promise<ConnectAnswer>;

/**
 * Answers messages, with a value or a promise of one. It travels to the client in the acknowledgement: bytes and strings
 * as they are, `undefined` as nothing, everything else as JSON. A `Response` is passed through; one that is not 2xx says
 * that the message is not done and should come again.
 */
export type MessageHandler<Context> = (call: MessageCall<Context>) => unknown;

/** Called when a client is gone. */
export type CloseHandler<Context> = (call: CloseCall<Context>) => unknown;

/** The call without what its kind adds. */
export function readCall<Context>(request: Request, context: Partial<Context>): Call<Context> {
  const header = (name: string): string | undefined => {
    const value = request.headers.get(name);
    return value === null ? undefined : decodeHeader(value);
  };
  return {identity: header(headerIdentity) ?? '', context, cookie: header(headerCookie), header};
}

/** A connect call. */
export function connectCall<Context>(call: Call<Context>, channels: Channels): ConnectCall<Context> {
  return {
    ...call,
    channels,
    device: call.header(headerDevice),
    platform: call.header(headerPlatform),
    address: call.header(headerAddress),
    origin: call.header(headerOrigin),
  };
}

/** A close call. */
export function closeCall<Context>(call: Call<Context>): CloseCall<Context> {
  const reason = call.header(headerCloseReason);
  return {...call, reason: isCloseCallReason(reason) ? reason : undefined, message: call.header(headerMessage) ?? ''};
}

/** A message call. */
export function messageCall<Context>(
  call: Call<Context>,
  channels: Channels,
  {type}: Extract<CallPlace, {kind: 'message'}>,
  body: Uint8Array,
): MessageCall<Context> {
  return {...call, ...readPayload(body), channels, type, message: call.header(headerMessage) ?? ''};
}
