// The flows of one connection of `rainbow connect` or `rainbow bench`: the two halves of the client SDK, with every packet
// shown to its owner.

import type {Sendable} from '../client/flow.ts';
import {Receiver} from '../client/receiver.ts';
import {Sender} from '../client/sender.ts';
import type {Clock} from '../core/clock.ts';
import {emptyBytes, generatePacket, type Packet, parsePacket, type Qos} from '../protocol/packet.ts';

/** Messages unanswered at a time; the gateway's own default, behind which it would close. */
const window = 1_000;

/** Receives packets and events; `note` adds what the packet does not show. */
export interface FlowsOwner {
  send(bytes: Uint8Array, packet: Packet): void;
  received(packet: Packet, note: PacketNote): void;
  /** A binary message that is no packet. */
  unreadable(bytes: Uint8Array): void;
}

/** How to be a client. */
interface FlowsOptions {
  /** The bytes in every ACK and REC. @default none */
  readonly reply?: Uint8Array;
  /** The first repeat of an unanswered SEND or REL comes after this long. @default 3 s */
  readonly retryIntervalMs?: number;
}

/** See {@link FlowsOwner}. */
export interface PacketNote {
  /** Of an ACK or REC: the message that it answers for the first time, and how long that took. */
  readonly answers?: {readonly type: number; readonly tookMs: number};
  /** Of a SEND: received before, and not to be used again. */
  readonly isRepeat?: true;
}

/** A message of ours at QoS 1 or 2. */
interface Sent extends Sendable {
  readonly begunAt: number;
  /** Called with whether it was answered. */
  readonly settle: (isAnswered: boolean) => void;
}

/** The flows of one connection, both ways. */
export class ClientFlows {
  readonly #clock: Clock;
  readonly #owner: FlowsOwner;
  readonly #sender: Sender<Sent>;
  readonly #receiver: Receiver;
  /** Flows that have not ended. */
  #open = 0;
  #unanswered = 0;
  #onEnd: (() => void) | undefined;
  /** What the packet that is being taken leads to; it is shown after that packet. */
  #held: Packet[] | undefined;
  #answers: PacketNote['answers'];
  #isHandled = false;

  constructor(clock: Clock, owner: FlowsOwner, {reply = emptyBytes, retryIntervalMs = 3_000}: FlowsOptions = {}) {
    this.#clock = clock;
    this.#owner = owner;
    const link = {bufferedBytes: 0, send: (packet: Packet) => this.#send(packet)};
    const unlimited = Number.POSITIVE_INFINITY;
    this.#sender = new Sender<Sent>(
      link,
      {clock, window, retryIntervalMs, sendBufferBytesMax: unlimited},
      {
        received: () => {},
        answered: (message) => this.#answered(message),
        lost: ({settle}) => settle(false),
        released: () => this.#ended(),
        whenStored: (run) => run(),
      },
      {isTracking: false, doubt: () => {}, clogged: () => {}},
    );
    this.#receiver = new Receiver(
      link,
      {clock, unorderedTypes: new Set(), inboxMax: unlimited, inboxBytesMax: unlimited, handlerTimeoutMs: unlimited},
      {
        // At once, so that neither a deadline nor a bound is ever met.
        handle: () => {
          this.#isHandled = true;
          return reply;
        },
        late: () => {},
        overflow: () => {},
      },
    );
  }

  /** Messages sent at QoS 1 and 2 whose answer has not come. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Settles when there is room for one message more. */
  async room(): Promise<void> {
    await this.#until(() => this.#open < window);
  }

  /** Settles when every flow has ended. */
  async quiet(): Promise<void> {
    await this.#until(() => this.#open === 0);
  }

  /** Sends a message; settles with whether it was answered, at QoS 0 at once. */
  submit(type: number, qos: Qos, payload: Uint8Array): Promise<boolean> {
    const {promise, resolve} = Promise.withResolvers<boolean>();
    const message: Sent = {type, qos, payload, flow: undefined, begunAt: this.#clock.now(), settle: resolve};
    if (qos === 0) {
      this.#sender.sendLoosely(message);
      resolve(true);
    } else {
      this.#open++;
      this.#unanswered++;
      this.#sender.begin(message);
    }
    return promise;
  }

  /** Takes a binary message of the server. */
  receive(bytes: Uint8Array): void {
    const packet = parsePacket(bytes);
    if (packet.kind === 'fault') {
      this.#owner.unreadable(bytes);
      return;
    }
    this.#held = [];
    this.#answers = undefined;
    this.#isHandled = false;
    this.#take(packet);
    this.#owner.received(packet, this.#noteOf(packet));
    const held = this.#held;
    this.#held = undefined;
    for (const answer of held) this.#send(answer);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#sender.close();
    this.#receiver.close();
  }

  #take(packet: Packet): void {
    switch (packet.kind) {
      case 'send':
        this.#receiver.receive(packet);
        return;
      case 'ack':
      case 'rec':
        this.#sender.acknowledge(packet);
        return;
      case 'rel':
        this.#receiver.release(packet.id);
        return;
      case 'com':
        this.#sender.complete(packet.id);
    }
  }

  #noteOf({kind}: Packet): PacketNote {
    if (this.#answers !== undefined) return {answers: this.#answers};
    return kind === 'send' && !this.#isHandled ? {isRepeat: true} : {};
  }

  #answered({type, begunAt, settle}: Sent): void {
    this.#unanswered--;
    settle(true);
    this.#answers = {type, tookMs: this.#clock.now() - begunAt};
  }

  #ended(): void {
    this.#open--;
    this.#onEnd?.();
  }

  #send(packet: Packet): void {
    if (this.#held !== undefined) {
      this.#held.push(packet);
      return;
    }
    this.#owner.send(generatePacket(packet), packet);
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onEnd = resolve;
      await promise;
    }
  }
}
