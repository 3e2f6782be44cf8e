// What one connection says to the business server: the connect call and its messages; under which identity, with which
// cookie. Part of the connection actor, to which the answers come.

import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Cell} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import type {AcceptedAnswer, Answer, Call, Standing} from '../upstream/call.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {ConnectionMessage} from './messages.ts';
import type {OwedClose} from './owed-close.ts';
import {nextStanding} from './standing.ts';
import type {Thread} from './thread.ts';
import {overloaded} from './upstream-caller.ts';

export class BusinessLine implements Subject {
  /** Ours until the connect answer gives another. */
  identity: string;
  /** Which of two connections with one identity is the newer; 0 where the identity is our own. */
  claim = 0;
  readonly number: number;
  watchMask = 0;
  watchEpoch = 0;
  subjectPlace = 0;
  readonly #thread: Thread;
  readonly #actor: Cell<ConnectionMessage>;
  #cookie: string | undefined;
  #standing: Standing = 'new';
  #connectCall = 0;
  /** A close call is owed for each successful connect. The outbox holds it from the end of the connection on. [RB-64] */
  #close: 'owed' | OwedClose | undefined;

  constructor(thread: Thread, actor: Cell<ConnectionMessage>, identity: string) {
    this.#thread = thread;
    this.#actor = actor;
    this.identity = identity;
    this.number = thread.sequences.nextConnection();
  }

  /** Asks whether the client may connect. */
  connect(headers: readonly string[]): void {
    this.#connectCall = this.#thread.sequences.nextCall();
    this.#make({kind: 'connect', call: this.#connectCall, identity: this.identity, headers});
  }

  /** Takes over what the answer to {@link connect} says about identity and cookie. A close call is owed from now on. */
  connected(answer: AcceptedAnswer): void {
    this.#close = 'owed';
    this.#cookie = readCookie(answer.cookie, undefined);
    if (answer.identityFault !== undefined) {
      this.#thread.counters.identitiesUnfit++;
      this.#thread.outside.identityUnfit?.(answer.identityFault);
    }
    this.#name(answer.identity);
    const {identity, claim} = this;
    this.#thread.outside.ledger.owed(this.closing, identity, claim, this.#cookie);
  }

  #name(identity: string | undefined): void {
    if (identity === undefined) return;
    this.identity = identity;
    this.watchEpoch = 0;
    this.subjectPlace = 0;
    this.#actor.name = identity;
    // In this order: the newer of two finds the older one held, on whatever thread.
    this.#thread.outside.identityHeld(identity, true);
    this.claim = this.#thread.sequences.nextClaim();
  }

  /** Forwards one message. */
  forward(message: InboundMessage): void {
    const {identity} = this;
    const {type, payload} = message;
    const call = this.#thread.sequences.nextCall();
    const cookie = this.#cookie;
    const standing = this.#standing;
    this.#make({kind: 'message', call, identity, cookie, message: message.message, type, standing, payload}, message);
  }

  /** RAINBOWMESSAGEID of its close call. */
  get closing(): string {
    return this.#thread.sequences.closeOf(this.number);
  }

  /** The connection has ended: its close call is pending from now on, if one is owed. */
  holdClose(reason: CloseCallReason): void {
    if (this.#close !== 'owed') return;
    const {identity, claim, closing: message} = this;
    this.#thread.outside.ledger.ended(message, reason);
    const facts = {identity, claim, cookie: this.#cookie, message, reason, subject: this, owner: this.#actor};
    this.#close = this.#thread.closes.hold(facts);
  }

  /** The calls before it are over: it is made. */
  releaseClose(): void {
    if (typeof this.#close !== 'object') return;
    this.#thread.closes.release(this.#close, this.#cookie);
    this.#close = undefined;
  }

  /** The answer to one of its messages came. */
  learn(answer: Answer): void {
    this.#standing = nextStanding(answer, this.#standing);
  }

  /** Nobody waits for the answer to {@link connect} any more. */
  withdrawConnect(): void {
    this.#thread.upstream.tell({kind: 'withdraw', call: this.#connectCall});
  }

  /** An answer's cookie: absent keeps, empty clears. */
  remember(cookie: string | undefined): void {
    const read = readCookie(cookie, this.#cookie);
    if (read === this.#cookie) return;
    this.#cookie = read;
    this.#thread.outside.ledger.cookieChanged(this.closing, read);
  }

  #make(call: Call, context?: InboundMessage): void {
    const {observer} = this.#thread.observation;
    if (observer !== undefined) observer.called(this, context, call);
    if (this.#thread.upstream.tell({kind: 'call', call, from: this.#actor, context})) return;
    this.#actor.tell({kind: 'answered', answer: overloaded(call), context});
  }
}

function readCookie(told: string | undefined, known: string | undefined): string | undefined {
  if (told === undefined) return known;
  return told === '' ? undefined : told;
}
