// One client connection: passes what comes to its parts. Its life runs the connection chart, its sending and its
// receiving half run the charts of the messages, its backend client makes the calls. Made by the edge when a client asks
// to connect; lives until its socket has gone and its calls are over; the close call is the outbox's. A failure of it closes this client with 1011 and harms nobody else.

import {unreachable} from '../core/invariant.ts';
import type {LateReason} from '../protocol/close-code.ts';
import type {Packet, PacketFault} from '../protocol/packet.ts';
import type {ActorRef, Behaviour, Cell} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import type {AcceptedAnswer, Answer} from '../upstream/call.ts';
import {BackendClient} from './backend-client.ts';
import {ConnectionLife, connectionEvent as event, type LifeOwner} from './connection-life.ts';
import type {Delivery} from './delivery.ts';
import {Inbound} from './inbound.ts';
import type {InboundMessage, InboundOwner} from './inbound-message.ts';
import {lifeEvent} from './life-event.ts';
import type {Link} from './link.ts';
import {Membership, nowhere} from './membership.ts';
import type {ConnectionMessage} from './messages.ts';
import {Outbound, type OutboundOwner} from './outbound.ts';
import type {Broadcast} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';
import {answerStats} from './stats-answer.ts';
import type {StatsQuery} from './stats-query.ts';

/** Messages that may wait for one connection. The link stops reading far below this. */
const mailboxBound = 131_072;
/**
 * What may lie unread is the buffer's bound and the one message that passed it. A client that lets the answers to it pile
 * up to this many times that has outrun the gateway.
 */
const unreadFactor = 4;

/** Makes the actor of a client that asks to connect; tell it `start` next. `identity` is unique and unguessable. */
export function spawnConnection(context: ShardContext, link: Link, identity: string): ActorRef<ConnectionMessage> {
  return context.scheduler.spawn<ConnectionMessage>({
    name: identity,
    mailboxBound,
    supervisor: context.supervisors.connections,
    create: (self) => new ConnectionActor(self, context, link, identity),
  });
}

class ConnectionActor implements Behaviour<ConnectionMessage>, LifeOwner, OutboundOwner, InboundOwner {
  readonly link: Link;
  readonly #self: Cell<ConnectionMessage>;
  readonly #context: ShardContext;
  readonly #line: BackendClient;
  readonly #life: ConnectionLife;
  // Made when first needed: most connections of a large gateway are idle.
  #membership: Membership | undefined;
  #outbound: Outbound | undefined;
  #inbound: Inbound | undefined;

  constructor(self: Cell<ConnectionMessage>, context: ShardContext, link: Link, identity: string) {
    this.#self = self;
    this.#context = context;
    this.link = link;
    this.#line = new BackendClient(context, self, identity);
    this.#life = new ConnectionLife(self, context, link, this.#line, this);
  }

