// The protocol of nats-server as far as a fan-out needs it: subscribers, and a publisher. It knows no acknowledgement,
// so QoS 0 is all there is to compare.

import type {Socket} from 'node:net';
import {Histogram} from '../statistics.ts';
import {openConnection, type Receiver} from './connection.ts';
import type {Group, GroupClient} from './group.ts';
import type {ConnectOrder, PublishOrder} from './orders.ts';
import type {Publisher} from './publisher.ts';

const connectLine = 'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nPING\r\n';
const newline = 10;

/** A subscriber. */
export class NatsClient implements GroupClient, Receiver {
  readonly socket: Socket;
  readonly #group: Group;
  readonly #onOpen: (isOpen: boolean) => void;
  #carry: Buffer | undefined;
  #deliveries = 0;
  #stamp = 0;

  constructor(group: Group, order: ConnectOrder, onOpen: (isOpen: boolean) => void) {
    this.#group = group;
    this.#onOpen = onOpen;
    const hello = `SUB ${order.channel ?? 'none'} 1\r\n${connectLine}`;
    this.socket = openConnection(order.port, this, () => this.socket.write(hello));
  }

  receive(chunk: Buffer): void {
    const bytes = this.#carry === undefined ? chunk : Buffer.concat([this.#carry, chunk]);
    const known = this.#carry === undefined ? this.#group.recall(bytes) : undefined;
    if (known !== undefined) {
      this.#group.count(known);
      return;
    }
    this.#deliveries = 0;
    this.#stamp = 0;
    const end = this.#readLines(bytes);
    const reading = {
      bytes,
      answer: undefined,
      deliveries: this.#deliveries,
      duplicates: 0,
      releases: 0,
      stamp: this.#stamp,
    };
    const isWhole = end === bytes.length;
    if (isWhole && this.#carry === undefined && this.#deliveries > 0) this.#group.remember(reading);
    this.#carry = isWhole ? undefined : Buffer.from(bytes.subarray(end));
    this.#group.count(reading);
  }

  ended(): void {
    this.#group.closed++;
    this.#onOpen(false);
  }

  #readLines(bytes: Buffer): number {
    let offset = 0;
    for (;;) {
      const end = bytes.indexOf(newline, offset);
      if (end < 0) return offset;
      const line = bytes.toString('latin1', offset, end - 1);
      let next = end + 1;
      if (line.startsWith('MSG ')) {
        const size = Number(line.slice(line.lastIndexOf(' ') + 1));
        if (next + size + 2 > bytes.length) return offset;
        this.#deliveries++;
        if (this.#stamp === 0) this.#stamp = bytes.readDoubleBE(next);
        next += size + 2;
      } else if (line === 'PING') {
        this.socket.write('PONG\r\n');
      } else if (line === 'PONG') {
        this.#onOpen(true);
      }
      offset = next;
    }
  }
}

/** Publishes on one connection. */
export class NatsPublisher implements Publisher, Receiver {
  answered = 0;
  readonly confirmed = 0;
  readonly errors = 0;
  readonly latencies = new Histogram();
  onAnswer: () => void = () => {};
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #payload: Buffer;
  readonly #connected = Promise.withResolvers<void>();
  #pending: Buffer[] = [];

  constructor(order: PublishOrder) {
    const subject = order.target.kind === 'channel' ? order.target.channel : 'none';
    this.#head = Buffer.from(`PUB ${subject} ${order.payloadBytes}\r\n`);
    this.#payload = Buffer.alloc(order.payloadBytes, 'x');
    this.#socket = openConnection(order.port, this, () => this.#socket.write(connectLine));
  }

  ready(): Promise<void> {
    return this.#connected.promise;
  }

  isFree(): boolean {
    return true;
  }

  publish(_index: number, dueAt: number): void {
    this.#payload.writeDoubleBE(dueAt);
    this.#pending.push(this.#head, Buffer.from(this.#payload), Buffer.from('\r\n'));
    this.answered++;
  }

  flush(): void {
    if (this.#pending.length > 0) this.#socket.write(Buffer.concat(this.#pending));
    this.#pending = [];
  }

  close(): void {
    this.#socket.resetAndDestroy();
  }

  receive(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    if (text.includes('PONG')) this.#connected.resolve();
    if (text.includes('PING')) this.#socket.write('PONG\r\n');
  }

  ended(): void {
    this.#connected.reject(new Error('Expected the server to accept a publisher, got the end of its connection'));
  }
}
