// One connection of a client to a node under strain, both ends of it: the client's behaviour, and its socket as the gateway
// has it. It knocks, sends and repeats, acknowledges, and leaves.

import type {FrontMessage} from '../../../src/actors/front.ts';
import type {Link, LinkMailbox} from '../../../src/fronts/rainbow/link.ts';
import type {Gated, ReadGate} from '../../../src/fronts/rainbow/read-gate.ts';
import {emptyBytes, type Packet, type PacketFault, parsePacket, type Qos} from '../../../src/protocol/packet.ts';
import {unframeAll} from '../../../test/support/unframe.ts';
import type {StrainHarness} from './harness.ts';
import type {SimulatedShard} from './node.ts';
import type {SimulatedThread} from './thread.ts';

const latencyMs = 1;
const repeatMs = 3_000;

/** A message that it sent and that was not acknowledged. */
export interface Sent {
  readonly serial: number;
  readonly id: number;
  readonly qos: Qos;
  readonly payload: Uint8Array;
}

/** What the run gets of a connection. */
export interface ClientEvents {
  admitted(client: StrainClient): void;
  /** A SEND of it, the first or a repeat, is read by the gateway. */
  arrived(client: StrainClient, sent: Sent): void;
  acknowledged(client: StrainClient, sent: Sent): void;
  /** It has gone, however. */
  ended(client: StrainClient): void;
}

export class StrainClient implements Link, Gated {
  readonly number: number;
  readonly bufferedBytes = 0;
  /** Whom it belongs to. */
  readonly person: number;
  identity = '';
  shard: SimulatedShard | undefined;
  isOpen = false;
  hasLeft = false;
  /** When the gateway answered 101, and when it heard that the client has left. */
  admittedAt: number | undefined;
  goneAt: number | undefined;
  isDeaf = false;
  /** The gateway has closed it, and it has not heard of that. */
  isClosing = false;
  /** Its thread has ended under it. */
  wasLost = false;
  /** Texts of publications that it acknowledged, and that came. */
  readonly confirmed = new Set<string>();
  readonly received = new Set<string>();
  readonly open = new Map<number, Sent>();
  gate: ReadGate | undefined;
  onAnswered: () => void = () => {};
  readonly mayRead = true;
  readonly #harness: StrainHarness;
  readonly #events: ClientEvents;
  #mailbox: LinkMailbox | undefined;
  #thread: SimulatedThread | undefined;
  #unread: (() => void)[] = [];
  #isPaused = false;
  #id = 0;

  constructor(harness: StrainHarness, person: number, number: number, events: ClientEvents) {
    this.#harness = harness;
    this.person = person;
    this.number = number;
    this.#events = events;
  }

  /** The gateway has taken it up. */
  attach(identity: string, thread: SimulatedThread): void {
    this.identity = identity;
    this.#thread = thread;
  }

  // Its socket, as the gateway has it.

  reportTo(mailbox: LinkMailbox): void {
    this.#mailbox = mailbox;
  }

  get isHeldUp(): boolean {
    return this.gate?.has(this) === true;
  }

  holdUp(): void {
    if (!this.hasLeft) this.gate?.starve(this);
  }

  pauseReading(): void {
    this.#isPaused = true;
  }

  resumeReading(): void {
    this.#isPaused = false;
    for (const read of this.#unread.splice(0)) this.#thread?.defer(read);
  }

  admit(): void {
    this.onAnswered();
    this.admittedAt = this.#harness.clock.now();
    this.#events.admitted(this);
    this.#harness.later(latencyMs, () => {
      if (this.hasLeft) return;
      this.isOpen = true;
    });
  }

  refuse(_status: 401 | 503): void {
    this.onAnswered();
    this.#harness.later(latencyMs, () => this.#end());
  }

  send(frame: Uint8Array): void {
    const packets = unframeAll(Uint8Array.from(frame)).map((bytes) => parsePacket(bytes));
    this.#harness.later(latencyMs, () => {
      for (const packet of packets) if (this.isOpen) this.#hear(packet);
    });
  }

  #hear(packet: Packet | PacketFault): void {
    if (packet.kind === 'send')
      this.#take(Buffer.from(packet.payload).toString('latin1', 0, 24), packet.qos, packet.id);
    else if (packet.kind === 'ack' || packet.kind === 'rec') this.#acknowledged(packet.id, packet.kind === 'rec');
    else if (packet.kind === 'rel') this.#say({kind: 'com', id: packet.id});
  }

  ping(): void {
    if (!this.isDeaf) this.#say({kind: 'heard'});
  }

  close(): void {
    this.isClosing = true;
    this.#harness.later(latencyMs, () => this.leave());
  }

  terminate(): void {
    this.isClosing = true;
    this.#end();
  }

  // The client.

  /** Closes its socket. */
  leave(): void {
    if (this.hasLeft) return;
    const [mailbox, thread] = [this.#mailbox, this.#thread ?? this.shard?.thread];
    this.#end();
    thread?.defer(() => {
      this.goneAt ??= this.#harness.clock.now();
      this.gate?.delete(this);
      mailbox?.tell({kind: 'socketClosed'});
    });
  }

  /** The thread that had its socket is no more. */
  lose(): void {
    this.wasLost = !this.hasLeft;
    this.#end();
  }

  /** Sends a message of its own; the serial stands in the payload. */
  sendMessage(qos: Qos, bytes: number, serial: number): void {
    const payload = Buffer.alloc(Math.max(bytes, 10));
    payload.write(`m${serial} `, 'latin1');
    this.#id = (this.#id % 60_000) + 1;
    const sent: Sent = {serial, id: this.#id, qos, payload};
    if (qos > 0) this.open.set(this.#id, sent);
    this.#transmit(sent, false);
  }

  #transmit(sent: Sent, isDup: boolean): void {
    const {qos, id, payload} = sent;
    this.#read(() => {
      this.#events.arrived(this, sent);
      this.#mailbox?.tell({kind: 'send', qos, isDup, type: 1, id, payload: Uint8Array.from(payload)});
    });
    if (qos > 0)
      this.#harness.later(repeatMs, () => {
        if (this.isOpen && this.open.get(id) === sent) this.#transmit(sent, true);
      });
  }

  #acknowledged(id: number, isRec: boolean): void {
    if (isRec) this.#say({kind: 'rel', id});
    const sent = this.open.get(id);
    if (sent === undefined) return;
    this.open.delete(id);
    this.#events.acknowledged(this, sent);
  }

  #take(text: string, qos: Qos, id: number): void {
    const key = text.split(' ')[0] ?? '';
    this.received.add(key);
    if (qos === 0 || this.isDeaf) return;
    this.confirmed.add(key);
    this.#say({kind: qos === 1 ? 'ack' : 'rec', id, reply: emptyBytes});
  }

  #say(message: FrontMessage): void {
    this.#read(() => void this.#mailbox?.tell(message));
  }

  /** Something of it reaches the gateway's socket, and is read once the gateway reads it. */
  #read(read: () => void): void {
    this.#harness.later(latencyMs, () => {
      if (this.hasLeft) return;
      const whole = (): void => {
        if (!this.hasLeft) read();
      };
      if (this.#isPaused) this.#unread.push(whole);
      else this.#thread?.defer(whole);
    });
  }

  #end(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.isOpen = false;
    this.shard?.clients.delete(this);
    this.#events.ended(this);
  }
}
