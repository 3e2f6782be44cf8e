// One session of `rainbow.v2`, as the rest of the gateway sees it: like that of a legacy client (session-actor.ts), and it
// outlives its connection. Passes messages to its parts, which v2-session-core.ts puts together. A connection carries it
// (front-v2.ts), or none while it is detached. If it fails, its client is closed with 1011, and no other client is affected.

import type {CloseReason} from '../protocol/close-code.ts';
import type {Farewell} from '../protocol/farewell.ts';
import type {ActorRef, Behaviour} from '../runtime/actor.ts';
import type {Answer} from '../upstream/call.ts';
import type {Delivery} from './delivery.ts';
import {answerDropped} from './dropped-message.ts';
import type {FrontV2, V2FrontMessage} from './front-v2.ts';
import type {InboundMessage} from './inbound-message.ts';
import {nowhere} from './membership.ts';
import type {V2SessionMessage} from './messages-v2.ts';
import type {BroadcastBatch} from './recipients.ts';
import {receiveRights, renewRights} from './session-rights.ts';
import type {ShardContext} from './shard-context.ts';
import {answerStats} from './stats-answer.ts';
import {isOfClient} from './v2-opening.ts';
import {V2SessionCore} from './v2-session-core.ts';

const mailboxBound = 131_072;

/**
 * Creates what a connection of `rainbow.v2` begins with; send it `start` next. `claimed`: the name of the session that its
 * URL says it returns to.
 */
export function spawnV2Session(
  context: ShardContext,
  front: FrontV2,
  identity: string,
  claimed: string | undefined,
): ActorRef<V2SessionMessage> {
  return context.scheduler.spawn<V2SessionMessage>({
    name: identity,
    mailboxBound,
    supervisor: context.supervisors.sessions,
    create: (self) => new V2Session(self, context, front, identity, claimed),
  });
}

