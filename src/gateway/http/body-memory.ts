// The bodies of API calls in the node's memory, from before their first byte is read until their call is answered. A call
// for whose body there is no room is refused unread.

import type {FastifyReply, FastifyRequest} from 'fastify';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {messageOverheadBytes} from '../../core/memory-bound.ts';
import type {Refusal} from '../../protocol/refusal.ts';

/** Of a body that its call reads as it comes, what is in the node at a time, with as much of its answers. */
const streamBytes = 65_536;

export class BodyMemory {
  readonly #memory: MemoryBound;
  readonly #bytesMax: number;
  /** Bytes held for the frames of bodies that are still coming. */
  readonly #forFrames = new WeakMap<FastifyReply, number>();

  /** A body without a length counts as one of `bytesMax`. */
  constructor(memory: MemoryBound, bytesMax: number) {
    this.#memory = memory;
    this.#bytesMax = bytesMax;
  }

  /** Takes the room for the body of `request` until it was answered or its caller has gone; `false` if there is no room. */
  admit({headers}: FastifyRequest, reply: FastifyReply): boolean {
    const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : this.#bytesMax;
    return this.#take(reply, length);
  }

  /** The same for a body that its call reads as it comes; what it keeps of it, the call holds. */
  admitStream(reply: FastifyReply): boolean {
    return this.#take(reply, streamBytes);
  }

  /** The body has come, and its call is made: its publication holds the frame from now on. */
  beginCall(reply: FastifyReply): void {
    this.#memory.release(this.#forFrames.get(reply) ?? 0);
    this.#forFrames.delete(reply);
  }

  get refusal(): Refusal {
    const {total, max, isHeapFull} = this.#memory;
    const detail = isHeapFull
      ? "V8's heap is nearly full. Retry later"
      : `The gateway holds ${Math.round(total)} bytes for clients and callers (memory_max is ${max}). Retry later`;
    return {code: 'RB_OVERLOADED', detail};
  }

  #take(reply: FastifyReply, length: number): boolean {
    // With room for the copy that its publication makes, its frame: many slow bodies may be admitted before the first one
    // becomes a frame.
    if (!this.#memory.hasRoomFor(2 * length + messageOverheadBytes)) return false;
    this.#memory.hold(2 * length + messageOverheadBytes);
    this.#forFrames.set(reply, length);
    reply.raw.once('close', () => {
      this.beginCall(reply);
      this.#memory.release(length + messageOverheadBytes);
    });
    return true;
  }
}
