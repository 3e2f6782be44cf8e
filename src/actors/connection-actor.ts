// One client connection: runs its chart (machines/connection.ts), passes packets to the sending and the receiving half,
// applies what the business server says about channels and cookie. Made by the edge when a client asks to connect; lives
// until its close call is answered. A failure of it closes this client with 1011 and harms nobody else.

import type {Timer} from '../core/clock.ts';
import {unreachable} from '../core/invariant.ts';
import {connection as chart} from '../machines/connection.ts';
import {type CloseReason, closeReasons} from '../protocol/close-code.ts';
import type {Packet, PacketFault} from '../protocol/packet.ts';
import type {ActorRef, Behaviour, Cell} from '../runtime/actor.ts';
import type {WheelEntry} from '../runtime/timer-wheel.ts';
import type {AcceptedAnswer, Answer, Call} from '../upstream/call.ts';
import {type Delivery, progressEnded} from './delivery.ts';
import {Inbound, type InboundMessage} from './inbound.ts';
import type {Link} from './link.ts';
import {Membership} from './membership.ts';
import type {ConnectionMessage} from './messages.ts';
import {Outbound} from './outbound.ts';
import type {Thread} from './thread.ts';

const {event, effect, state} = chart;

/** Messages that may wait for one connection. The link stops reading far below this. */
const mailboxBound = 131_072;
/** How long a client has to answer a close frame before its socket is destroyed. */
const drainMs = 2_000;
/** A client that lets the answers to it pile up to this many times the bound of its buffer has outrun it. */
const unreadFactor = 4;

/** Makes the actor of a client that asks to connect; tell it `start` next. `identity` is unique and unguessable. */
export function spawnConnection(thread: Thread, link: Link, identity: string): ActorRef<ConnectionMessage> {
  return thread.scheduler.spawn<ConnectionMessage>({
    name: identity,
    mailboxBound,
    supervisor: thread.supervisors.connections,
    create: (self) => new ConnectionActor(self, thread, link, identity),
  });
}

class ConnectionActor implements Behaviour<ConnectionMessage>, WheelEntry<ConnectionMessage> {
  readonly actor: Cell<ConnectionMessage>;
  readonly link: Link;
  identity: string;
  /** The timer wheel's. */
  tick = 0;
  readonly #thread: Thread;
  #state: number = state.checking;
  #heardAt = 0;
  /** Which of two connections with one identity is the newer; 0 where the identity is our own. */
  #claim = 0;
  #cookie: string | undefined;
  #membership: Membership | undefined;
  #outbound: Outbound | undefined;
  #inbound: Inbound | undefined;
  #drainTimer: Timer | undefined;
  #isCloseCallDue = false;

  constructor(self: Cell<ConnectionMessage>, thread: Thread, link: Link, identity: string) {
    this.actor = self;
    this.#thread = thread;
    this.link = link;
    this.identity = identity;
    thread.alive.add(self);
    thread.handshakes.add(self);
  }

