// The sending half of one connection: which messages are in flight, under which ids. Runs the chart of each
// (machines/outbound-delivery.ts, the gateway's own, from the other end: the "publication" is one `send()`) and carries
// its effects out. Made for each connection, since a connection is a session of its own: by the outbox, and by `rainbow connect`.

import type {Clock, Timer} from '../core/clock.ts';
import {unreachable} from '../core/invariant.ts';
import {
  type OutboundQos2Effect,
  type OutboundQos2Event,
  outboundQos1Steps,
  outboundQos2Steps,
} from '../machines/steps.ts';
import {messageIdMax, type ReplyPacket} from '../protocol/packet.ts';
import type {Link} from './connection.ts';
import {Flow, type Sendable} from './flow.ts';

/** What the sending half tells of. */
export interface SenderOwner<Message> {
  /** Asks who wants to know when the gateway has read a message. */
  readonly isTracking: boolean;
  /** The gateway has read it. */
  received(message: Message): void;
  /** The business server has it, and this is its answer. */
  answered(message: Message, reply: Uint8Array): void;
  /** The connection ended before the answer. */
  lost(message: Message): void;
  /** There may be room for another message. */
  released(): void;
  /** Calls `run` once everything told so far is in the store. */
  whenStored(run: () => void): void;
  /** A message was not answered in time: is the gateway there? */
  doubt(): void;
  /** Nothing but messages that will never be answered is left, as many as may be. */
  clogged(): void;
}

/** Retries come after 1, 2, 4 and then each 8 intervals: a business server that is down has enough to bear. */
const doublingsMax = 3;
// Ids that no message has: their REL is answered with COM, as every REL is, by the original as well. [RB-24] One asks for
// life and may be asked for again; the other, asked for once at a time, tells that all before it has been read.
const lifeId = 65_535;
const readId = 0;

export class Sender<Message extends Sendable> {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #owner: SenderOwner<Message>;
  readonly #window: number;
  readonly #retryIntervalMs: number;
  readonly #sendBufferBytesMax: number;
  /** By id, in the order of transmission. */
  readonly #flows = new Map<number, Flow<Message>>();
  /** Flows whose time is up: not sent again, but the gateway may hold their ids. [RB-06] [RB-18] */
  #overdue = 0;
  #lastId: number;
  #retryTimer: Timer | undefined;
  /** Messages transmitted so far, and how many of them the answer to `readId` will cover, while one is awaited. */
  #transmitted = 0;
  #covered: number | undefined;
  #isClosed = false;

  constructor(link: Link, settings: SenderSettings, owner: SenderOwner<Message>) {
    this.#link = link;
    this.#clock = settings.clock;
    this.#owner = owner;
    this.#window = settings.window;
    this.#retryIntervalMs = settings.retryIntervalMs;
    this.#sendBufferBytesMax = settings.sendBufferBytesMax;
    this.#lastId = settings.lastId;
  }

  /** The id given out last: the next connection goes on from there. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Whether another message may go, besides `others` that are about to. [RB-47] */
  hasRoom(others: number): boolean {
    return this.#active + others < this.#window && this.#overdue < this.#window && !this.isCongested;
  }

  get isCongested(): boolean {
    return this.#link.bufferedBytes > this.#sendBufferBytesMax;
  }

  /** Sends a message of QoS 0, of which nothing more will be heard. */
  sendLoosely({type, payload}: Message): void {
    this.#link.send({kind: 'send', qos: 0, isDup: false, type, id: 0, payload});
  }

