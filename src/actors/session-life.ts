// Runs the chart of one session (machines/session.ts) and carries its effects out: who may connect, where the session is
// known, when its close call is made. Part of the session actor.

import {session as chart} from '../machines/session.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Subject} from '../trace/observer.ts';
import type {AcceptedAnswer, Answer} from '../upstream/call.ts';
import type {BackendClient} from './backend-client.ts';
import type {Attachable, Carried} from './front.ts';
import type {SessionCell} from './messages.ts';
import type {ShardContext} from './shard-context.ts';
import {takeIdentity} from './takeover.ts';

const {event, effect, state} = chart;

/** What the life of a session needs of its actor. */
export interface SessionParts extends Attachable {
  readonly backend: BackendClient;
  /** Calls of this session that have not been answered. */
  readonly callCount: number;
  /** Joins the channels of the connect answer; the client hears of nothing before. */
  enter(answer: AcceptedAnswer): void;
  /** Leaves all channels and settles all deliveries. */
  cleanUp(): void;
  /** The actor ends: nothing is answered to it any more. */
  dispose(): void;
}

export class SessionLife implements Carried {
  protected readonly actor: SessionCell;
  protected readonly context: ShardContext;
  protected readonly parts: SessionParts;
  protected state: number = state.asking;
  /** The answer to the connect call, until it is carried out. */
  protected connectAnswer: AcceptedAnswer | undefined;
  /** Why the session ended. */
  protected endReason: CloseCallReason | undefined;
  /** When it was let in: tenths of a second, monotonic; a small integer, since most connections are idle. */
  #enteredAt = 0;

  constructor(actor: SessionCell, context: ShardContext, parts: SessionParts) {
    this.actor = actor;
    this.context = context;
    this.parts = parts;
    context.alive.add(actor);
    context.handshakes.add(actor);
    context.hooks.loadChanged('clients', 1);
    context.hooks.loadChanged('handshakes', 1);
  }

  get subject(): Subject {
    return this.parts.backend;
  }

  /** When the client was let in: monotonic ms, to a tenth of a second. */
  get enteredAt(): number {
    return this.#enteredAt * 100;
  }

  /** Whether a connection carries it: packets may be applied and sent. */
  get isAttached(): boolean {
    return this.state === state.attached;
  }

  /** Whether the client is let in and has not left: it is in channels, and messages may wait for it. */
  get isOpen(): boolean {
    return this.state === state.attached;
  }

  /** Whether the business server has let the client in and nothing has ended it: also before its 101. */
  get isAdmitted(): boolean {
    return this.isOpen || this.state === state.allowed;
  }

  /** The answer to the connect call. */
  answered(answer: Answer): void {
    const {front} = this.parts;
    if (answer.kind === 'failed' && answer.isPending === true) {
      // Too late for the client, but the business server may still say yes.
      front?.answered('unanswered');
      return;
    }
    this.context.hooks.loadChanged('handshakes', -1);
    if (answer.kind === 'accepted') {
      this.allowed(answer);
      return;
    }
    this.step(event['connect.denied']);
    front?.answered(answer.kind === 'failed' && answer.reason === 'overloaded' ? 'overloaded' : answer.kind);
  }

  /** The answer to the connect call comes too late for this actor, which has failed; the close call it asks for is made. */
  answeredLate(answer: Answer): void {
    if (!this.isAsking || answer.kind !== 'accepted') return;
    this.context.hooks.loadChanged('handshakes', -1);
    this.parts.backend.connected(answer);
    this.step(event['connect.allowed']);
  }

  /** Its front has let the client in, or back. */
  attached(): void {
    this.step(event['front.attached']);
  }

  /** Its connection has ended, and a legacy session ends with it. */
  detached(reason: CloseCallReason | undefined): void {
    this.over(reason);
  }