  receive(message: ConnectionMessage): void {
    switch (message.kind) {
      case 'deliver':
        this.#deliver(message);
        return;
      case 'broadcast':
        this.#broadcast(message.frame);
        return;
      case 'ack':
      case 'rec':
        if (this.#hear()) this.#sender().acknowledge(message.kind, message.id, message.reply);
        return;
      case 'com':
        if (this.#hear()) this.#sender().complete(message.id);
        return;
      case 'send':
        if (this.#hear()) this.#receiver().receive(message);
        return;
      case 'rel':
        if (this.#hear()) this.#receiver().release(message.id);
        return;
      case 'fault':
        if (this.#hear()) this.#thread.counters.packetsFaulty++;
        return;
      case 'retryDue':
        if (this.#isOpen) this.#outbound?.retry(message.delivery);
        return;
      case 'timedOut':
        if (this.#isOpen) this.#outbound?.timeOut(message.delivery);
        return;
      case 'answered':
        this.#answered(message.answer, message.context);
        return;
      default:
        this.#receiveRare(message);
    }
  }

  failed(): void {
    this.#thread.counters.connectionsCrashed++;
    const hadConnected = this.#state !== state.checking && this.#state !== state.abandoned;
    const wasReported = this.#isCloseCallDue || this.#state === state.closed;
    this.#cleanUp();
    this.link.close(closeReasons.internal.code, closeReasons.internal.text);
    if (hadConnected && !wasReported) this.#tellUpstream(this.#closeCall());
    this.#thread.alive.delete(this.actor);
  }

  /** For the sending half: the client owes an acknowledgement. */
  probe(): void {
    this.#step(event['delivery.unanswered']);
  }

  /** For the receiving half: the client outran a bound. */
  overrun(): void {
    this.#step(event['client.overran']);
  }

  /** For the receiving half: makes the call of one message. */
  call(message: InboundMessage): void {
    const {type, payload} = message;
    const {identity} = this;
    const call = this.#thread.sequences.nextCall();
    this.#tellUpstream(
      {kind: 'message', call, identity, cookie: this.#cookie, message: message.message, type, payload},
      message,
    );
  }

  // What comes seldom, apart from what comes often.
  #receiveRare(message: Exclude<ConnectionMessage, Packet | PacketFault | Delivery>): void {
    switch (message.kind) {
      case 'start':
        this.#start(message.headers);
        return;
      case 'handshakeDue':
        this.#step(event['clock.handshakeDue']);
        return;
      case 'heard':
        this.#hear();
        return;
      case 'drained':
        if (this.#isOpen) this.#outbound?.pump();
        return;
      case 'socketClosed':
        this.#step(event['socket.closed']);
        return;
      case 'heartbeatDue':
        this.#heartbeat();
        return;
      case 'drainDue':
        this.#step(event['clock.drainDue']);
        return;
      case 'stopping':
        this.#inbound?.dropQueue();
        this.#step(event['gateway.stopping']);
        return;
      case 'identityTaken':
        if (message.claim > this.#claim) this.#step(event['identity.taken']);
        return;
      case 'subscribe':
        message.reply(this.#isOpen ? this.#member().join(message.channel, message.occupy) : 'noSuchConnection');
        return;
      case 'unsubscribe':
        this.#membership?.leave(message.channel);
        message.reply('done');
        return;
      case 'evicted':
        this.#membership?.evicted(message.channel);
        return;
      case 'broadcast':
      case 'retryDue':
      case 'timedOut':
      case 'answered':
        return;
      default:
        unreachable(message);
    }
  }

  get #isOpen(): boolean {
    return this.#state >= state['open.fresh'] && this.#state <= state['open.awaitingPong'];
  }

  #sender(): Outbound {
    this.#outbound ??= new Outbound(this.#thread, this);
    return this.#outbound;
  }

  #receiver(): Inbound {
    this.#inbound ??= new Inbound(this.#thread, this);
    return this.#inbound;
  }

  /** Notes a sign of life; whether what came may be applied. [RB-54] [RB-57] */
  #hear(): boolean {
    this.#thread.counters.packetsIn++;
    if (!this.#isOpen) return false;
    this.#heardAt = this.#thread.scheduler.now;
    if (this.#state !== state['open.fresh']) this.#step(event['wire.heard']);
    if (this.link.bufferedBytes > unreadFactor * this.#thread.settings.sendBufferBytesMax) this.overrun();
    return this.#isOpen;
  }

  #deliver(delivery: Delivery): void {
    if (this.#isOpen) {
      this.#sender().accept(delivery);
      return;
    }
    this.#thread.counters.deliveriesLost++;
    delivery.progress |= progressEnded;
    delivery.publication.self.tell(delivery);
  }

  #broadcast(frame: Uint8Array): void {
    if (this.#isOpen && this.link.bufferedBytes <= this.#thread.settings.sendBufferBytesMax) this.link.send(frame);
    else this.#thread.counters.framesDropped++;
  }

  #start(headers: readonly string[]): void {
    this.#tellUpstream({kind: 'connect', call: this.#thread.sequences.nextCall(), identity: this.identity, headers});
  }

  #tellUpstream(call: Call, context?: InboundMessage): void {
    if (this.#thread.upstream.tell({kind: 'call', call, from: this.actor, context})) return;
    const answer: Answer = {kind: 'failed', call: call.call, reason: 'overloaded', status: undefined};
    this.actor.tell({kind: 'answered', answer, context});
  }

  #answered(answer: Answer, context: InboundMessage | undefined): void {
    if (context !== undefined) {
      if (answer.kind === 'accepted') this.#apply(answer);
      this.#inbound?.answered(context, answer);
      this.#callCloseWhenDue();
    } else if (this.#state === state.checking || this.#state === state.abandoned) {
      this.#checked(answer);
    } else {
      this.#end();
    }
  }

  #checked(answer: Answer): void {
    switch (answer.kind) {
      case 'accepted':
        if (answer.identity !== undefined) this.#adopt(answer.identity);
        this.#cookie = answer.cookie === '' ? undefined : answer.cookie;
        this.#step(event['upstream.allowed']);
        this.#apply(answer);
        break;
      case 'refused':
        this.#step(event['upstream.refused']);
        break;
      case 'failed':
        this.#step(event['upstream.failed']);
        break;
      default:
        unreachable(answer);
    }
    // Refused, or nobody is there and nobody was told of it: no close call will end this actor.
    if (this.#state === state.closed && !this.#isCloseCallDue) this.#end();
  }

  /** What an answer says about cookie and channels; nothing once the connection has ended. */
  #apply(answer: AcceptedAnswer): void {
    if (answer.cookie !== undefined) this.#cookie = answer.cookie === '' ? undefined : answer.cookie;
    if (!this.#isOpen || (answer.join === undefined && answer.leave === undefined)) return;
    this.#member().apply(answer.leave, answer.join);
  }

  #member(): Membership {
    this.#membership ??= new Membership(this.#thread, this.actor);
    return this.#membership;
  }

  #heartbeat(): void {
    if (!this.#isOpen) return;
    const halfMs = this.#thread.settings.keepAliveMs / 2;
    const freshUntil = this.#heardAt + halfMs;
    if (this.#state === state['open.fresh'] && this.#thread.clock.now() < freshUntil) {
      this.#thread.heartbeats.schedule(this, freshUntil);
      return;
    }
    this.#step(event['clock.heartbeatDue']);
    if (this.#state === state['open.suspect']) this.#thread.heartbeats.schedule(this, freshUntil + halfMs);
  }

  #step(eventCode: number): void {
    const from = this.#state;
    const cell = chart.step(from, eventCode);
    const to = chart.next[cell] as number;
    this.#state = to;
    const {observer} = this.#thread.observation;
    if (observer !== undefined) observer.transition('connection', this.identity, 0, from, eventCode, to);
    for (const effectCode of chart.effects[cell] as readonly number[]) this.#carryOut(effectCode);
  }

  #carryOut(effectCode: number): void {
    const {counters, settings, scheduler, heartbeats} = this.#thread;
    switch (effectCode) {
      case effect.admit:
        this.#admit();
        return;
      case effect.refuse:
        counters.handshakesRefused++;
        this.link.refuse(401);
        return;
      case effect.fail:
        counters.handshakesFailed++;
        this.link.refuse(503);
        return;
      case effect.ping:
        this.link.ping();
        heartbeats.schedule(this, scheduler.now + settings.keepAliveMs / 2);
        return;
      case effect.closeSilent:
        counters.heartbeatsMissed++;
        this.#close(closeReasons.silent);
        return;
      case effect.closeOverrun:
        counters.connectionsOverrun++;
        this.#close(closeReasons.overrun);
        return;
      case effect.closeTakenOver:
        counters.connectionsTakenOver++;
        this.#close(closeReasons.takenOver);
        return;
      case effect.closeStopping:
        this.#close(closeReasons.stopping);
        return;
      case effect.cleanUp:
        this.#cleanUp();
        return;
      case effect.callClose:
        this.#drainTimer?.cancel();
        this.#isCloseCallDue = true;
        this.#callCloseWhenDue();
        return;
      case effect.terminate:
        this.link.terminate();
    }
  }

  #admit(): void {
    const {connections, handshakes, counters, heartbeats, scheduler, settings} = this.#thread;
    handshakes.delete(this.actor);
    if (this.#claim > 0) this.#supersede();
    connections.add(this.identity, this.actor);
    counters.connectionsOpened++;
    this.#heardAt = scheduler.now;
    heartbeats.schedule(this, this.#heardAt + settings.keepAliveMs / 2);
    this.link.admit();
  }

  #adopt(identity: string): void {
    this.identity = identity;
    this.actor.name = identity;
    this.#claim = this.#thread.sequences.nextClaim();
  }

  // An identity that the business server gave has one connection: the latest, here and on every other thread.
  #supersede(): void {
    const {connections, outside} = this.#thread;
    const older = connections.find(this.identity);
    if (older !== undefined) {
      connections.remove(this.identity, older);
      older.tell({kind: 'identityTaken', claim: this.#claim});
    }
    outside.identityClaimed(this.identity, this.#claim);
  }

  #close(reason: CloseReason): void {
    this.link.close(reason.code, reason.text);
    this.#drainTimer = this.#thread.clock.startTimer(drainMs, () => this.actor.tell({kind: 'drainDue'}));
  }

  #cleanUp(): void {
    const {connections, handshakes, heartbeats, counters} = this.#thread;
    const wasHandshake = handshakes.delete(this.actor);
    if (!wasHandshake) counters.connectionsClosed++;
    connections.remove(this.identity, this.actor);
    heartbeats.cancel(this);
    this.#membership?.leaveAll();
    this.#outbound?.close();
    this.#inbound?.close();
  }

  /** Makes the close call once the calls before it have been answered; at shutdown at once. */
  #callCloseWhenDue(): void {
    if (!this.#isCloseCallDue) return;
    if (!this.#thread.isStopping && (this.#inbound?.callCount ?? 0) > 0) return;
    this.#isCloseCallDue = false;
    this.#tellUpstream(this.#closeCall());
  }

  #closeCall(): Call {
    return {kind: 'close', call: this.#thread.sequences.nextCall(), identity: this.identity, cookie: this.#cookie};
  }

  #end(): void {
    if (this.actor.isStopped) return;
    this.#thread.alive.delete(this.actor);
    this.actor.stop();
  }
}
