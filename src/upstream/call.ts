// What crosses between a gateway thread and an upstream worker: plain data, declared here and nowhere else.
// A batch of calls goes one way in one message; answers come back in batches as they are ready, in any order.
// batch.ts packs both for the way.

import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {PermissionGrant} from '../protocol/permissions.ts';

/** One HTTP call to the business server. */
export type Call = ClientCall | EventsCall;

/** One that concerns a client. */
export type ClientCall = ConnectCall | MessageCall | CloseCall;

interface CallBase {
  /** Unique among the calls of this thread; the answer carries it. */
  readonly call: number;
  /** Sent as RAINBOWCLIENTIDENTITY. */
  readonly identity: string;
}

/** `GET connect_url`, before the upgrade is answered. */
export interface ConnectCall extends CallBase {
  readonly kind: 'connect';
  /**
   * Header names and values in turn, already filtered (docs/protocol.md section 2). A value is the bytes of a header, one
   * character a byte, as node:http passes it; one with characters past U+00FF is sent as UTF-8.
   */
  readonly headers: readonly string[];
}

/** `POST forward_url`, one upstream message. */
export interface MessageCall extends CallBase {
  readonly kind: 'message';
  /** Sent as RAINBOWCLIENTCOOKIE where set and not empty. */
  readonly cookie: string | undefined;
  /** Sent as RAINBOWSESSION: the name of the session on `rainbow.v2`. Such a call has the body of a failed answer as well. */
  readonly session?: string | undefined;
  /** Sent as RAINBOWMESSAGEID: the same on each repeat of this message, unique otherwise. [RB-63] */
  readonly message: string;
  /** 0 to 65,535; goes into the URL. */
  readonly type: number;
  /** How the last call of this client went. */
  readonly standing: Standing;
  /** Sent as RAINBOWCHANNELTOKEN, one character a byte; absent where the client occupies no channel. */
  readonly channelTokens?: string | undefined;
  /** The body, untouched, possibly empty. */
  readonly payload: Uint8Array;
}

/**
 * `new`: none of its message calls was answered yet; `prompt`: the last one was; `slow`: the last one took far longer
 * than those of others, or was cut, and not since its type hangs. Calls of slow clients share few sockets, so that others need not wait for them.
 */
export type Standing = 'new' | 'prompt' | 'slow';

/** `GET close_url`, after the connection's end. */
export interface CloseCall extends CallBase {
  readonly kind: 'close';
  readonly cookie: string | undefined;
  /** As in {@link MessageCall}. */
  readonly session?: string | undefined;
  /** Sent as RAINBOWMESSAGEID: the same each time this close call is made again. [RB-63] */
  readonly message: string;
  /** Sent as RAINBOWCLOSEREASON. */
  readonly reason: CloseCallReason;
}

/** `POST events_url`, a batch of events. It concerns no client: its identity is empty, and not sent. */
export interface EventsCall extends CallBase {
  readonly kind: 'events';
  /** Sent as RAINBOWMESSAGEID: the same each time this batch is posted again. */
  readonly message: string;
  /** The body: JSON. */
  readonly payload: Uint8Array;
}

/** The outcome of a call. */
export type Answer = AcceptedAnswer | RefusedAnswer | FailedAnswer;

/** 2xx; for a connect call also JSON with `status: "success"`. */
export interface AcceptedAnswer {
  readonly kind: 'accepted';
  readonly call: number;
  /** The body of a message call's answer, at most `answerBytesMax`; empty for the other calls. */
  readonly body: Uint8Array;
  /** RAINBOWCLIENTCHANNEL as sent: channel names joined by `;;`. */
  readonly join: string | undefined;
  /** RAINBOWCLIENTCHANNELUNSUB, likewise. */
  readonly leave: string | undefined;
  /** RAINBOWCLIENTCOOKIE, opaque: one character a byte, so that the same bytes go back. Empty clears, absent keeps. */
  readonly cookie: string | undefined;
  /** `identity` of a connect answer's JSON, where it has one that is fit to be one. */
  readonly identity: string | undefined;
  /** `expiry` of a connect answer's JSON: how long a session may be kept without a connection, in seconds. */
  readonly expiry?: number | undefined;
  /** What stands in place of an identity and cannot be one, in words; absent where nothing is wrong. */
  readonly identityFault?: string | undefined;
  /** `user` of a connect answer's JSON, likewise: the person whose connection it is. Absent where none is named. */
  readonly user?: string | undefined;
  /** As {@link identityFault}. */
  readonly userFault?: string | undefined;
  /** `permissions` of a connect answer's JSON; absent where it has none. */
  readonly permissions?: PermissionGrant | undefined;
  /** Whether the call took far longer than those of others, and not since its type hangs. @default false */
  readonly isSlow?: boolean;
}

