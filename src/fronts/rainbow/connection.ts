// One Rainbow connection: what carries a session over a WebSocket. Runs the connection chart (machines/connection.ts) and
// carries its effects out: the upgrade's answer, the heartbeat, the close frames. Puts into frames what its session sends.
// What its link and its timers report comes by the session's mailbox, in order with the client's packets.

import type {Content} from '../../actors/content.ts';
import type {Delivery} from '../../actors/delivery.ts';
import type {Carried, Front, FrontEnd, FrontMessage, FrontNote, HandshakeAnswer} from '../../actors/front.ts';
import type {InboundMessage} from '../../actors/inbound-message.ts';
import type {SessionMessage} from '../../actors/messages.ts';
import {type BroadcastBatch, strangerAt} from '../../actors/recipients.ts';
import {spawnSession} from '../../actors/session-actor.ts';
import type {Timer} from '../../core/clock.ts';
import {connection as chart, endReasonOf} from '../../machines/connection.ts';
import {type CloseReason, closeReasons, type LateReason} from '../../protocol/close-code.ts';
import {type Farewell, farewellClose} from '../../protocol/farewell.ts';
import {framePacket} from '../../protocol/frame.ts';
import type {ActorRef} from '../../runtime/actor.ts';
import type {WheelEntry} from '../../runtime/timer-wheel.ts';
import type {Subject} from '../../trace/observer.ts';
import type {ConnectionEnvironment} from './connection-environment.ts';
import {answerEvents, type Closing, closings, endEvents, isChartNote, noteEvents} from './connection-events.ts';
import {JoinedFrames, RainbowFrames} from './frames.ts';
import {type HandshakeRefusal, type Link, terminateAfter} from './link.ts';

const {event, effect, state} = chart;

/** How long a client has to answer a close frame before its socket is destroyed. */
const drainMs = 2_000;
// What may lie unread is the buffer's bound and the one message that passed it. A client that lets the answers to it pile
// up to this many times that has outrun the gateway.
const unreadFactor = 4;

/** Before a session carries it. */
const nobody: ActorRef<FrontMessage> = {name: '', depth: 0, isStopped: true, tell: () => false};
const stranger = strangerAt(nobody);

/** Creates the session of a client on `link`; send it `start` next. `identity` is unique and unguessable. */
export function connectRainbow(
  environment: ConnectionEnvironment,
  link: Link,
  identity: string,
): ActorRef<SessionMessage> {
  return spawnSession(environment.context, new RainbowConnection(environment, link), identity);
}

export class RainbowConnection implements Front, WheelEntry<FrontMessage> {
  /** The mailbox of the session; its own once that has let go of it. */
  actor = nobody;
  tick = 0;
  readonly #environment: ConnectionEnvironment;
  readonly #link: Link;
  #subject: Subject = stranger;
  #session: Carried | undefined;
  #state: number = state.checking;
  #heardAt = 0;
  #drainTimer: Timer | undefined;
  /** What its close frame says, where that depends on who closes. */
  #parting: CloseReason = closeReasons.unacknowledging;
  #refusal: HandshakeRefusal = 'RB_BUSINESS_SERVER';

  constructor(environment: ConnectionEnvironment, link: Link) {
    this.#environment = environment;
    this.#link = link;
  }

  carry(session: Carried, mailbox: ActorRef<FrontMessage>): void {
    this.#session = session;
    this.#subject = session.subject;
    this.actor = mailbox;
    this.#link.reportTo(mailbox);
  }

  answered(answer: HandshakeAnswer): void {
    if (answer === 'overloaded') this.#refusal = 'RB_OVERLOADED';
    this.#step(answerEvents[answer]);
  }

  get isCongested(): boolean {
    return this.#link.bufferedBytes > this.#environment.settings.sendBufferBytesMax;
  }

