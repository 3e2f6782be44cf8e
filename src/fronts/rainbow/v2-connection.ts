// One connection of `rainbow.v2`: what carries a session over a WebSocket while both last. Runs the chart of
// machines/v2-connection.ts and carries its effects out: the upgrade's answer, OPEN and OPENED, the heartbeat, BYE and the
// close frames. Puts into frames what its session sends. What its link and its timers report comes by the session's
// mailbox, in order with the client's packets.

import type {HandshakeAnswer} from '../../actors/front.ts';
import type {CarriedV2, FrontV2, SessionFacts, V2End, V2FrontMessage, V2Note} from '../../actors/front-v2.ts';
import {strangerAt} from '../../actors/recipients.ts';
import type {Timer} from '../../core/clock.ts';
import type {Deadline, Expiring} from '../../core/deadline-queue.ts';
import {v2Connection as chart} from '../../machines/v2-connection.ts';
import {closeReasons} from '../../protocol/close-code.ts';
import {readOpen} from '../../protocol/control-payload.ts';
import {type Farewell, farewellClose} from '../../protocol/farewell.ts';
import type {JsonPacket} from '../../protocol/packet-v2.ts';
import type {ActorRef} from '../../runtime/actor.ts';
import type {WheelEntry} from '../../runtime/timer-wheel.ts';
import type {Subject} from '../../trace/observer.ts';
import type {ConnectionEnvironment} from './connection-environment.ts';
import {type HandshakeRefusal, type Link, terminateAfter} from './link.ts';
import {type Ending, endings, endingsOfLate, endingsOfSession, endReasonOf} from './v2-endings.ts';
import {isChartNote, legacyStateOf, noteEvents} from './v2-events.ts';
import {V2Handing} from './v2-handing.ts';

const {event, effect, state} = chart;

/** How long a client has to answer a close frame before its socket is destroyed. */
const drainMs = 2_000;
const unreadFactor = 4;

const nobody: ActorRef<V2FrontMessage> = {name: '', depth: 0, isStopped: true, tell: () => false};
const stranger = strangerAt(nobody);

export class V2Connection extends V2Handing implements FrontV2, WheelEntry<V2Note>, Expiring<V2Connection> {
  actor = nobody;
  tick = 0;
  deadline: Deadline<V2Connection> | undefined;
  readonly #environment: ConnectionEnvironment;
  readonly #closesRefused: boolean;
  #subject: Subject = stranger;
  #session: CarriedV2 | undefined;
  #state: number = state.checking;
  #heardAt = 0;
  #drainTimer: Timer | undefined;
  #ending: Ending = endings.failed;
  #farewell: Farewell | undefined;
  #refusal: HandshakeRefusal = 'RB_BUSINESS_SERVER';
  #isConfirmed = false;

  constructor(environment: ConnectionEnvironment, link: Link, closesRefused: boolean) {
    super(link, environment.settings.sendBufferBytesMax);
    this.#environment = environment;
    this.#closesRefused = closesRefused;
  }

  carry(session: CarriedV2, mailbox: ActorRef<V2FrontMessage>): void {
    this.#session = session;
    this.#subject = session.subject;
    this.actor = mailbox;
    this.link.reportTo(mailbox);
  }

  answered(answer: HandshakeAnswer): void {
    if (answer === 'allowed' || answer === 'settled' || answer === 'postponed') {
      this.#step(event['upstream.allowed']);
      return;
    }
    if (answer === 'overloaded') this.#refusal = 'RB_OVERLOADED';
    if (this.#closesRefused) {
      this.#ending = answer === 'refused' ? endings.refused : endings.failed;
      this.#step(event['upstream.turnedAway']);
    } else if (answer === 'unanswered') this.#step(event['clock.handshakeDue']);
    else this.#step(event[answer === 'refused' ? 'upstream.refused' : 'upstream.failed']);
  }

