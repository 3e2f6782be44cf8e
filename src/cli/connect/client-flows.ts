// A client's duties on one connection (docs/clients.md): it acknowledges each message by its QoS, numbers its own in turn,
// repeats what stays unanswered, and ends each QoS 2 flow. Every packet that comes or goes is shown to its owner.

import type {Clock, Timer} from '../../core/clock.ts';
import {
  generatePacket,
  messageIdMax,
  type Packet,
  parsePacket,
  type Qos,
  type ReplyPacket,
  type SendPacket,
} from '../../protocol/packet.ts';

/** After this long without an answer a SEND, or a REL, goes out again. */
const retryMs = 3_000;

/** Messages unanswered at a time; the gateway's own default, behind which it would close. */
const windowMax = 1_000;

/** What becomes of packets; `note` says what the packet alone does not. */
export interface FlowsOwner {
  send(bytes: Uint8Array): void;
  sent(packet: Packet): void;
  received(packet: Packet, note: PacketNote): void;
  /** A binary message that is no packet. */
  unreadable(bytes: Uint8Array): void;
}

/** See {@link FlowsOwner}. */
export interface PacketNote {
  /** Of an ACK or REC: the message that it answers for the first time, and how long that took. */
  readonly answers?: {readonly type: number; readonly tookMs: number};
  /** Of a SEND: received before, and not to be used again. */
  readonly isRepeat?: true;
}

interface OpenFlow {
  readonly packet: SendPacket;
  readonly sentAt: number;
  isReleasing: boolean;
  timer: Timer;
}

/** The flows of one connection, both ways. */
export class ClientFlows {
  readonly #clock: Clock;
  readonly #owner: FlowsOwner;
  readonly #reply: Uint8Array;
  readonly #open = new Map<number, OpenFlow>();
  /** Ids of QoS 2 messages received and not released yet. */
  readonly #held = new Set<number>();
  #id = 0;
  #unanswered = 0;
  #onAnswer: (() => void) | undefined;

  /** `reply`: the bytes in every ACK and REC. */
  constructor(clock: Clock, owner: FlowsOwner, reply: Uint8Array) {
    this.#clock = clock;
    this.#owner = owner;
    this.#reply = reply;
  }

  /** Messages sent at QoS 1 and 2 whose answer has not come. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Settles when there is room for one message more. */
  async room(): Promise<void> {
    await this.#until(() => this.#open.size < windowMax);
  }

  /** Settles when every flow has ended. */
  async quiet(): Promise<void> {
    await this.#until(() => this.#open.size === 0);
  }

  /** Sends a message; there is {@link room}. */
  submit(type: number, qos: Qos, payload: Uint8Array): void {
    if (qos === 0) {
      this.#send({kind: 'send', qos, isDup: false, type, id: 0, payload});
      return;
    }
    // In turn, so that a late answer to a repeat meets no other message. [RB-03]
    do this.#id = this.#id === messageIdMax ? 1 : this.#id + 1;
    while (this.#open.has(this.#id));
    const packet: SendPacket = {kind: 'send', qos, isDup: false, type, id: this.#id, payload};
    this.#unanswered++;
    this.#open.set(packet.id, {
      packet,
      sentAt: this.#clock.now(),
      isReleasing: false,
      timer: this.#startTimer(packet.id),
    });
    this.#send(packet);
  }

  /** Takes a binary message of the server. */
  receive(bytes: Uint8Array): void {
    const packet = parsePacket(bytes);
    switch (packet.kind) {
      case 'fault':
        this.#owner.unreadable(bytes);
        break;
      case 'send':
        this.#receiveSend(packet);
        break;
      case 'ack':
      case 'rec':
        this.#receiveAnswer(packet);
        break;
      case 'rel':
        this.#owner.received(packet, {});
        this.#held.delete(packet.id);
        // Known or not: it is also how a peer without pings asks whether we are there. [RB-24]
        this.#send({kind: 'com', id: packet.id});
        break;
      case 'com':
        this.#owner.received(packet, {});
        if (this.#open.get(packet.id)?.isReleasing) this.#end(packet.id);
    }
  }

  /** Nothing is sent any more. */
  stop(): void {
    for (const {timer} of this.#open.values()) timer.cancel();
  }

  #receiveSend(packet: SendPacket): void {
    const isRepeat = packet.qos === 2 && this.#held.has(packet.id);
    this.#owner.received(packet, isRepeat ? {isRepeat} : {});
    // Each by its QoS, used or not. [RB-60]
    if (packet.qos === 1) this.#send({kind: 'ack', id: packet.id, reply: this.#reply});
    if (packet.qos === 2) {
      this.#held.add(packet.id);
      this.#send({kind: 'rec', id: packet.id, reply: this.#reply});
    }
  }

  #receiveAnswer(packet: ReplyPacket): void {
    const flow = this.#open.get(packet.id);
    const isFirst = flow !== undefined && !flow.isReleasing && flow.packet.qos === (packet.kind === 'ack' ? 1 : 2);
    const answers = isFirst && {type: flow.packet.type, tookMs: this.#clock.now() - flow.sentAt};
    this.#owner.received(packet, answers ? {answers} : {});
    if (isFirst) this.#unanswered--;
    if (packet.kind === 'rec') {
      // Also one that belongs to nothing, so that the peer can free it. [RB-15] [RB-19]
      if (isFirst) {
        flow.isReleasing = true;
        flow.timer.cancel();
        flow.timer = this.#startTimer(packet.id);
      }
      this.#send({kind: 'rel', id: packet.id});
      this.#onAnswer?.();
    } else if (isFirst) {
      this.#end(packet.id);
    }
  }

  #end(id: number): void {
    this.#open.get(id)?.timer.cancel();
    this.#open.delete(id);
    this.#onAnswer?.();
  }

  #startTimer(id: number): Timer {
    return this.#clock.startTimer(retryMs, () => this.#repeat(id));
  }

  #repeat(id: number): void {
    const flow = this.#open.get(id);
    if (flow === undefined) return;
    flow.timer = this.#startTimer(id);
    // [RB-09] [RB-17]
    this.#send(flow.isReleasing ? {kind: 'rel', id} : {...flow.packet, isDup: true});
  }

  #send(packet: Packet): void {
    this.#owner.send(generatePacket(packet));
    this.#owner.sent(packet);
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onAnswer = resolve;
      await promise;
    }
  }
}
