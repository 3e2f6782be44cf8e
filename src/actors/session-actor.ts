// One session: a client as the rest of the gateway sees it. Passes messages to its parts: its life runs the session
// chart, its sending and its receiving half run the charts of the messages, its backend client makes the calls. A
// connection carries it (front.ts), and it knows no wire format. It ends with its connection: sessions of `rainbow.v2` are
// in v2-session.ts. It lives until its calls are over; the outbox makes the close call. If it fails, this client is closed
// with 1011, and no other client is affected.

import type {CloseReason} from '../protocol/close-code.ts';
import type {Packet} from '../protocol/packet.ts';
import type {ActorRef, Behaviour, Cell} from '../runtime/actor.ts';
import type {AcceptedAnswer, Answer} from '../upstream/call.ts';
import {BackendClient} from './backend-client.ts';
import {traceBroadcasts} from './broadcast-trace.ts';
import type {Delivery} from './delivery.ts';
import {answerDropped} from './dropped-message.ts';
import type {Attachable, Front} from './front.ts';
import {Inbound} from './inbound.ts';
import type {InboundMessage} from './inbound-message.ts';
import {Membership, nowhere} from './membership.ts';
import type {SessionMessage} from './messages.ts';
import {Outbound} from './outbound.ts';
import type {BroadcastBatch} from './recipients.ts';
import {SessionLife, type SessionParts} from './session-life.ts';
import {receiveRights, renewRights} from './session-rights.ts';
import type {ShardContext} from './shard-context.ts';
import {answerStats} from './stats-answer.ts';
import type {StatsQuery} from './stats-query.ts';

/** Messages that may wait for one session. A front stops reading far below this. */
const mailboxBound = 131_072;

/**
 * Creates the session of a client that asks to connect through `front`; send it `start` next. `identity` is unique and
 * unguessable.
 */
export function spawnSession(context: ShardContext, front: Front, identity: string): ActorRef<SessionMessage> {
  return context.scheduler.spawn<SessionMessage>({
    name: identity,
    mailboxBound,
    supervisor: context.supervisors.sessions,
    create: (self) => new SessionActor(self, context, front, identity),
  });
}

class SessionActor implements Behaviour<SessionMessage>, Attachable, SessionParts {
  readonly front: Front;
  readonly backend: BackendClient;
  readonly #self: Cell<SessionMessage>;
  readonly #context: ShardContext;
  readonly #life: SessionLife;
  // Made when first needed: most connections of a large gateway are idle.
  #membership: Membership | undefined;
  #outbound: Outbound | undefined;
  #inbound: Inbound | undefined;

