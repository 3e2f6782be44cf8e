// One keep-alive connection to an HTTP server: the publisher's share of the load. Calls handed over together go out in one
// write, one behind the other (pipelined); answers come in their order. Reads of an answer what it needs and no more.

import type {Socket} from 'node:net';
import {openConnection, type Receiver} from './connection.ts';

const lengthFormat = /\r\ncontent-length: (\d+)/i;

/** Takes the answer to a call; `status` is 0 where the connection ended before it came. */
export type TakeAnswer = (caller: HttpCaller, dueAt: number, status: number, body: string) => void;

export class HttpCaller implements Receiver {
  readonly #socket: Socket;
  readonly #take: TakeAnswer;
  /** When the calls under way were due, ms. */
  readonly #due: number[] = [];
  #pending: Buffer[] = [];
  #text = '';
  #isClosed = false;

  constructor(port: number, onConnected: () => void, take: TakeAnswer) {
    this.#take = take;
    this.#socket = openConnection(port, this, onConnected);
  }

  /** Hands a call over; it goes out with {@link flush}. */
  call(request: Buffer, dueAt: number): void {
    this.#due.push(dueAt);
    this.#pending.push(request);
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    this.#socket.write(this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending));
    this.#pending = [];
  }

  receive(chunk: Buffer): void {
    this.#text += chunk.toString('latin1');
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = lengthFormat.exec(this.#text)?.[1];
      if (length === undefined) throw new Error(`Expected a content-length, got ${this.#text}`);
      const next = end + 4 + Number(length);
      if (this.#text.length < next) return;
      const status = Number(this.#text.slice(9, 12));
      const body = this.#text.slice(end + 4, next);
      this.#text = this.#text.slice(next);
      this.#take(this, this.#due.shift() ?? 0, status, body);
    }
  }

  ended(): void {
    if (this.#isClosed) return;
    for (const dueAt of this.#due.splice(0)) this.#take(this, dueAt, 0, '');
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.resetAndDestroy();
  }
}
