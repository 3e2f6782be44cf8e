// The sending half of a client's connection (machines/sending-half.ts), with a window, retries, and requests for signs of
// life. The "publication" of a message is its `send()`. Made for each connection, since a connection is a session of its
// own: by the outbox, and by `rainbow connect`.

import type {Clock, Timer} from '../core/clock.ts';
import {SendingHalf, sendingCharts} from '../machines/sending-half.ts';
import type {Step} from '../machines/step.ts';
import type {OutboundQos2Event} from '../machines/steps.ts';
import {emptyBytes, type Packet} from '../protocol/packet.ts';
import type {Link} from './connection.ts';
import type {Flow, Sendable} from './flow.ts';

/** Reports on messages. */
export interface SenderOwner<Message> {
  /** The gateway has read it. */
  received(message: Message): void;
  /** The business server has it, and this is its answer. */
  answered(message: Message, reply: Uint8Array): void;
  /** The connection ended before the answer. */
  lost(message: Message): void;
  /** There may be room for another message. */
  released(): void;
  /** Calls `run` when everything reported so far is in the store. */
  whenStored(run: () => void): void;
}

/** What the sending half reports to its connection. */
export interface SenderHost {
  /** Whether to ask when the gateway has read a message. */
  readonly isTracking: boolean;
  /** A message was not answered in time: is the gateway there? */
  doubt(): void;
  /** Nothing but messages that will never be answered is left, as many as may be. */
  clogged(): void;
}

/** Retries come after 1, 2, 4 and then each 8 intervals: a business server that is down has enough to bear. */
const doublingsMax = 3;
// Ids that no message has: their REL is answered with COM, as every REL is, by the original as well. [RB-24] One is a
// heartbeat and may be repeated; the other, sent once at a time, shows that everything before it has been read.
const lifeId = 65_535;
const readId = 0;

export class Sender<Message extends Sendable> extends SendingHalf<Flow<Message>> {
  readonly #link: Link;
  readonly #settings: SenderSettings;
  readonly #owner: SenderOwner<Message>;
  readonly #host: SenderHost;
  /** Flows whose time is up: not sent again, but the gateway may hold their ids. [RB-06] [RB-18] */
  #overdue = 0;
  #retryTimer: Timer | undefined;
  /** Messages transmitted so far, and how many of them the answer to `readId` will cover, while one is awaited. */
  #transmitted = 0;
  #covered: number | undefined;
  #isClosed = false;

  constructor(link: Link, settings: SenderSettings, owner: SenderOwner<Message>, host: SenderHost) {
    super();
    this.#link = link;
    this.#settings = settings;
    this.#owner = owner;
    this.#host = host;
  }

  /** Whether another message may go, besides `others` that are about to. [RB-47] */
  hasRoom(others: number): boolean {
    const {window} = this.#settings;
    return this.#active + others < window && this.#overdue < window && !this.isCongested;
  }

  get isCongested(): boolean {
    return this.#link.bufferedBytes > this.#settings.sendBufferBytesMax;
  }

  /** Sends a message of QoS 0, of which nothing more will be heard. */
  sendLoosely({type, payload}: Message): void {
    this.send({kind: 'send', qos: 0, isDup: false, type, id: 0, payload});
  }

  /** Begins the flow of a message. */
  begin(message: Message): void {
    const place = ++this.#transmitted;
    const chart = sendingCharts[message.qos];
    const flow: Flow<Message> = {
      message,
      chart,
      state: 'queued',
      id: 0,
      reply: emptyBytes,
      place,
      copies: 0,
      sentAt: 0,
    };
    message.flow = flow;
    this.step(flow, 'window.opened');
    if (this.#host.isTracking && this.#covered === undefined) this.#askWhetherRead();
  }

  /** Asks for a sign of life. */
  askSign(): void {
    this.send({kind: 'rel', id: lifeId});
  }

  override complete(id: number): void {
    if (id === readId) this.#hasRead();
    else super.complete(id);
  }

  /** The message is given up: it is not sent again, and its id stays taken. */
  giveUp({flow}: Message): void {
    if (flow !== undefined) this.step(flow, 'publication.timedOut');
    this.#checkClogged();
  }

  override close(): void {
    this.#isClosed = true;
    this.#retryTimer?.cancel();
    super.close();
  }

  override send(packet: Packet, flow?: Flow<Message>): void {
    if (flow === undefined) {
      this.#link.send(packet);
      return;
    }
    flow.sentAt = this.#settings.clock.now();
    if (packet.kind === 'send') {
      flow.copies++;
      this.#link.send(packet);
      this.#awaitRetry();
    } else {
      // What the store still has could be sent again after the page is gone: it forgets first. [RB-17]
      this.#owner.whenStored(() => this.#link.send(packet));
    }
  }

  override note({state}: Flow<Message>, _event: OutboundQos2Event, [next]: Step<string, string>): void {
    if (next === 'overdue') this.#overdue++;
    else if (state === 'overdue') this.#overdue--;
  }

  override confirm({message, reply}: Flow<Message>): void {
    this.#owner.answered(message, reply);
  }

  override release(flow: Flow<Message>): void {
    super.release(flow);
    this.#checkClogged();
    this.#owner.released();
  }

  override lose({message}: Flow<Message>): void {
    this.#owner.lost(message);
  }

  override probe(): void {
    this.#host.doubt();
  }

  get #active(): number {
    return this.flows.size - this.#overdue;
  }

  #awaitRetry(): void {
    if (this.#retryTimer !== undefined || this.#isClosed) return;
    const {clock, retryIntervalMs} = this.#settings;
    this.#retryTimer = clock.startTimer(retryIntervalMs / 2, () => {
      this.#retryTimer = undefined;
      const now = clock.now();
      // A second copy is of no use while the gateway does not read.
      if (!this.isCongested) {
        for (const flow of [...this.flows.values()]) {
          const intervalMs = retryIntervalMs * 2 ** Math.min(flow.copies - 1, doublingsMax);
          if (now - flow.sentAt >= intervalMs) this.step(flow, 'clock.retryDue');
        }
      }
      if (this.#active > 0) this.#awaitRetry();
    });
  }

  #askWhetherRead(): void {
    this.#covered = this.#transmitted;
    this.send({kind: 'rel', id: readId});
  }

  #hasRead(): void {
    const covered = this.#covered;
    this.#covered = undefined;
    if (covered === undefined || !this.#host.isTracking) return;
    let isMore = false;
    for (const {place, message} of this.flows.values()) {
      if (place <= covered) this.#owner.received(message);
      else isMore = true;
    }
    if (isMore) this.#askWhetherRead();
  }

  #checkClogged(): void {
    if (this.#overdue >= this.#settings.window && this.#active === 0) this.#host.clogged();
  }
}

interface SenderSettings {
  readonly clock: Clock;
  readonly window: number;
  readonly retryIntervalMs: number;
  readonly sendBufferBytesMax: number;
}