  constructor(self: Cell<SessionMessage>, context: ShardContext, front: Front, identity: string) {
    this.#self = self;
    this.#context = context;
    this.front = front;
    this.backend = new BackendClient(context, self, identity);
    this.#life = new SessionLife(self, context, this);
    front.carry(this.#life, self);
  }

  receive(message: SessionMessage): void {
    switch (message.kind) {
      case 'deliver':
        this.#deliver(message);
        return;
      case 'broadcast':
        this.#broadcast(message);
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
      case 'retryDue':
        if (this.#life.isAttached) this.#outbound?.retry(message.delivery);
        return;
      case 'timedOut':
        if (this.#life.isOpen) this.#outbound?.timeOut(message.delivery);
        return;
      case 'drained':
        if (this.#life.isAttached) this.#outbound?.pump();
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
    this.front.fail();
    this.dispose();
  }

  dispose(): void {
    this.#inbound?.abandon();
  }

  // A publication counts on each delivery to end.
  dropped(message: SessionMessage): void {
    if (message.kind === 'deliver') this.#lose(message);
    else if (message.kind === 'answered' && message.context === undefined) this.#life.answeredLate(message.answer);
    else answerDropped(message, this.#context);
  }

  get callCount(): number {
    return this.#inbound?.callCount ?? 0;
  }

  enter({leave, join}: AcceptedAnswer): void {
    if (leave !== undefined || join !== undefined) this.#member().apply(leave, join);
  }

  cleanUp(): void {
    this.backend.endRights();
    this.#membership?.leaveAll();
    this.#outbound?.close();
    this.#inbound?.close();
  }

  #receiveRare(message: RareMessage): void {
    switch (message.kind) {
      case 'start':
        this.backend.connect(message.headers, message.client);
        return;
      case 'survey':
        this.#answerStats(message.stats);
        return;
      case 'stopping':
        this.#inbound?.dropQueue();
        this.front.end('stopping');
        // One that had ended before may still wait for its calls to be answered; the time for that is over.
        this.#life.settle();
        return;
      case 'identityTaken':
        if (message.fencingToken > this.backend.fencingToken) this.front.end('replaced');
        message.done();
        return;
      case 'identitySettled':
        this.front.answered('settled');
        return;
      case 'closeAwaited':
        this.#life.closeAwaited();
        return;
      case 'subscribe':
        message.reply(
          this.#life.isOpen ? this.#member().subscribe(message.channel, message.occupy, message.terms) : nowhere,
        );
        return;
      case 'unsubscribe':
        this.#membership?.leave(message.channel);
        message.reply('done');
        return;
      case 'disconnect':
        message.done(this.#life.isAdmitted);
        if (this.#life.isAdmitted) this.front.end('disconnected', message.farewell);
        return;
      case 'permit':
      case 'refreshDue':
        receiveRights(this, this.#life.isOpen, message);
        return;
      case 'evicted':
        this.#membership?.evicted(message.channel, message.ticket);
        return;
      default:
        this.front.receive(message);
    }
  }

  expire({code, text}: CloseReason): void {
    this.front.end('expired', {code, reason: text});
  }

  #sender(): Outbound {
    this.#outbound ??= new Outbound(this.#context, this.backend, this);
    return this.#outbound;
  }

  #receiver(): Inbound {
    this.#inbound ??= new Inbound(this.#context, this.backend, this);
    return this.#inbound;
  }

  #member(): Membership {
    this.#membership ??= new Membership(this.#context, this.#self, this.backend);
    return this.#membership;
  }

  /** Notes a sign of life; whether what came may be applied. [RB-54] [RB-57] */
  #hear(): boolean {
    this.#context.counters.packetsIn++;
    if (!this.#life.isAttached) return false;
    this.front.alive();
    return this.#life.isAttached;
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
    this.#context.observation.observer?.delivery('gone', this.backend, delivery.publication);
    delivery.publication.end(delivery);
  }

  #broadcast(batch: BroadcastBatch): void {
    const {broadcasts} = batch;
    const front = this.#life.isAttached ? this.front : undefined;
    const sent = front === undefined ? 0 : front.broadcast(batch);
    if (sent < broadcasts.length) this.#context.counters.framesDropped += broadcasts.length - sent;
    const {observer} = this.#context.observation;
    if (observer !== undefined) traceBroadcasts(observer, this.backend, broadcasts, sent, this.#life.isOpen);
  }

  #answerStats(stats: StatsQuery): void {
    const {backend: subject, front} = this;
    const [membership, outbound, inbound] = [this.#membership, this.#outbound, this.#inbound];
    const {enteredAt} = this.#life;
    answerStats(stats, {subject, enteredAt, front, membership, outbound, inbound});
  }

  #answered(answer: Answer, context: InboundMessage | undefined): void {
    const kind = context === undefined ? 'connect' : 'message';
    this.#context.observation.observer?.callAnswered(this.backend, context, kind, answer);
    if (context === undefined) {
      if (this.#life.isAsking) this.#life.answered(answer);
      else renewRights(this, this.#life.isOpen, answer);
      return;
    }
    // What the answer says about cookie and channels holds before the client hears of it.
    this.backend.answered(answer);
    if (answer.kind === 'accepted' && this.#life.isOpen) this.enter(answer);
    this.#inbound?.answered(context, answer);
    this.#life.settle();
  }
}

type RareMessage = Exclude<
  SessionMessage,
  Packet | Delivery | {readonly kind: 'broadcast' | 'retryDue' | 'timedOut' | 'drained' | 'answered'}
>;
