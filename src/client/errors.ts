// The one table of what can go wrong for an application that sends. Match on `code`.

interface ClientErrorFacts {
  /** What a person reads. */
  readonly message: string;
  /** Whether the message may have reached the business server all the same. */
  readonly mayHaveArrived: boolean;
}

const facts = {
  /** A value that the call does not take: nothing was sent. */
  RB_ARGUMENT: {message: 'wrong argument', mayHaveArrived: false},
  RB_MESSAGE_TOO_LARGE: {message: 'message too large', mayHaveArrived: false},
  /** Too many messages wait, or too many bytes of them: nothing was sent. */
  RB_OUTBOX_FULL: {message: 'outbox full', mayHaveArrived: false},
  /** The store did not take the message: nothing was sent. */
  RB_STORE: {message: 'store failed', mayHaveArrived: false},
  /** Its time was up before it could be transmitted. */
  RB_EXPIRED: {message: 'not transmitted in time', mayHaveArrived: false},
  /** Transmitted, and not answered in its time. */
  RB_UNANSWERED: {message: 'not answered in time', mayHaveArrived: true},
  /** Transmitted, and the connection ended before the answer: to send it again might double it. */
  RB_IN_DOUBT: {message: 'connection lost before the answer', mayHaveArrived: true},
  /** The caller's signal; `cause` is its reason, and `mayHaveArrived` says whether it had been transmitted. */
  RB_ABORTED: {message: 'aborted', mayHaveArrived: false},
  /** Not connected within the `timeout` of `bloom()`; it goes on trying. */
  RB_NOT_CONNECTED: {message: 'not connected in time', mayHaveArrived: false},
  /**
   * The client has faded or was refused, and the message was not transmitted; with a store it is kept there. `closed` says
   * how its last connection ended.
   */
  RB_CLOSED: {message: 'client closed', mayHaveArrived: false},
} as const satisfies Record<string, ClientErrorFacts>;

/** A stable code; new ones may be added, none changes its meaning. */
export type ClientErrorCode = keyof typeof facts;

/** Every code with its facts. */
export const clientErrorTable: Readonly<Record<ClientErrorCode, ClientErrorFacts>> = facts;

/** A connection, or an attempt at one, has ended. */
export interface ClosedEvent {
  /**
   * Of the close frame; 1006 without one. A browser reports nothing else about a failed attempt: a refusal by the
   * business server (401), a gateway that is full (503) and a network that is down all look like this.
   */
  readonly code: number;
  readonly reason: string;
  /** Whether it had been open: if not, the attempt failed. */
  readonly wasOpen: boolean;
  /** Attempts that have failed since the last connection that lasted. */
  readonly failures: number;
  /** When the next attempt is made, in milliseconds; `undefined` where none will be. */
  readonly retryInMs: number | undefined;
  /** Why the attempt could not even be made: what `query` threw, or that there is no WebSocket. */
  readonly cause?: unknown;
}

/** What `send()` rejects with, and what the constructor throws. */
export class RainbowClientError extends Error {
  override readonly name = 'RainbowClientError';
  readonly code: ClientErrorCode;
  /** Whether the message may have reached the business server all the same. */
  readonly mayHaveArrived: boolean;
  /** Where it is about the connection: how the last one, or the last attempt at one, ended. */
  readonly closed: ClosedEvent | undefined;

  constructor(
    code: ClientErrorCode,
    detail?: string,
    more: {cause?: unknown; mayHaveArrived?: boolean; closed?: ClosedEvent | undefined} = {},
  ) {
    const {message, mayHaveArrived} = clientErrorTable[code];
    super(detail === undefined ? message : `${message}: ${detail}`, 'cause' in more ? {cause: more.cause} : {});
    this.code = code;
    this.closed = more.closed;
    this.mayHaveArrived = more.mayHaveArrived ?? mayHaveArrived;
  }
}

/** Throws `RB_ARGUMENT` unless `condition` holds. */
export function check(condition: boolean, detail: string): asserts condition {
  if (!condition) throw new RainbowClientError('RB_ARGUMENT', detail);
}

/** A value as an error shows it: a text in quotes. */
export function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