class V2Session extends V2SessionCore implements Behaviour<V2SessionMessage> {
  receive(message: V2SessionMessage): void {
    switch (message.kind) {
      case 'deliver':
        if (this.life.isOpen) this.sender().accept(message);
        else this.#lose(message);
        return;
      case 'broadcast':
        this.#broadcast(message);
        return;
      case 'ack':
      case 'rec':
        if (this.#hear(message)) this.sender().acknowledge(message.kind, message.id, message.reply);
        return;
      case 'com':
        if (this.#hear(message)) this.sender().complete(message.id);
        return;
      case 'fail':
        if (this.#hear(message)) this.sender().failed(message.id);
        return;
      case 'send':
        if (this.#hear(message)) this.receiver().receive(message);
        return;
      case 'rel':
        if (this.#hear(message)) this.receiver().release(message.id);
        return;
      case 'join':
      case 'leave':
        if (this.#hear(message)) this.receiver().change(message);
        return;
      case 'cancel':
        if (this.#hear(message)) this.receiver().cancel(message.id);
        return;
      case 'ping':
      case 'pong':
      case 'bye':
      case 'opened':
        if (this.#hear(message)) this.front?.receive(message);
        return;
      case 'open':
        // A second one is as any other packet that may not come.
        if (this.life.isCandidate && !this.opening.hasBegun) this.front?.receive(message);
        else if (this.#hear(message)) this.front?.end('protocolError');
        return;
      case 'retryDue':
      case 'timedOut':
        // Nothing is sent again but after a resume, and no time but `ttl` takes a message from a session. [RB-36]
        return;
      case 'drained':
        if (this.life.isAttached) this.outbound?.pump();
        return;
      case 'answered':
        this.#answered(message.answer, message.context);
        return;
      case 'concluded':
        this.inbound?.concluded(message.message);
        this.life.settle();
        return;
      default:
        this.#receiveRare(message);
    }
  }

  failed(): void {
    this.front?.fail();
    this.front = undefined;
    this.life.crash();
    this.dispose();
  }

  dispose(): void {
    this.inbound?.abandon();
  }

  // A publication counts on each delivery to end, a caller on an answer, a client that comes back on its packets.
  dropped(message: V2SessionMessage): void {
    if (message.kind === 'deliver') this.#lose(message);
    else if (message.kind === 'resume') message.handover.decline();
    else if (message.kind === 'answered') {
      if (message.context === undefined) this.life.answeredLate(message.answer);
    } else if (isOfClient(message)) this.opening.keep(message);
    else answerDropped(message, this.context);
  }

  #receiveRare(message: RareMessage): void {
    switch (message.kind) {
      case 'start':
        this.start(message.headers, message.client);
        return;
      case 'resume':
        this.takeConnection(message.handover);
        return;
      case 'declined':
        this.opening.declined();
        return;
      case 'returning':
        this.returning(message.by);
        return;
      case 'expiryDue':
        this.#expire();
        return;
      case 'superseded':
        this.endWith(message.reason === 'client' ? 'ended' : 'replaced', message.reason);
        return;
      case 'survey': {
        const {backend: subject, front, membership, outbound, inbound} = this;
        answerStats(message.stats, {subject, enteredAt: this.life.enteredAt, front, membership, outbound, inbound});
        return;
      }
      case 'stopping':
        this.inbound?.dropQueue();
        this.endWith('stopping', 'shutdown');
        this.life.settle();
        return;
      case 'disconnect':
        message.done(this.#disconnect(message.farewell));
        return;
      case 'identityTaken':
        if (message.fencingToken > this.backend.fencingToken) this.endWith('replaced', 'replaced');
        message.done();
        return;
      case 'identitySettled':
        this.opening.settled();
        return;
      case 'closeAwaited':
        this.life.closeAwaited();
        return;
      case 'permit':
      case 'refreshDue':
        receiveRights(this, this.life.isOpen, message);
        return;
      case 'subscribe': {
        const {channel, occupy, terms} = message;
        message.reply(this.life.isOpen ? this.member().subscribe(channel, occupy, terms) : nowhere);
        return;
      }
      case 'unsubscribe':
        this.membership?.leave(message.channel);
        message.reply('done');
        return;
      case 'evicted':
        this.membership?.evicted(message.channel, message.ticket);
        return;
      default:
        this.front?.receive(message);
    }
  }

  protected apply(messages: readonly V2FrontMessage[]): void {
    for (const message of messages) this.receive(message);
  }

  /** Notes a sign of life; whether what came may be applied. [RB-54] [RB-57] */
  #hear(message: V2FrontMessage): boolean {
    const {front, life} = this;
    this.context.counters.packetsIn++;
    if (front === undefined) return false;
    if (life.isAttached) {
      front.alive();
      return life.isAttached;
    }
    if (!life.isCandidate) return false;
    if (!this.opening.hasBegun) front.end('protocolError');
    else if (!this.opening.keep(message)) front.end('overrun');
    return false;
  }

  #expire(): void {
    if (!this.isExpired) return;
    this.context.counters.sessionsExpired++;
    this.life.over('expired');
  }

  expire({code, text}: CloseReason): void {
    const {life, front} = this;
    life.over('expired');
    front?.end('expired', {code, reason: text});
  }

  #disconnect(farewell: Farewell): boolean {
    const {life, front} = this;
    const {isAdmitted} = life;
    if (isAdmitted) life.over('disconnected');
    if (isAdmitted) front?.end('disconnected', farewell);
    return isAdmitted;
  }

  #lose(delivery: Delivery): void {
    this.context.counters.deliveriesLost++;
    this.context.observation.observer?.delivery('gone', this.backend, delivery.publication);
    delivery.publication.end(delivery);
  }

  /** QoS 0 does not wait for a client that is away. */
  #broadcast(batch: BroadcastBatch): void {
    const {broadcasts} = batch;
    const front = this.life.isAttached ? this.front : undefined;
    const sent = front === undefined ? 0 : front.broadcast(batch);
    if (sent < broadcasts.length) this.context.counters.framesDropped += broadcasts.length - sent;
    const {observer} = this.context.observation;
    if (observer === undefined) return;
    for (const [place, broadcast] of broadcasts.entries()) {
      if (place < sent) observer.sent(this.backend, broadcast, 0, false);
      else observer.delivery(this.life.isOpen ? 'dropped' : 'gone', this.backend, broadcast);
    }
  }

  #answered(answer: Answer, context: InboundMessage | undefined): void {
    const kind = context === undefined ? 'connect' : 'message';
    this.context.observation.observer?.callAnswered(this.backend, context, kind, answer);
    if (context === undefined) {
      if (this.life.isAsking) this.life.answered(answer);
      else renewRights(this, this.life.isOpen, answer);
      if (this.life.isCandidate) this.opening.admitted();
      return;
    }
    // What the answer says about cookie and channels holds before the client hears of it.
    this.backend.answered(answer);
    if (answer.kind === 'accepted' && this.life.isOpen) this.enter(answer);
    this.inbound?.answered(context, answer);
    this.life.settle();
  }
}

type RareMessage =
  | Exclude<
      V2SessionMessage,
      Delivery | V2FrontMessage | {readonly kind: 'broadcast' | 'retryDue' | 'timedOut' | 'answered' | 'concluded'}
    >
  | Extract<
      V2FrontMessage,
      {
        readonly kind:
          | 'drainDue'
          | 'heard'
          | 'late'
          | 'closing'
          | 'broken'
          | 'socketClosed'
          | 'handshakeDue'
          | 'heartbeatDue'
          | 'openDue'
          | 'fault';
      }
    >;
