// What one connection says to the business server: the connect call, its messages, the close call; under which identity,
// with which cookie. Part of the connection actor, to which the answers come.

import type {Cell} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import type {AcceptedAnswer, Answer, Call, Standing} from '../upstream/call.ts';
import type {InboundMessage} from './inbound.ts';
import type {ConnectionMessage} from './messages.ts';
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

  /** Takes over what the answer to {@link connect} says about identity and cookie. */
  connected(answer: AcceptedAnswer): void {
    this.remember(answer.cookie);
    if (answer.identityFault !== undefined) {
      this.#thread.counters.identitiesUnfit++;
      this.#thread.outside.identityUnfit?.(answer.identityFault);
    }
    if (answer.identity === undefined) return;
    this.identity = answer.identity;
    this.watchEpoch = 0;
    this.subjectPlace = 0;
    this.#actor.name = answer.identity;
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

  /** Tells of the connection's end. */
  close(): void {
    const {identity} = this;
    this.#make({kind: 'close', call: this.#thread.sequences.nextCall(), identity, cookie: this.#cookie});
  }

  /** The answer to one of its messages came. */
  learn(answer: Answer): void {
    if (answer.kind === 'refused' || (answer.kind === 'failed' && !answer.wasSent)) return;
    this.#standing = answer.isSlow === true ? 'slow' : 'prompt';
  }

  /** Nobody waits for the answer to {@link connect} any more. */
  withdrawConnect(): void {
    this.#thread.upstream.tell({kind: 'withdraw', call: this.#connectCall});
  }

  /** An answer's cookie: absent keeps, empty clears. */
  remember(cookie: string | undefined): void {
    if (cookie !== undefined) this.#cookie = cookie === '' ? undefined : cookie;
  }

  #make(call: Call, context?: InboundMessage): void {
    const {observer} = this.#thread.observation;
    if (observer !== undefined) observer.called(this, context, call);
    if (this.#thread.upstream.tell({kind: 'call', call, from: this.#actor, context})) return;
    this.#actor.tell({kind: 'answered', answer: overloaded(call), context});
  }
}
