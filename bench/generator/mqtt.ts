// MQTT 3.1.1 as far as a fan-out needs it: subscribers that confirm what they receive, and a publisher that keeps
// messages outstanding on one connection. For the comparison with a broker only.

import type {Socket} from 'node:net';
import {Histogram} from '../statistics.ts';
import {answers} from './answer-buffer.ts';
import {openConnection, type Receiver} from './connection.ts';
import type {Group, GroupClient} from './group.ts';
import type {ConnectOrder, PublishOrder, Qos} from './orders.ts';
import type {Publisher} from './publisher.ts';

const typeConnack = 2;
const typePublish = 3;
const typePuback = 4;
const typePubrec = 5;
const typePubrel = 6;
const typePubcomp = 7;
const typeSuback = 9;

const puback = Uint8Array.of(0x40, 2);
const pubrec = Uint8Array.of(0x50, 2);
const pubrel = Uint8Array.of(0x62, 2);
const pubcomp = Uint8Array.of(0x70, 2);

/** Reads whole packets of `bytes` and returns where the rest begins. */
function readPackets(bytes: Buffer, take: (first: number, start: number, end: number) => void): number {
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    let size = 0;
    let start = offset + 1;
    let shift = 0;
    for (;;) {
      const part = bytes[start];
      if (part === undefined) return offset;
      start++;
      size |= (part & 0x7f) << shift;
      shift += 7;
      if (part < 0x80) break;
    }
    if (start + size > bytes.length) return offset;
    take(bytes[offset] as number, start, start + size);
    offset = start + size;
  }
  return offset;
}

function packet(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let left = body.length; ; ) {
    const part = left & 0x7f;
    left >>= 7;
    size.push(left > 0 ? part | 0x80 : part);
    if (left === 0) break;
  }
  return Buffer.concat([Uint8Array.of(first, ...size), body]);
}

function text(value: string): Buffer {
  return Buffer.concat([Uint8Array.of(value.length >> 8, value.length & 0xff), Buffer.from(value, 'latin1')]);
}

// Clean session, no keep-alive: no pings.
const connectPacket = packet(0x10, text('MQTT'), Uint8Array.of(4, 2, 0, 0), text(''));

/** A subscriber. */
export class MqttClient implements GroupClient, Receiver {
  readonly socket: Socket;
  readonly #group: Group;
  readonly #order: ConnectOrder;
  readonly #onOpen: (isOpen: boolean) => void;
  #carry: Buffer | undefined;
  #deliveries = 0;
  #duplicates = 0;
  #releases = 0;
  #stamp = 0;

  constructor(group: Group, order: ConnectOrder, onOpen: (isOpen: boolean) => void) {
    this.#group = group;
    this.#order = order;
    this.#onOpen = onOpen;
    this.socket = openConnection(order.port, this, () => this.socket.write(connectPacket));
  }

  receive(chunk: Buffer): void {
    const bytes = this.#carry === undefined ? chunk : Buffer.concat([this.#carry, chunk]);
    const known = this.#carry === undefined ? this.#group.recall(bytes) : undefined;
    if (known !== undefined) {
      if (known.answer !== undefined) this.socket.write(known.answer);
      this.#group.count(known);
      return;
    }
    this.#deliveries = 0;
    this.#duplicates = 0;
    this.#releases = 0;
    this.#stamp = 0;
    const end = readPackets(bytes, (first, start) => this.#read(bytes, first, start));
    const answer = answers.take();
    if (answer !== undefined) this.socket.write(answer);
    const reading = {
      bytes,
      answer,
      deliveries: this.#deliveries,
      duplicates: this.#duplicates,
      releases: this.#releases,
      stamp: this.#stamp,
    };
    const isWhole = end === bytes.length;
    if (isWhole && this.#carry === undefined && this.#deliveries + this.#releases > 0) this.#group.remember(reading);
    this.#carry = isWhole ? undefined : Buffer.from(bytes.subarray(end));
    this.#group.count(reading);
  }

  ended(): void {
    this.#group.closed++;
    this.#onOpen(false);
  }

  #read(bytes: Buffer, first: number, start: number): void {
    switch (first >> 4) {
      case typeConnack:
        this.socket.write(
          packet(0x82, Uint8Array.of(0, 1), text(this.#order.channel ?? ''), Uint8Array.of(this.#order.qos ?? 0)),
        );
        return;
      case typeSuback:
        this.#onOpen(true);
        return;
      case typePublish:
        this.#readPublish(bytes, first, start);
        return;
      case typePubrel:
        this.#releases++;
        answers.addId(pubcomp, bytes.readUInt16BE(start));
    }
  }

  #readPublish(bytes: Buffer, first: number, start: number): void {
    const qos = (first >> 1) & 3;
    if ((first & 8) === 0) this.#deliveries++;
    else this.#duplicates++;
    const afterTopic = start + 2 + bytes.readUInt16BE(start);
    const payload = qos === 0 ? afterTopic : afterTopic + 2;
    if (this.#stamp === 0 && bytes.length >= payload + 8) this.#stamp = bytes.readDoubleBE(payload);
    if (qos > 0) answers.addId(qos === 1 ? puback : pubrec, bytes.readUInt16BE(afterTopic));
  }
}

/** Publishes at the order's QoS on one connection. */
export class MqttPublisher implements Publisher, Receiver {
  answered = 0;
  confirmed = 0;
  errors = 0;
  readonly latencies = new Histogram();
  onAnswer: () => void = () => {};
  readonly #socket: Socket;
  readonly #qos: Qos;
  readonly #topic: Buffer;
  readonly #payload: Buffer;
  readonly #connected = Promise.withResolvers<void>();
  #pending: Buffer[] = [];
  #carry = Buffer.alloc(0);

  constructor(order: PublishOrder) {
    this.#qos = order.qos;
    this.#topic = text(order.target.kind === 'channel' ? order.target.channel : '');
    this.#payload = Buffer.alloc(order.payloadBytes, 'x');
    this.#socket = openConnection(order.port, this, () => this.#socket.write(connectPacket));
  }

  ready(): Promise<void> {
    return this.#connected.promise;
  }

  isFree(): boolean {
    return true;
  }

  publish(index: number, dueAt: number): void {
    this.#payload.writeDoubleBE(dueAt);
    const id = 1 + (index % 65_535);
    const idBytes = this.#qos === 0 ? Uint8Array.of() : Uint8Array.of(id >> 8, id & 0xff);
    this.#pending.push(packet(0x30 | (this.#qos << 1), this.#topic, idBytes, this.#payload));
    if (this.#qos === 0) this.answered++;
  }

  flush(): void {
    if (this.#pending.length > 0) this.#socket.write(Buffer.concat(this.#pending));
    this.#pending = [];
  }

  close(): void {
    this.#socket.resetAndDestroy();
  }

  receive(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#carry, chunk]);
    const end = readPackets(bytes, (first, start) => this.#read(bytes, first >> 4, start));
    const answer = answers.take();
    if (answer !== undefined) this.#socket.write(answer);
    this.#carry = Buffer.from(bytes.subarray(end));
    this.onAnswer();
  }

  ended(): void {
    this.#connected.reject(new Error('Expected the broker to accept a publisher, got the end of its connection'));
  }

  #read(bytes: Buffer, type: number, start: number): void {
    if (type === typeConnack) this.#connected.resolve();
    else if (type === typePubrec) answers.addId(pubrel, bytes.readUInt16BE(start));
    else if (type === typePuback || type === typePubcomp) this.answered++;
  }
}