  /** Begins the flow of a message. */
  transmit(message: Message): void {
    const flow = new Flow<Message>(message, this.#nextId());
    message.flow = flow;
    this.#step(flow, 'window.opened');
    if (this.#owner.isTracking && this.#covered === undefined) this.#askWhetherRead();
  }

  /** Asks for a sign of life. */
  askSign(): void {
    this.#sendRel(lifeId);
  }

  /** An ACK or REC came. */
  acknowledge({kind, id, reply}: ReplyPacket): void {
    const flow = this.#flows.get(id);
    if (flow !== undefined) {
      flow.reply = reply;
      this.#step(flow, kind === 'ack' ? 'wire.ack' : 'wire.rec');
    } else if (kind === 'rec') {
      // The gateway holds an id that is forgotten here: the REL lets it go. [RB-19]
      this.#link.send({kind: 'rel', id});
    }
  }

  /** A COM came. */
  complete(id: number): void {
    const flow = this.#flows.get(id);
    if (flow !== undefined) this.#step(flow, 'wire.com');
    else if (id === readId) this.#hasRead();
  }

  /** The message is given up: it is not sent again, and its id stays taken. */
  giveUp({flow}: Message): void {
    if (flow !== undefined) this.#step(flow, 'publication.timedOut');
    this.#checkClogged();
  }

  /** The connection has ended. Messages are told lost in the order in which they were transmitted. [RB-37] */
  close(): void {
    this.#isClosed = true;
    this.#retryTimer?.cancel();
    for (const flow of this.#flows.values()) this.#step(flow, 'socket.closed');
    this.#flows.clear();
  }

  get #active(): number {
    return this.#flows.size - this.#overdue;
  }

  #step(flow: Flow<Message>, event: OutboundQos2Event): void {
    const steps: Steps = flow.message.qos === 1 ? outboundQos1Steps : outboundQos2Steps;
    const step = steps[flow.state]?.[event];
    if (step === undefined) return;
    const [state, ...effects] = step;
    if (state !== flow.state) this.#overdue += Number(state === 'overdue') - Number(flow.state === 'overdue');
    flow.state = state;
    for (const effect of effects) this.#carryOut(effect, flow);
  }

  #carryOut(effect: OutboundQos2Effect, flow: Flow<Message>): void {
    const {message, id} = flow;
    switch (effect) {
      case 'transmit':
        this.#flows.set(id, flow);
        flow.place = ++this.#transmitted;
        this.#sendMessage(flow, false);
        return;
      case 'retransmit':
        this.#sendMessage(flow, true);
        return;
      case 'sendRel':
        // What the store still has could be sent again after the page is gone: it forgets first. [RB-17]
        flow.sentAt = this.#clock.now();
        this.#owner.whenStored(() => this.#sendRel(id));
        return;
      case 'resendRel':
        flow.sentAt = this.#clock.now();
        this.#sendRel(id);
        return;
      case 'confirm':
        this.#owner.answered(message, flow.reply);
        return;
      case 'release':
        this.#flows.delete(id);
        this.#checkClogged();
        this.#owner.released();
        return;
      case 'lose':
        this.#owner.lost(message);
        return;
      case 'expire':
        // A message that waits is not here yet: the outbox gives it up.
        return;
      case 'probe':
        this.#owner.doubt();
        return;
      default:
        unreachable(effect);
    }
  }

  #sendMessage(flow: Flow<Message>, isDup: boolean): void {
    const {message, id} = flow;
    const {type, payload} = message;
    flow.sentAt = this.#clock.now();
    flow.copies++;
    this.#link.send({kind: 'send', qos: message.qos, isDup, type, id, payload});
    this.#awaitRetry();
  }

  #sendRel(id: number): void {
    this.#link.send({kind: 'rel', id});
  }

  #awaitRetry(): void {
    if (this.#retryTimer !== undefined || this.#isClosed) return;
    this.#retryTimer = this.#clock.startTimer(this.#retryIntervalMs / 2, () => {
      this.#retryTimer = undefined;
      const now = this.#clock.now();
      // Another copy behind the first would tell a gateway that does not read nothing new.
      if (!this.isCongested) {
        for (const flow of [...this.#flows.values()]) {
          const intervalMs = this.#retryIntervalMs * 2 ** Math.min(flow.copies - 1, doublingsMax);
          if (now - flow.sentAt >= intervalMs) this.#step(flow, 'clock.retryDue');
        }
      }
      if (this.#active > 0) this.#awaitRetry();
    });
  }

  // In turn, and never one in flight: a late answer to a repeated SEND meets its id long before it is given out again.
  // See "Quiet ids" in docs/proof.md. [RB-03] [RB-04]
  #nextId(): number {
    do this.#lastId = this.#lastId >= messageIdMax ? 1 : this.#lastId + 1;
    while (this.#flows.has(this.#lastId));
    return this.#lastId;
  }

  #askWhetherRead(): void {
    this.#covered = this.#transmitted;
    this.#sendRel(readId);
  }

  #hasRead(): void {
    const covered = this.#covered;
    this.#covered = undefined;
    if (covered === undefined || !this.#owner.isTracking) return;
    let isMore = false;
    for (const {place, message} of this.#flows.values()) {
      if (place <= covered) this.#owner.received(message);
      else isMore = true;
    }
    if (isMore) this.#askWhetherRead();
  }

  #checkClogged(): void {
    if (this.#overdue >= this.#window && this.#active === 0) this.#owner.clogged();
  }
}

interface SenderSettings {
  readonly clock: Clock;
  readonly window: number;
  readonly retryIntervalMs: number;
  readonly sendBufferBytesMax: number;
  readonly lastId: number;
}

/** Either chart's steps, states by name. */
type Steps = Readonly<
  Record<string, Readonly<Partial<Record<OutboundQos2Event, readonly [string, ...OutboundQos2Effect[]]>>>>
>;