/** A connect call answered 2xx and JSON, but not with success: the client may not connect. */
export interface RefusedAnswer {
  readonly kind: 'refused';
  readonly call: number;
  /** As in {@link FailedAnswer}. */
  readonly excerpt?: Uint8Array;
}

/** Bytes of the body of an answer that is no success which are handed over at most. */
export const excerptBytesMax = 256;

/** Everything else. `reason` and `cause` are for counters and logs. */
export interface FailedAnswer {
  readonly kind: 'failed';
  readonly call: number;
  readonly reason: FailureReason;
  /** The status of the answer, where one came. */
  readonly status: number | undefined;
  /**
   * Whether a byte of the request may have reached the business server. Where it is false, the call surely was not
   * processed, and may be made again.
   */
  readonly wasSent: boolean;
  /**
   * What went wrong in a word or two, the same for the same fault: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `html answer`.
   * Where it is absent, reason and status say all.
   */
  readonly cause: string | undefined;
  /** Retry-After of a 429 or 503, from the moment of the answer. */
  readonly retryAfterMs: number | undefined;
  /**
   * The beginning of the body, at most {@link excerptBytesMax}, for a trace with payloads; never logged, since it is not known
   * what is in it. Absent where no byte of a body came.
   */
  readonly excerpt?: Uint8Array;
  /** The whole body, at most `answerBytesMax`, where the call names a session. */
  readonly body?: Uint8Array;
  /** As in {@link AcceptedAnswer}. */
  readonly isSlow?: boolean;
  /**
   * The deadline of a connect call came while the business server worked on it. It may still say yes, and must then be
   * notified of the end: one more answer follows. @default false
   */
  readonly isPending?: boolean;
}

/**
 * `timeout`: no whole answer within the deadline; `unreachable`: no connection, or it broke; `status`: an answer,
 * not 2xx; `tooLarge`: body over the cap, or headers over 16 KiB; `invalid`: a connect answer that is not a JSON object
 * with a status, one marked RAINBOWREQUESTINVALID, a 101, or a call with a header that HTTP cannot carry; `overloaded`:
 * too many calls, so that this one was not sent; `withdrawn`: taken back before it was sent; `stopped`: the worker or
 * gateway ended.
 */
export type FailureReason =
  | 'timeout'
  | 'unreachable'
  | 'status'
  | 'tooLarge'
  | 'invalid'
  | 'overloaded'
  | 'withdrawn'
  | 'stopped';

/** The answer to a call of which nothing was sent. */
export function unsent(call: number, reason: FailureReason, cause?: string): FailedAnswer {
  return {kind: 'failed', call, reason, status: undefined, wasSent: false, cause, retryAfterMs: undefined};
}

/** Whether no other answer to the same call follows. */
export function isLast(answer: Answer): boolean {
  return answer.kind !== 'failed' || answer.isPending !== true;
}

/** What a worker needs to know, given once at its start. */
export interface UpstreamSettings {
  readonly connectUrl: string;
  readonly forwardUrl: string;
  readonly closeUrl: string;
  /** Empty, or absent: no events are posted. */
  readonly eventsUrl?: string;
  readonly securityToken: string;
  /**
   * From the call's arrival at the worker to the last byte of its answer. A call that was sent and is cut holds its
   * socket for up to twice this more, since the business server works on.
   */
  readonly callTimeoutMs: number;
  readonly answerBytesMax: number;
  /** Keep-alive sockets a worker opens to one origin, and so the calls that run there at a time. */
  readonly socketsMax: number;
}

/** How a gateway thread makes calls: the piscina pool, or a scripted one in the simulation. */
export interface UpstreamTransport {
  /** Takes a turn's calls. Every call is answered exactly once through the callback of {@link onAnswers}. */
  dispatch(calls: readonly Call[]): void;
  /**
   * Takes back calls, by number, of which nothing was sent yet: each is answered `withdrawn`. A call that was sent runs
   * on to its answer or deadline; numbers of calls already answered are ignored.
   */
  withdraw(calls: readonly number[]): void;
  /** Registers the one receiver of answers. */
  onAnswers(receive: (answers: readonly Answer[]) => void): void;
  /** Lets calls under way finish within `graceMs`, fails the rest with `stopped`, and ends the workers. */
  close(graceMs: number): Promise<void>;
}
