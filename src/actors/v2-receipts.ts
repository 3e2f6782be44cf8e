// How the latest messages of a client have ended, for a client that did not get the answer: after a resume it sends such a
// message again, and gets the same answer without a call, until its first new SEND. [RB-73] Part of the receiving half.

import type {MemoryBound} from '../core/memory-bound.ts';
import {ownBytes} from '../core/own-bytes.ts';
import type {Failure} from '../protocol/control-payload.ts';
import type {Qos} from '../protocol/packet.ts';

/** How the flow of one id has ended. */
export interface Receipt {
  readonly id: number;
  readonly qos: Qos;
  readonly type: number;
  /** Of an ACK. */
  readonly reply: Uint8Array;
  /** Of a FAIL. */
  readonly failure: Failure | undefined;
}

const overheadBytes = 128;

export class Receipts {
  readonly #memory: MemoryBound;
  readonly #countMax: number;
  readonly #bytesMax: number;
  /** Answers of this connection, the oldest first. */
  readonly #recent = new Map<number, Receipt>();
  /** Those of former ones, while the client may ask for them. */
  readonly #former = new Map<number, Receipt>();
  #bytes = 0;

  constructor(memory: MemoryBound, countMax: number, bytesMax: number) {
    this.#memory = memory;
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  /** Keeps an answer that is about to be sent. */
  keep(receipt: Receipt): void {
    this.#drop(this.#recent, receipt.id);
    this.#put(this.#recent, {...receipt, reply: ownBytes(receipt.reply)});
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= this.#countMax && this.#bytes <= this.#bytesMax) return;
      this.#drop(this.#recent, id);
    }
  }

  /** The answer of a message that the client repeats; `undefined` where it is a new one. */
  find(id: number, qos: Qos, type: number): Receipt | undefined {
    const receipt = this.#former.get(id);
    return receipt?.qos === qos && receipt.type === type ? receipt : undefined;
  }

  /** Another connection carries the session. */
  resumed(): void {
    for (const [id, receipt] of this.#recent) {
      this.#drop(this.#former, id);
      this.#former.set(id, receipt);
    }
    this.#recent.clear();
    for (const id of this.#former.keys()) {
      if (this.#former.size <= this.#countMax) return;
      this.#drop(this.#former, id);
    }
  }

  /** The client has sent a new message, so that it has repeated all that it will. */
  forgetFormer(): void {
    for (const id of this.#former.keys()) this.#drop(this.#former, id);
  }

  close(): void {
    this.#recent.clear();
    this.#former.clear();
    this.#memory.release(this.#bytes);
    this.#bytes = 0;
  }

  #put(where: Map<number, Receipt>, receipt: Receipt): void {
    where.set(receipt.id, receipt);
    this.#hold(bytesOf(receipt));
  }

  #drop(where: Map<number, Receipt>, id: number): void {
    const receipt = where.get(id);
    if (receipt === undefined) return;
    where.delete(id);
    this.#hold(-bytesOf(receipt));
  }

  #hold(bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0) this.#memory.hold(bytes);
    else this.#memory.release(-bytes);
  }
}

function bytesOf({reply, failure}: Receipt): number {
  return overheadBytes + reply.length + (failure?.data?.length ?? 0);
}
