// A client of the gateway, and of the bare reference: a hand-made handshake, frames masked with the key 0, which RFC 6455
// allows and which leaves the bytes as they are. Confirms what it receives, in one write a read.

import type {Socket} from 'node:net';
import {answers} from './answer-buffer.ts';
import {openConnection, type Receiver} from './connection.ts';
import type {Group, GroupClient} from './group.ts';
import type {ConnectOrder} from './orders.ts';

/** Receives acknowledgements of the client's own messages. */
export interface Sender {
  acknowledged(client: RainbowClient, command: number, id: number): void;
}

export const commandAck = 2;
export const commandRec = 3;
const commandSend = 1;
const commandRel = 4;
export const commandCom = 5;
const opcodePing = 9;

// FIN and binary, masked, 3 bytes of packet, key 0.
const ack = maskedHead(3, commandAck << 4);
const rec = maskedHead(3, commandRec << 4);
export const rel = maskedHead(3, commandRel << 4);
const com = maskedHead(3, commandCom << 4);

/** A masked frame with a packet of `length` bytes up to the end of `packetHead`. */
export function maskedHead(length: number, ...packetHead: number[]): Uint8Array {
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Uint8Array.from([0x82, ...size, 0, 0, 0, 0, ...packetHead]);
}

export class RainbowClient implements GroupClient, Receiver {
  readonly socket: Socket;
  /** Set while the client sends messages of its own. */
  sender: Sender | undefined;
  readonly #group: Group;
  readonly #onOpen: (isOpen: boolean) => void;
  #isOpen = false;
  #carry: Buffer | undefined;
  // Of the read in hand.
  #deliveries = 0;
  #duplicates = 0;
  #releases = 0;
  #stamp = 0;

  /** `onOpen` is called once: with `false` where the server refused. */
  constructor(group: Group, order: ConnectOrder, index: number, onOpen: (isOpen: boolean) => void) {
    this.#group = group;
    this.#onOpen = onOpen;
    this.socket = openConnection(order.port, this, () => this.socket.write(handshakeRequest(order, index), 'latin1'));
  }

  receive(chunk: Buffer): void {
    if (!this.#isOpen) {
      this.#receiveHandshake(chunk);
      return;
    }
    const bytes = this.#carry === undefined ? chunk : Buffer.concat([this.#carry, chunk]);
    const known = this.#carry === undefined && this.sender === undefined ? this.#group.recall(bytes) : undefined;
    if (known !== undefined) {
      if (known.answer !== undefined) this.socket.write(known.answer);
      this.#group.count(known);
      return;
    }
    this.#read(bytes);
  }

  ended(): void {
    this.#group.closed++;
    if (!this.#isOpen) this.#onOpen(false);
    this.#isOpen = true;
  }

  #receiveHandshake(chunk: Buffer): void {
    const bytes = this.#carry === undefined ? Buffer.from(chunk) : Buffer.concat([this.#carry, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    this.#carry = bytes;
    if (end < 0) return;
    this.#carry = undefined;
    this.#isOpen = true;
    const isUpgraded = bytes.toString('latin1', 9, 12) === '101';
    this.#onOpen(isUpgraded);
    if (isUpgraded && bytes.length > end + 4) this.receive(bytes.subarray(end + 4));
  }

  #read(bytes: Buffer): void {
    this.#deliveries = 0;
    this.#duplicates = 0;
    this.#releases = 0;
    this.#stamp = 0;
    const end = this.#readFrames(bytes);
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
    if (isWhole && this.#carry === undefined && this.sender === undefined) this.#group.remember(reading);
    this.#carry = isWhole ? undefined : Buffer.from(bytes.subarray(end));
    this.#group.count(reading);
  }

  /** Reads whole frames and returns where the rest begins. */
  #readFrames(bytes: Buffer): number {
    const length = bytes.length;
    let offset = 0;
    while (offset + 2 <= length) {
      let size = (bytes[offset + 1] as number) & 0x7f;
      let start = offset + 2;
      if (size === 126) {
        start = offset + 4;
        if (start > length) break;
        size = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
      } else if (size === 127) {
        start = offset + 10;
        if (start > length) break;
        size = bytes.readUInt32BE(offset + 6);
      }
      if (start + size > length) break;
      const opcode = (bytes[offset] as number) & 0x0f;
      if (opcode === 2) this.#readPacket(bytes, start);
      else if (opcode === opcodePing) answers.add(pong(bytes.subarray(start, start + size)));
      offset = start + size;
    }
    return offset;
  }

  #readPacket(bytes: Buffer, start: number): void {
    const first = bytes[start] as number;
    const command = first >> 4;
    if (command === commandSend) {
      this.#readSend(bytes, start, (first >> 1) & 3, (first & 8) !== 0);
      return;
    }
    const id = bytes.readUInt16BE(start + 1);
    if (command === commandRel) {
      this.#releases++;
      answers.addId(com, id);
    } else {
      this.sender?.acknowledged(this, command, id);
    }
  }

  #readSend(bytes: Buffer, start: number, qos: number, isDup: boolean): void {
    if (isDup) this.#duplicates++;
    else this.#deliveries++;
    const payload = start + (qos === 0 ? 3 : 5);
    if (this.#stamp === 0 && bytes.length >= payload + 8) this.#stamp = bytes.readDoubleBE(payload);
    if (qos > 0) answers.addId(qos === 1 ? ack : rec, bytes.readUInt16BE(start + 3));
  }
}

function pong(payload: Uint8Array): Uint8Array {
  return Uint8Array.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

function handshakeRequest(order: ConnectOrder, index: number): string {
  const {channel, identity, channelsEach = 0, channelsMax = Number.POSITIVE_INFINITY} = order;
  let headers = '';
  if (channel !== undefined) headers += `X-Bench-Channel: ${channel}\r\n`;
  if (identity !== undefined) headers += `X-Bench-Identity: ${identity}${index}\r\n`;
  const first = index * channelsEach;
  const count = Math.min(channelsEach, channelsMax - first);
  if (count > 0) headers += `X-Bench-Range: ${first}-${count}\r\n`;
  return (
    'GET /connect/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
    `X-DEVICEID: d${index}\r\nX-CLIENT-OS: bench\r\n${headers}\r\n`
  );
}
