// The life of one session of `rainbow.v2`, on the same chart as that of every session (session-life.ts). It begins as a
// candidate: a connection that asks the business server and has not said yet which session it belongs to. Part of the
// session actor.

import {session as chart} from '../machines/session.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {OpenRequest} from '../protocol/control-payload.ts';
import type {AcceptedAnswer, Answer} from '../upstream/call.ts';
import type {CarriedV2} from './front-v2.ts';
import {SessionLife, type SessionParts} from './session-life.ts';
import type {SessionEnd} from './session-table.ts';
import {takeIdentity} from './takeover.ts';
import type {V2Terms} from './v2-terms.ts';

const {event, effect, state} = chart;

/** What the life of such a session needs of its actor. */
export interface V2Parts extends SessionParts {
  readonly terms: V2Terms;
  /** The client's first packet has come. */
  open(request: OpenRequest): void;
  /** The client has read OPENED. */
  learned(): void;
  /** Lets the connection go; the session stays. */
  leaveFront(): void;
  /** Another connection carries it: sends again what the client may not have. */
  resume(): void;
}

// Why a session has ended, as its client learns if it returns to it.
const ends: Readonly<Partial<Record<CloseCallReason, SessionEnd>>> = {
  expired: 'expired',
  replaced: 'replaced',
  disconnected: 'disconnected',
  crashed: 'lost',
};

export class V2Life extends SessionLife implements CarriedV2 {
  /** Whether its connect call said that a session returns: no close call is owed for it. */
  isReturn = false;
  readonly #parts: V2Parts;

  constructor(actor: ConstructorParameters<typeof SessionLife>[0], context: SessionLife['context'], parts: V2Parts) {
    super(actor, context, parts);
    this.#parts = parts;
  }

  override get isAttached(): boolean {
    return this.state === state.attached || this.state === state.unconfirmed;
  }

  override get isOpen(): boolean {
    return this.isAttached || this.state === state.detached;
  }

  get isDetached(): boolean {
    return this.state === state.detached;
  }

  /** Whether the business server has allowed the connection, which has no session yet. */
  get isCandidate(): boolean {
    return this.state === state.allowed;
  }

  /** What the connect answer said, until a session has it. */
  get answer(): AcceptedAnswer | undefined {
    return this.connectAnswer;
  }

  get end(): SessionEnd | undefined {
    return this.endReason === undefined ? undefined : ends[this.endReason];
  }

  /** A new session begins; `true` where older ones of its identity are reported closed. Else `identitySettled` comes. */
  begin(): boolean {
    const {backend} = this.parts;
    const {connectAnswer} = this;
    this.isReturn = false;
    if (connectAnswer !== undefined) backend.connected(connectAnswer);
    return backend.fencingToken === 0 || takeIdentity(this.context, this.actor, backend);
  }

  /** It is known under its name, and in its channels; OPENED follows. */
  opened(): void {
    this.step(event['front.opened']);
  }

  /** Its connection belongs to another session from now on. */
  handedOver(): void {
    this.step(event['front.handedOver']);
  }

  open(request: OpenRequest): void {
    this.#parts.open(request);
  }

  confirmed(): void {
    if (this.state === state.unconfirmed) this.step(event['client.heard']);
    this.#parts.learned();
  }

  quit(): void {
    this.over('client');
  }

  // What its connection ends with, it outlives, unless its client does not know of it or the gateway has ended it.
  override detached(reason: CloseCallReason | undefined): void {
    const isOver = reason === 'replaced' || reason === 'disconnected' || reason === 'shutdown';
    if (this.state === state.allowed && this.isReturn) this.step(event['claim.over']);
    else if (this.state === state.attached && !isOver && this.#parts.terms.expiryMs > 0) this.letGo();
    else this.over(reason);
  }

  /** Lets its connection go. */
  letGo(): void {
    this.step(event['front.detached']);
  }

  override answeredLate(answer: Answer): void {
    if (!this.isReturn) super.answeredLate(answer);
    else if (this.isAsking) this.context.hooks.loadChanged('handshakes', -1);
  }

  override crash(): void {
    if (this.state === state.allowed && this.isReturn) {
      this.context.counters.connectionsCrashed++;
      this.step(event['claim.over']);
    } else super.crash();
  }

  protected override allowed(answer: AcceptedAnswer): void {
    const {front, backend} = this.parts;
    const wasAbandoned = this.state === state.abandoned;
    this.connectAnswer = answer;
    if (!this.isReturn) backend.admitted(answer);
    this.step(event[wasAbandoned && this.isReturn ? 'claim.allowed' : 'connect.allowed']);
    front?.answered('allowed');
    if (wasAbandoned) this.settle();
  }

  protected override carryOut(effectCode: number): void {
    switch (effectCode) {
      case effect.leave:
        this.#parts.leaveFront();
        return;
      case effect.resume:
        this.#parts.resume();
        return;
      case effect.forgo:
        this.parts.backend.forgoClose();
        return;
      default:
        super.carryOut(effectCode);
    }
  }
}