  opened(facts: SessionFacts): void {
    const {sessionKeepAliveMs, payloadBytesMax} = this.#environment.settings;
    const json = {...facts, keepAlive: sessionKeepAliveMs / 1_000, maxMessage: payloadBytesMax};
    this.#step(event['session.opened']);
    this.writer.write({kind: 'opened', json});
  }

  receive(note: V2Note): void {
    switch (note.kind) {
      case 'heard':
        this.#environment.context.counters.packetsIn++;
        if (this.#isOpen) this.#touch();
        this.#environment.observation.observer?.received(this.#subject, undefined, note);
        return;
      case 'fault':
        this.#environment.context.counters.packetsFaulty++;
        this.#environment.observation.observer?.received(this.#subject, undefined, note);
        this.#close(note.reason === 'text' ? endings.text : endings.malformed);
        return;
      case 'open':
        this.#open(note);
        return;
      case 'ping':
        this.writer.write({kind: 'pong'});
        return;
      case 'bye':
        this.#session?.quit();
        this.end('ended');
        return;
      case 'pong':
      case 'opened':
        this.end('protocolError');
        return;
      case 'late':
        this.#close(endingsOfLate[note.reason]);
        return;
      case 'heartbeatDue':
        this.#heartbeat();
        return;
      case 'handshakeDue':
        this.answered('unanswered');
        return;
      default:
        this.#step(noteEvents[note.kind]);
    }
  }

  /** [RB-54] */
  alive(): void {
    this.#touch();
    if (!this.#isConfirmed) {
      this.#isConfirmed = true;
      this.#session?.confirmed();
    }
    const {sendBufferBytesMax, payloadBytesMax} = this.#environment.settings;
    if (this.link.bufferedBytes > unreadFactor * (sendBufferBytesMax + payloadBytesMax)) this.end('overrun');
  }

  end(reason: V2End, farewell?: Farewell): void {
    const ending = endingsOfSession[reason];
    if (this.#state < state.draining) this.#farewell = farewell;
    this.#close(farewell === undefined ? ending : {...ending, close: farewellClose(farewell)});
  }

  fail(): void {
    this.#drainTimer?.cancel();
    this.#environment.heartbeats.cancel(this);
    this.#environment.opens.delete(this);
    terminateAfter(this.#environment.context.clock, drainMs, this.link);
    this.link.close(closeReasons.internal.code, closeReasons.internal.text);
    this.#environment.observation.observer?.signalled(this.#subject, closeReasons.internal.code);
  }

  leave(): void {
    this.#session = undefined;
    // What its client still sends belongs to no session. The connection still has to end.
    const tell = (message: V2FrontMessage): boolean => {
      if (isChartNote(message)) this.#step(noteEvents[message.kind]);
      return true;
    };
    this.actor = {...nobody, isStopped: false, tell};
    this.link.reportTo(this.actor);
    this.end('replaced');
  }

  get state(): number {
    return legacyStateOf(this.#state);
  }

  get silentMs(): number {
    return Math.max(0, this.#environment.context.clock.now() - this.#heardAt);
  }

  get #isOpen(): boolean {
    return this.#state >= state['open.fresh'] && this.#state <= state['open.awaitingPong'];
  }

  #open({json}: JsonPacket): void {
    const request = readOpen(json);
    if (request === undefined) {
      this.#close(endings.malformed);
      return;
    }
    this.writer.agree(request);
    this.#step(event['wire.open']);
    this.#session?.open(request);
  }

  #touch(): void {
    this.#heardAt = this.#environment.context.scheduler.now;
    if (this.#state !== state['open.fresh']) this.#step(event['wire.heard']);
  }

  #close(ending: Ending): void {
    if (this.#state >= state.draining) return;
    this.#ending = ending;
    this.#step(event['connection.ended']);
  }

  /** The timer wheel's message: half a keep-alive, which is ours to set, may have passed in silence. [RB-55] */
  #heartbeat(): void {
    if (!this.#isOpen || this.tick !== 0) return;
    const {context, heartbeats, settings} = this.#environment;
    const {sessionKeepAliveMs, pingIntervalMs} = settings;
    const now = context.clock.now();
    // While reading from the client is paused, it does not count as silent.
    if (this.link.isHeldUp) this.#heardAt = now;
    const lastPingAt = this.#heardAt + sessionKeepAliveMs;
    const pingAt = this.#heardAt + pingIntervalMs;
    if (this.#state === state['open.awaitingPong']) {
      if (this.link.isHeldUp) heartbeats.schedule(this, lastPingAt);
      else this.#step(event['clock.heartbeatDue']);
    } else if (now >= lastPingAt) {
      this.#step(event['clock.heartbeatDue']);
    } else if (now >= pingAt) {
      this.#step(event['clock.pingDue']);
      heartbeats.schedule(this, Math.min(now + pingIntervalMs, lastPingAt));
    } else {
      heartbeats.schedule(this, Math.min(pingAt, lastPingAt));
    }
  }

  #step(eventCode: number): void {
    const cell = chart.step(this.#state, eventCode);
    this.#state = chart.next[cell] as number;
    const {observer} = this.#environment.observation;
    if (observer !== undefined) observer.transition(chart, cell, this.#subject, undefined, 0);
    for (const effectCode of chart.effects[cell] as readonly number[]) this.#carryOut(effectCode, eventCode);
  }

  #carryOut(effectCode: number, eventCode: number): void {
    const {context, settings, heartbeats, opens} = this.#environment;
    const {counters, clock} = context;
    switch (effectCode) {
      case effect.admit:
        this.link.admit();
        return;
      case effect.refuse:
        counters.handshakesRefused++;
        this.link.refuse(401);
        return;
      case effect.fail:
        counters.handshakesFailed++;
        this.link.refuse(503, context.isStopping ? 'RB_STOPPING' : this.#refusal);
        return;
      case effect.awaitOpen:
        opens.add(this, clock.now());
        return;
      case effect.forgetOpen:
        opens.delete(this);
        return;
      case effect.watch:
        this.#heardAt = context.scheduler.now;
        heartbeats.schedule(this, this.#heardAt + Math.min(settings.pingIntervalMs, settings.sessionKeepAliveMs));
        return;
      case effect.ping:
        this.link.ping();
        this.#environment.observation.observer?.signalled(this.#subject, 0);
        return;
      case effect.awaitPong:
        heartbeats.schedule(this, clock.now() + settings.sessionKeepAliveMs / 2);
        return;
      case effect.noteSilent:
        this.#ending = endings.silent;
        return;
      case effect.noteUnopened:
        this.#ending = endings.unopened;
        return;
      case effect.close:
        this.#sayBye();
        return;
      case effect.abandon:
        counters.handshakesAbandoned++;
        return;
      case effect.awaitEnd:
        this.#awaitEnd();
        return;
      case effect.detach:
        heartbeats.cancel(this);
        this.#session?.detached(endReasonOf(eventCode, this.#ending));
        return;
      case effect.depart:
        this.#drainTimer?.cancel();
        this.#session?.gone();
        return;
      case effect.terminate:
        this.link.terminate();
    }
  }

  #sayBye(): void {
    const {close, counter} = this.#ending;
    const {counters} = this.#environment.context;
    if (counter !== undefined) counters[counter]++;
    const {reason = close.text, reconnectAfterMs} = this.#farewell ?? {};
    this.writer.write({kind: 'bye', json: {reason, ...(reconnectAfterMs !== undefined && {reconnectAfterMs})}});
    this.link.close(close.code, close.text);
    this.#environment.observation.observer?.signalled(this.#subject, close.code);
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    this.#drainTimer = this.#environment.context.clock.startTimer(drainMs, () => this.actor.tell({kind: 'drainDue'}));
  }
}