  receive(message: ConnectionMessage): void {
    switch (message.kind) {
      case 'deliver':
        this.#deliver(message);
        return;
      case 'broadcast':
        this.#broadcast(message.broadcasts);
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
      case 'heard':
      case 'fault':
        if (!this.#hear()) return;
        if (message.kind === 'fault') this.#context.counters.packetsFaulty++;
        this.#context.observation.observer?.received(this.#line, undefined, message);
        return;
      case 'retryDue':
        if (this.#life.isOpen) this.#outbound?.retry(message.delivery);
        return;
      case 'timedOut':
        if (this.#life.isOpen) this.#outbound?.timeOut(message.delivery);
        return;
      case 'drained':
        if (this.#life.isOpen) this.#outbound?.pump();
        return;
      case 'answered':
        this.#answered(message.answer, message.context);
        return;
      default:
        this.#receiveRare(message);
    }
  }

  failed(): void {
    this.#life.crash();
    this.dispose();
  }

  dispose(): void {
    this.#inbound?.abandon();
  }

  // A publication counts on each delivery to end, a caller on an answer.
  dropped(message: ConnectionMessage): void {
    if (message.kind === 'deliver') this.#lose(message);
    else if (message.kind === 'survey') message.stats.skip();
    else if (message.kind === 'subscribe') message.reply(nowhere);
    else if (message.kind === 'unsubscribe') message.reply('done');
    else if (message.kind === 'identityTaken') this.#context.closes.later(message.done);
    else if (message.kind === 'answered' && message.context === undefined) this.#life.answeredLate(message.answer);
  }

  get subject(): Subject {
    return this.#line;
  }

  get callCount(): number {
    return this.#inbound?.callCount ?? 0;
  }

  enter({leave, join}: AcceptedAnswer): void {
    if (leave !== undefined || join !== undefined) this.#member().apply(leave, join);
  }

  cleanUp(): void {
    this.#membership?.leaveAll();
    this.#outbound?.close();
    this.#inbound?.close();
  }

  probe(): void {
    this.#life.step(event['delivery.unanswered']);
  }

  late(reason: LateReason): void {
    this.#life.late(reason);
  }

  overrun(): void {
    this.#life.step(event['client.overran']);
  }

  call(message: InboundMessage): void {
    this.#line.forward(message);
  }

  #receiveRare(message: RareMessage): void {
    switch (message.kind) {
      case 'start':
        this.#line.connect(message.headers);
        return;
      case 'late':
        if (this.#life.isOpen) this.#life.late(message.reason);
        return;
      case 'handshakeDue':
      case 'closing':
      case 'broken':
      case 'socketClosed':
      case 'drainDue':
      case 'closeAwaited':
      case 'identitySettled':
        this.#life.step(lifeEvent[message.kind]);
        return;
      case 'heartbeatDue':
        this.#life.heartbeat();
        return;
      case 'survey':
        this.#answerSurvey(message.stats);
        return;
      case 'stopping':
        this.#inbound?.dropQueue();
        this.#life.step(event['gateway.stopping']);
        // One that had ended before may still wait for its calls to be answered; the time for that is over.
        this.#life.callCloseIfDue();
        return;
      case 'identityTaken':
        if (message.fencingToken > this.#line.fencingToken) this.#life.step(event['identity.taken']);
        message.done();
        return;
      case 'subscribe':
        message.reply(this.#life.isOpen ? this.#member().subscribe(message.channel, message.occupy) : nowhere);
        return;
      case 'unsubscribe':
        this.#membership?.leave(message.channel);
        message.reply('done');
        return;
      case 'evicted':
        this.#membership?.evicted(message.channel, message.ticket);
        return;
      default:
        unreachable(message);
    }
  }

  #sender(): Outbound {
    this.#outbound ??= new Outbound(this.#context, this);
    return this.#outbound;
  }

  #receiver(): Inbound {
    this.#inbound ??= new Inbound(this.#context, this);
    return this.#inbound;
  }

  #member(): Membership {
    this.#membership ??= new Membership(this.#context, this.#self, this.#line);
    return this.#membership;
  }

  /** Notes a sign of life; whether what came may be applied. [RB-54] [RB-57] */
  #hear(): boolean {
    this.#context.counters.packetsIn++;
    if (!this.#life.isOpen) return false;
    this.#life.hear();
    const {sendBufferBytesMax, payloadBytesMax} = this.#context.settings;
    if (this.link.bufferedBytes > unreadFactor * (sendBufferBytesMax + payloadBytesMax)) this.overrun();
    return this.#life.isOpen;
  }

  #deliver(delivery: Delivery): void {
    if (this.#life.isOpen) {
      this.#sender().accept(delivery);
      return;
    }
    this.#lose(delivery);
  }

  #lose(delivery: Delivery): void {
    this.#context.counters.deliveriesLost++;
    this.#context.observation.observer?.delivery('gone', this.#line, delivery.publication);
    delivery.publication.end(delivery);
  }

  #broadcast(broadcasts: readonly Broadcast[]): void {
    const {observer} = this.#context.observation;
    const {sendBufferBytesMax} = this.#context.settings;
    for (const {frame, story} of broadcasts) {
      if (this.#life.isOpen && this.link.bufferedBytes <= sendBufferBytesMax) {
        // One that was published before anybody watched has no story.
        if (story !== undefined) observer?.sentShared(this.#line, story, frame);
        else observer?.sent(this.#line, undefined, frame);
        this.link.send(frame);
        continue;
      }
      this.#context.counters.framesDropped++;
      observer?.delivery(this.#life.isOpen ? 'dropped' : 'gone', this.#line, story);
    }
  }

  #answerSurvey(stats: StatsQuery): void {
    const [line, life, link] = [this.#line, this.#life, this.link];
    const [membership, outbound, inbound] = [this.#membership, this.#outbound, this.#inbound];
    answerStats(stats, {line, life, link, membership, outbound, inbound});
  }

  #answered(answer: Answer, context: InboundMessage | undefined): void {
    const kind = context === undefined ? 'connect' : 'message';
    this.#context.observation.observer?.callAnswered(this.#line, context, kind, answer);
    if (context === undefined) {
      this.#life.answered(answer);
      return;
    }
    this.#line.learn(answer);
    // What the answer says about cookie and channels holds before the client hears of it.
    if (answer.kind === 'accepted') {
      this.#line.remember(answer.cookie);
      if (this.#life.isOpen) this.enter(answer);
    }
    this.#inbound?.answered(context, answer);
    this.#life.callCloseIfDue();
  }
}

type RareMessage = Exclude<
  ConnectionMessage,
  | Packet
  | PacketFault
  | Delivery
  | {readonly kind: 'broadcast' | 'heard' | 'retryDue' | 'timedOut' | 'drained' | 'answered'}
>;