  /** The session ends. */
  over(reason: CloseCallReason | undefined): void {
    this.endReason ??= reason;
    this.step(event['session.over']);
    this.settle();
  }

  /** Nothing of its connection is left. */
  gone(): void {
    this.step(event['front.gone']);
    this.settle();
  }

  /** A newer session of its identity waits for the close call. */
  closeAwaited(): void {
    this.step(event['close.awaited']);
    this.settle();
  }

  /** Has the close call made once it is due and the calls before it have been answered; at shutdown at once. [RB-46] */
  settle(): void {
    if (this.state !== state.reporting && this.state !== state.hurried) return;
    if (this.context.isStopping || this.parts.callCount === 0) this.step(event['calls.over']);
  }

  /** The actor failed: the session ends rather than say what may be false, and the close call is made. [RB-59] */
  crash(): void {
    this.context.counters.connectionsCrashed++;
    if (this.isAsking) this.context.hooks.loadChanged('handshakes', -1);
    this.endReason ??= 'crashed';
    this.context.alive.delete(this.actor);
    this.step(event['actor.failed']);
  }

  /** Whether the answer to the connect call is to come; until then this counts as a handshake. */
  get isAsking(): boolean {
    return this.state === state.asking || this.state === state.abandoned;
  }

  protected allowed(answer: AcceptedAnswer): void {
    const {backend, front} = this.parts;
    const wasAbandoned = this.state === state.abandoned;
    backend.connected(answer);
    this.step(event['connect.allowed']);
    if (wasAbandoned) {
      front?.answered('allowed');
      this.settle();
      return;
    }
    this.connectAnswer = answer;
    const isSettled = backend.fencingToken === 0 || takeIdentity(this.context, this.actor, backend);
    front?.answered(isSettled ? 'allowed' : 'postponed');
  }

  protected step(eventCode: number): void {
    const cell = chart.step(this.state, eventCode);
    this.state = chart.next[cell] as number;
    for (const effectCode of chart.effects[cell] as readonly number[]) this.carryOut(effectCode);
  }

  /** What legacy sessions do; see V2Life for the others. */
  protected carryOut(effectCode: number): void {
    const {backend} = this.parts;
    switch (effectCode) {
      case effect.enter:
        this.#enter();
        return;
      case effect.withdraw:
        backend.withdrawConnect();
        return;
      case effect.holdClose:
        backend.holdClose(this.endReason ?? 'error');
        return;
      case effect.cleanUp:
        this.#cleanUp();
        return;
      case effect.releaseClose:
        backend.releaseClose();
        return;
      case effect.stop:
        this.context.alive.delete(this.actor);
        this.actor.stop();
        this.parts.dispose();
    }
  }

  #enter(): void {
    const {sessions, users, contenders, handshakes, counters, scheduler} = this.context;
    const {identity} = this.parts.backend;
    handshakes.delete(this.actor);
    contenders.remove(identity, this.actor);
    const older = sessions.find(identity);
    // One that is ending, and has not come to it yet.
    if (older !== undefined) sessions.remove(identity, older);
    sessions.add(identity, this.actor);
    counters.connectionsOpened++;
    this.#enteredAt = Math.round(scheduler.now / 100);
    const answer = this.connectAnswer;
    if (answer?.user !== undefined) users.add(answer.user, this.actor);
    // Runs before the client is reported as connected, so that every thread finds it in its channels.
    if (answer !== undefined) this.parts.enter(answer);
    this.connectAnswer = undefined;
  }

  #cleanUp(): void {
    const {sessions, users, contenders, handshakes, counters, hooks} = this.context;
    const {identity} = this.parts.backend;
    hooks.loadChanged('clients', -1);
    const wasHandshake = handshakes.delete(this.actor);
    if (!wasHandshake) counters.connectionsClosed++;
    sessions.remove(identity, this.actor);
    users.remove(this.actor);
    contenders.remove(identity, this.actor);
    this.parts.cleanUp();
  }
}
