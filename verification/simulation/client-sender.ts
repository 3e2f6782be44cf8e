// How a client sends: the sender's half of the legacy protocol from the other end. It repeats what is not acknowledged
// with DUP, at most a window's worth is under way, an id is used again only when its flow has ended.

import {generatePacket, type Qos, type ReplyPacket} from '../../src/protocol/packet.ts';
import type {Harness} from './harness.ts';
import type {ObservedMessage} from './observed-message.ts';
import {unorderedType} from './plan.ts';
import {writeSerial} from './serial.ts';

/** How one connection's client sends. */
export interface SenderManners {
  readonly isPolite: boolean;
  /** `Infinity`: it never repeats, and then takes ids from a small store. */
  readonly retryMs: number;
  readonly window: number;
}

interface Flow {
  readonly message: ObservedMessage;
  readonly id: number;
  state: 'sent' | 'released';
  sentAt: number;
}

const tightIds = 12;
const idMax = 65_535;

export class ClientSender {
  readonly #harness: Harness;
  readonly #connection: number;
  readonly #manners: SenderManners;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #flows = new Map<number, Flow>();
  #id = 0;
  #isRetryDue = false;
  #isStopped = false;

  constructor(harness: Harness, connection: number, manners: SenderManners, write: (bytes: Uint8Array) => void) {
    this.#harness = harness;
    this.#connection = connection;
    this.#manners = manners;
    this.#write = write;
  }

  /** Messages under way. */
  get openCount(): number {
    return this.#flows.size;
  }

  /** Sends one new message; `undefined` where the window is full. */
  send(qos: Qos): ObservedMessage | undefined {
    const id = qos === 0 ? 0 : this.#freeId();
    if (id === undefined) return undefined;
    return this.#sendAs(qos, id, this.#manners.isPolite);
  }

  /** For clients that break rules: a new message under an id that may be in use. */
  sendRudely(qos: Qos, id: number): void {
    this.#sendAs(qos, id, false);
  }

  /** An ACK or REC came. */
  acknowledged({kind, id, reply}: ReplyPacket): void {
    const flow = this.#flows.get(id);
    if (kind === 'rec') this.#write(generatePacket({kind: 'rel', id}));
    if (flow === undefined || (flow.message.qos === 1) !== (kind === 'ack')) return;
    if (flow.state === 'released') {
      flow.sentAt = this.#harness.clock.now();
      return;
    }
    this.#harness.observer.acknowledged(flow.message, reply);
    if (kind === 'ack') {
      this.#flows.delete(id);
    } else {
      flow.state = 'released';
      flow.sentAt = this.#harness.clock.now();
    }
  }

  /** A COM came. */
  completed(id: number): void {
    if (this.#flows.get(id)?.state === 'released') this.#flows.delete(id);
  }

  stop(): void {
    this.#isStopped = true;
    this.#flows.clear();
  }

  #sendAs(qos: Qos, id: number, isPolite: boolean): ObservedMessage {
    const {observer, clock} = this.#harness;
    const rng = this.#harness.rng.clients;
    const type = rng.chance(0.1) ? unorderedType : rng.integer(0, 5);
    const payload = writeSerial(
      observer.messages.length,
      rng.chance(0.05) ? rng.integer(100, 600) : rng.integer(0, 40),
    );
    const message = observer.messageSent(this.#connection, qos, type, payload, isPolite);
    if (qos > 0) {
      this.#flows.set(id, {message, id, state: 'sent', sentAt: clock.now()});
      this.#awaitRetry();
    }
    this.#write(generatePacket({kind: 'send', qos, isDup: false, type, id, payload}));
    return message;
  }

  #freeId(): number | undefined {
    const {retryMs, window} = this.#manners;
    if (this.#flows.size >= window) return undefined;
    const isTight = retryMs === Number.POSITIVE_INFINITY;
    // Round the numbers, so that what is late for an old message does not meet a new one; a client that never repeats
    // has nothing late, and may take the same few again and again.
    for (let tried = 0; tried < tightIds; tried++) {
      this.#id = this.#id >= (isTight ? tightIds : idMax) ? 1 : this.#id + 1;
      if (!this.#flows.has(this.#id)) return this.#id;
    }
    return undefined;
  }

  #awaitRetry(): void {
    const {retryMs} = this.#manners;
    if (this.#isRetryDue || retryMs === Number.POSITIVE_INFINITY) return;
    this.#isRetryDue = true;
    this.#harness.clock.startTimer(retryMs, () => this.#retry());
  }

  #retry(): void {
    this.#isRetryDue = false;
    if (this.#isStopped || this.#flows.size === 0) return;
    const now = this.#harness.clock.now();
    for (const flow of this.#flows.values()) {
      if (now - flow.sentAt < this.#manners.retryMs / 2) continue;
      flow.sentAt = now;
      const {id} = flow;
      const {qos, type, payload} = flow.message;
      if (flow.state === 'released') this.#write(generatePacket({kind: 'rel', id}));
      else this.#write(generatePacket({kind: 'send', qos, isDup: true, type, id, payload}));
    }
    this.#awaitRetry();
  }
}
