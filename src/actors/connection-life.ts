// Runs the chart of one connection (machines/connection.ts) and carries its effects out: the upgrade's answer, the
// heartbeat, the close frames, the close call. Part of the connection actor, which passes messages on as events.

import type {Timer} from '../core/clock.ts';
import {connection as chart, endReasonOf} from '../machines/connection.ts';
import {type CloseReason, closeReasons, type LateReason} from '../protocol/close-code.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Cell} from '../runtime/actor.ts';
import type {WheelEntry} from '../runtime/timer-wheel.ts';
import {chartNumber} from '../trace/observer.ts';
import type {AcceptedAnswer, Answer, FailedAnswer} from '../upstream/call.ts';
import type {BackendClient} from './backend-client.ts';
import {failureCode} from './failure-code.ts';
import type {Link} from './link.ts';
import type {ConnectionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';
import {takeIdentity} from './takeover.ts';

const {event, effect, state} = chart;

/** Events of the connection chart, by name. */
export const connectionEvent = event;

/** How long a client has to answer a close frame before its socket is destroyed. */
const drainMs = 2_000;

/** What the life of a connection needs of its actor. */
export interface LifeOwner {
  /** Joins the channels of the connect answer; the client hears of nothing before. */
  enter(answer: AcceptedAnswer): void;
  /** Leaves all channels and settles all deliveries. */
  cleanUp(): void;
  /** The actor ends: nothing is answered to it any more. */
  dispose(): void;
  /** Calls of this connection that have not been answered. */
  readonly callCount: number;
}

export class ConnectionLife implements WheelEntry<ConnectionMessage> {
  readonly actor: Cell<ConnectionMessage>;
  tick = 0;
  readonly #context: ShardContext;
  readonly #link: Link;
  readonly #line: BackendClient;
  readonly #owner: LifeOwner;
  #state: number = state.checking;
  #heardAt = 0;
  #isCleanedUp = false;
  #drainTimer: Timer | undefined;
  #lateReason: LateReason = 'messageLate';
  /** The answer to the connect call, until it is carried out. */
  #connectAnswer: AcceptedAnswer | FailedAnswer | undefined;
  /** Whether the close call may be made as soon as the calls before it are over. */
  #isCloseDue = false;
  #endReason: CloseCallReason | undefined;

  constructor(
    actor: Cell<ConnectionMessage>,
    context: ShardContext,
    link: Link,
    line: BackendClient,
    owner: LifeOwner,
  ) {
    this.actor = actor;
    this.#context = context;
    this.#link = link;
    this.#line = line;
    this.#owner = owner;
    context.alive.add(actor);
    context.handshakes.add(actor);
    context.hooks.loadChanged('clients', 1);
    context.hooks.loadChanged('handshakes', 1);
  }

  /** Whether packets may be applied and sent. */
  get isOpen(): boolean {
    return this.#state >= state['open.fresh'] && this.#state <= state['open.awaitingPong'];
  }

  /** Whether the answer to the connect call is to come; as long as it is, this counts as a handshake. */
  get isAsking(): boolean {
    return this.#state === state.checking || this.#state === state.abandoned;
  }

  /** The state of its chart, as the table's code. */
  get state(): number {
    return this.#state;
  }

  get silentMs(): number {
    return Math.max(0, this.#context.clock.now() - this.#heardAt);
  }

  /** Notes a sign of life. [RB-54] */
  hear(): void {
    this.#heardAt = this.#context.scheduler.now;
    if (this.#state !== state['open.fresh']) this.step(event['wire.heard']);
  }

  /** The answer to the connect call. */
  answered(answer: Answer): void {
    const isPending = answer.kind === 'failed' && answer.isPending === true;
    if (!isPending) this.#context.hooks.loadChanged('handshakes', -1);
    if (answer.kind !== 'refused') this.#connectAnswer = answer;
    if (answer.kind === 'accepted') this.#allowed(answer);
    // Too late for the client, but the business server may still say yes.
    else if (isPending) this.step(event['clock.handshakeDue']);
    else this.step(event[answer.kind === 'refused' ? 'upstream.refused' : 'upstream.failed']);
    // Nobody connected, so no close call is owed.
    if (answer.kind !== 'accepted' && !isPending) this.#end();
  }

  /** The answer to the connect call comes too late for this actor, which has failed; the close call it asks for is made. */
  answeredLate(answer: Answer): void {
    if (this.isAsking && answer.kind === 'accepted') this.#line.connected(answer);
  }

  /** The timer wheel's message: half a keep-alive, which is ours to set, may have passed in silence. [RB-55] */
  heartbeat(): void {
    // Put off since the wheel spoke, as by a ping in the same turn: what was due then is not due now.
    if (!this.isOpen || this.tick !== 0) return;
    const {clock, heartbeats, settings} = this.#context;
    const now = clock.now();
    // Nobody is taken for silent who is not listened to.
    if (this.#link.isHeldUp) this.#heardAt = now;
    const lastPingAt = this.#heardAt + settings.keepAliveMs;
    const pingAt = this.#heardAt + settings.pingIntervalMs;
    if (this.#state === state['open.awaitingPong']) {
      if (this.#link.isHeldUp) heartbeats.schedule(this, lastPingAt);
      else this.step(event['clock.heartbeatDue']);
    } else if (now >= lastPingAt) {
      this.step(event['clock.heartbeatDue']);
    } else if (now >= pingAt) {
      this.step(event['clock.pingDue']);
      heartbeats.schedule(this, Math.min(now + settings.pingIntervalMs, lastPingAt));
    } else {
      heartbeats.schedule(this, Math.min(pingAt, lastPingAt));
    }
  }

  /** The client missed a deadline of its own. */
  late(reason: LateReason): void {
    this.#lateReason = reason;
    this.step(event['client.late']);
  }

  /** Has a close call that is due made once the calls before it have been answered; at shutdown at once. [RB-46] */
  callCloseIfDue(): void {
    if (!this.#isCloseDue || (!this.#context.isStopping && this.#owner.callCount > 0)) return;
    this.#line.releaseClose();
    if (this.#state === state.closed) this.#end();
  }

  /** The actor failed: the connection ends rather than say what may be false, and the close call is made. [RB-59] */
  crash(): void {
    this.#context.counters.connectionsCrashed++;
    if (this.isAsking) this.#context.hooks.loadChanged('handshakes', -1);
    // First of all: whatever else fails, it is owed.
    this.#line.holdClose(this.#endReason ?? 'crashed');
    this.#line.releaseClose();
    this.#context.alive.delete(this.actor);
    this.#drainTimer?.cancel();
    this.#cleanUp();
    this.#link.close(closeReasons.internal.code, closeReasons.internal.text);
    this.#context.observation.observer?.signalled(this.#line, closeReasons.internal.code);
  }

  step(eventCode: number): void {
    const cell = chart.step(this.#state, eventCode);
    this.#state = chart.next[cell] as number;
    if (this.#endReason === undefined && !this.isOpen) this.#endReason = endReasonOf(eventCode);
    this.#context.observation.observer?.transition(chartNumber.connection, this.#line, undefined, 0, cell);
    for (const effectCode of chart.effects[cell] as readonly number[]) this.#carryOut(effectCode);
    if (this.#state === state.closed) this.callCloseIfDue();
  }

  #allowed(answer: AcceptedAnswer): void {
    this.#line.connected(answer);
    if (this.#state !== state.checking) {
      this.step(event['upstream.allowed']);
      return;
    }
    this.#connectAnswer = answer;
    const isSettled = this.#line.fencingToken === 0 || takeIdentity(this.#context, this.actor, this.#line);
    this.step(isSettled ? event['upstream.allowed'] : event['upstream.allowedLater']);
  }

  #carryOut(effectCode: number): void {
    const {counters, settings, heartbeats} = this.#context;
    switch (effectCode) {
      case effect.admit:
        this.#admit();
        return;
      case effect.refuse:
        counters.handshakesRefused++;
        this.#link.refuse(401);
        return;
      case effect.fail:
        counters.handshakesFailed++;
        this.#link.refuse(503, failureCode(this.#context, this.#connectAnswer));
        return;
      case effect.ping:
        this.#link.ping();
        this.#context.observation.observer?.signalled(this.#line, 0);
        return;
      case effect.awaitPong:
        // Not from the turn's start: a turn may be held up, and the client has its time from the ping on.
        heartbeats.schedule(this, this.#context.clock.now() + settings.keepAliveMs / 2);
        return;
      case effect.closeSilent:
        counters.heartbeatsMissed++;
        this.#close(closeReasons.silent);
        return;
      case effect.closeOverrun:
        counters.connectionsOverrun++;
        this.#close(closeReasons.overrun);
        return;
      case effect.closeLate:
        counters.connectionsLate++;
        this.#close(closeReasons[this.#lateReason]);
        return;
      case effect.closeTakenOver:
        counters.connectionsTakenOver++;
        this.#close(closeReasons.takenOver);
        return;
      case effect.closeStopping:
        this.#close(closeReasons.stopping);
        return;
      case effect.abandon:
        counters.handshakesAbandoned++;
        return;
      case effect.withdraw:
        this.#line.withdrawConnect();
        return;
      case effect.awaitEnd:
        this.#awaitEnd();
        return;
      case effect.cleanUp:
        this.#cleanUp();
        return;
      case effect.callClose:
        this.#line.holdClose(this.#endReason ?? 'error');
        this.#isCloseDue = true;
        this.callCloseIfDue();
        return;
      case effect.terminate:
        this.#link.terminate();
    }
  }

  #admit(): void {
    const {connections, contenders, handshakes, counters, heartbeats, scheduler, settings} = this.#context;
    const {identity} = this.#line;
    handshakes.delete(this.actor);
    contenders.remove(identity, this.actor);
    const older = connections.find(identity);
    // One that is ending, and has not come to it yet.
    if (older !== undefined) connections.remove(identity, older);
    connections.add(identity, this.actor);
    counters.connectionsOpened++;
    this.#heardAt = scheduler.now;
    heartbeats.schedule(this, this.#heardAt + Math.min(settings.pingIntervalMs, settings.keepAliveMs));
    // Whoever hears of the 101, on whatever thread, finds the client in its channels.
    if (this.#connectAnswer?.kind === 'accepted') this.#owner.enter(this.#connectAnswer);
    this.#connectAnswer = undefined;
    this.#link.admit();
  }

  #close(reason: CloseReason): void {
    this.#link.close(reason.code, reason.text);
    this.#context.observation.observer?.signalled(this.#line, reason.code);
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    this.#drainTimer = this.#context.clock.startTimer(drainMs, () => this.actor.tell({kind: 'drainDue'}));
  }

  #cleanUp(): void {
    const {connections, contenders, handshakes, heartbeats, counters} = this.#context;
    // A connection that fails while it drains has been cleaned up before.
    if (this.#isCleanedUp) return;
    this.#isCleanedUp = true;
    this.#line.holdClose(this.#endReason ?? 'error');
    this.#context.hooks.loadChanged('clients', -1);
    if (!handshakes.delete(this.actor)) counters.connectionsClosed++;
    connections.remove(this.#line.identity, this.actor);
    contenders.remove(this.#line.identity, this.actor);
    heartbeats.cancel(this);
    this.#owner.cleanUp();
  }

  #end(): void {
    if (this.actor.isStopped) return;
    this.#drainTimer?.cancel();
    this.#context.alive.delete(this.actor);
    this.actor.stop();
    this.#owner.dispose();
  }
}
