// One close call that is owed: what it says, and how far it has come. The close outbox's.

import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';

/** To a session: a newer one of its identity waits for the close call. */
export interface CloseAwaitedMessage {
  readonly kind: 'closeAwaited';
}

/** What a close call says, and whose it is; plain data but for `subject`, so that it can be left to another thread. */
export interface OwedFacts {
  readonly identity: string;
  /** The name of the session on `rainbow.v2`. */
  readonly session?: string | undefined;
  readonly cookie: string | undefined;
  /** Which of several sessions of `identity` is the newer; 0 where the identity is the gateway's own. */
  readonly fencingToken: number;
  /** RAINBOWMESSAGEID: the same on every attempt. [RB-63] */
  readonly message: string;
  readonly reason: CloseCallReason;
  /** The session, for the trace; absent where it was another thread's. */
  readonly subject?: Subject | undefined;
  /** The session, until it releases the call. */
  readonly owner?: ActorRef<CloseAwaitedMessage> | undefined;
}

/** A close call that was given up, for the log. */
export interface CloseLoss {
  readonly identity: string;
  readonly reason: CloseCallReason;
  readonly attempts: number;
  /** What the last attempt failed with. */
  readonly cause: string;
  readonly status: number | undefined;
}

export class OwedClose implements OwedFacts {
  readonly identity: string;
  readonly session: string | undefined;
  readonly fencingToken: number;
  readonly message: string;
  readonly reason: CloseCallReason;
  readonly subject: Subject | undefined;
  cookie: string | undefined;
  owner: ActorRef<CloseAwaitedMessage> | undefined;
  attempts = 0;
  /** Until when it is made again; monotonic ms. */
  giveUpAt = Number.POSITIVE_INFINITY;

  constructor({identity, session, cookie, fencingToken, message, reason, subject, owner}: OwedFacts) {
    this.owner = owner;
    this.identity = identity;
    this.session = session;
    this.cookie = cookie;
    this.fencingToken = fencingToken;
    this.message = message;
    this.reason = reason;
    this.subject = subject;
  }

  loss(cause: string, status: number | undefined): CloseLoss {
    const {identity, reason, attempts} = this;
    return {identity, reason, attempts, cause, status};
  }
}