  broadcast(batch: BroadcastBatch): number {
    if (this.isCongested) return 0;
    return JoinedFrames.of(batch).handTo(this.#link, this.#environment.settings.sendBufferBytesMax);
  }

  deliver({publication, id}: Delivery, isRepeat: boolean): void {
    this.#link.send(RainbowFrames.of(publication).sendFor(publication, id, isRepeat));
  }

  release(id: number, publication: Content | undefined): void {
    const frame = publication && RainbowFrames.of(publication).releaseFor(publication, id);
    this.#link.send(frame ?? framePacket({kind: 'rel', id}));
  }

  confirm({qos, id, reply}: InboundMessage): void {
    this.#link.send(framePacket({kind: qos === 1 ? 'ack' : 'rec', id, reply}));
  }

  complete(id: number): void {
    this.#link.send(framePacket({kind: 'com', id}));
  }

  receive(note: FrontNote): void {
    switch (note.kind) {
      case 'heard':
      case 'fault':
        this.#environment.context.counters.packetsIn++;
        if (!this.#isOpen) return;
        this.alive();
        if (!this.#isOpen) return;
        if (note.kind === 'fault') this.#environment.context.counters.packetsFaulty++;
        this.#environment.observation.observer?.received(this.#subject, undefined, note);
        return;
      case 'late':
        if (this.#isOpen) this.#late(note.reason);
        return;
      case 'heartbeatDue':
        this.#heartbeat();
        return;
      default:
        this.#step(noteEvents[note.kind]);
    }
  }

  /** [RB-54] */
  alive(): void {
    this.#heardAt = this.#environment.context.scheduler.now;
    if (this.#state !== state['open.fresh']) this.#step(event['wire.heard']);
    const {sendBufferBytesMax, payloadBytesMax} = this.#environment.settings;
    if (this.#link.bufferedBytes > unreadFactor * (sendBufferBytesMax + payloadBytesMax)) this.end('overrun');
  }

  probe(): void {
    this.#step(event['delivery.unanswered']);
  }

  holdUp(): void {
    this.#link.holdUp();
  }

  end(reason: FrontEnd, farewell?: Farewell): void {
    if (reason === 'unacknowledging') this.#parting = closeReasons.unacknowledging;
    if (farewell !== undefined) this.#parting = farewellClose(farewell);
    this.#step(endEvents[reason]);
  }

  fail(): void {
    this.#drainTimer?.cancel();
    this.#environment.heartbeats.cancel(this);
    terminateAfter(this.#environment.context.clock, drainMs, this.#link);
    this.#link.close(closeReasons.internal.code, closeReasons.internal.text);
    this.#environment.observation.observer?.signalled(this.#subject, closeReasons.internal.code);
  }

  leave(): void {
    this.#session = undefined;
    // What its client still sends belongs to no session and is dropped. The connection still has to end.
    const tell = (message: FrontMessage): boolean => {
      if (isChartNote(message)) this.#step(noteEvents[message.kind]);
      return true;
    };
    this.actor = {...nobody, isStopped: false, tell};
    this.#link.reportTo(this.actor);
    if (this.#isOpen) this.end('replaced');
  }

  get state(): number {
    return this.#state;
  }

  get silentMs(): number {
    return Math.max(0, this.#environment.context.clock.now() - this.#heardAt);
  }

  get bufferedBytes(): number {
    return this.#link.bufferedBytes;
  }

  get #isOpen(): boolean {
    return this.#state >= state['open.fresh'] && this.#state <= state['open.awaitingPong'];
  }

  #late(reason: LateReason): void {
    this.#parting = closeReasons[reason];
    this.#step(event['client.late']);
  }

  /** The timer wheel's message: half a keep-alive, which is ours to set, may have passed in silence. [RB-55] */
  #heartbeat(): void {
    // Put off since the wheel spoke, as by a ping in the same turn: what was due then is not due now.
    if (!this.#isOpen || this.tick !== 0) return;
    const {context, heartbeats, settings} = this.#environment;
    const now = context.clock.now();
    // While reading from the client is paused, it does not count as silent.
    if (this.#link.isHeldUp) this.#heardAt = now;
    const lastPingAt = this.#heardAt + settings.keepAliveMs;
    const pingAt = this.#heardAt + settings.pingIntervalMs;
    if (this.#state === state['open.awaitingPong']) {
      if (this.#link.isHeldUp) heartbeats.schedule(this, lastPingAt);
      else this.#step(event['clock.heartbeatDue']);
    } else if (now >= lastPingAt) {
      this.#step(event['clock.heartbeatDue']);
    } else if (now >= pingAt) {
      this.#step(event['clock.pingDue']);
      heartbeats.schedule(this, Math.min(now + settings.pingIntervalMs, lastPingAt));
    } else {
      heartbeats.schedule(this, Math.min(pingAt, lastPingAt));
    }
  }

  /** One step of the chart. */
  #step(eventCode: number): void {
    const cell = chart.step(this.#state, eventCode);
    this.#state = chart.next[cell] as number;
    const {observer} = this.#environment.observation;
    if (observer !== undefined) observer.transition(chart, cell, this.#subject, undefined, 0);
    for (const effectCode of chart.effects[cell] as readonly number[]) this.#carryOut(effectCode, eventCode);
  }

  #carryOut(effectCode: number, eventCode: number): void {
    const {context, settings, heartbeats} = this.#environment;
    const {counters, clock} = context;
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
        this.#link.refuse(503, this.#environment.context.isStopping ? 'RB_STOPPING' : this.#refusal);
        return;
      case effect.ping:
        this.#link.ping();
        this.#environment.observation.observer?.signalled(this.#subject, 0);
        return;
      case effect.awaitPong:
        // Not from the turn's start: a turn may be held up, and the client has its time from the ping on.
        heartbeats.schedule(this, clock.now() + settings.keepAliveMs / 2);
        return;
      case effect.abandon:
        counters.handshakesAbandoned++;
        return;
      case effect.awaitEnd:
        this.#awaitEnd();
        return;
      case effect.detach:
        heartbeats.cancel(this);
        this.#session?.detached(endReasonOf(eventCode));
        return;
      case effect.depart:
        this.#drainTimer?.cancel();
        this.#session?.gone();
        return;
      case effect.terminate:
        this.#link.terminate();
        return;
      default:
        this.#close(closings[effectCode]);
    }
  }

  #admit(): void {
    const {context, heartbeats, settings} = this.#environment;
    this.#heardAt = context.scheduler.now;
    heartbeats.schedule(this, this.#heardAt + Math.min(settings.pingIntervalMs, settings.keepAliveMs));
    this.#session?.attached();
    this.#link.admit();
  }

  #close({reason = this.#parting, counter}: Closing = {}): void {
    if (counter !== undefined) this.#environment.context.counters[counter]++;
    this.#link.close(reason.code, reason.text);
    this.#environment.observation.observer?.signalled(this.#subject, reason.code);
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    this.#drainTimer = this.#environment.context.clock.startTimer(drainMs, () => this.actor.tell({kind: 'drainDue'}));
  }
}
