// Ids whose flow has ended while answers to repeated SENDs are still on their way. Until those have come the id is given
// to no other message: an ACK that is late would confirm a message that the client never saw. [RB-05] [RB-61]
// Part of the sending half; made when the first such id is met, which takes a retransmission.

import {messageIdMax} from '../protocol/packet.ts';

export class QuarantinedIds {
  /** Answers to come by id, the longest held first. */
  readonly #owed = new Map<number, number>();
  readonly #idsMax: number;

  /** At most a window of ids is held, and never so many that none is left for the window; the oldest is given up. */
  constructor(window: number) {
    this.#idsMax = Math.min(window, messageIdMax - window);
  }

  has(id: number): boolean {
    return this.#owed.has(id);
  }

  /** The flow of `id` has ended, and `answers` more may come. */
  expect(id: number, answers: number): void {
    if (this.#idsMax === 0) return;
    this.#owed.set(id, answers);
    if (this.#owed.size <= this.#idsMax) return;
    for (const oldest of this.#owed.keys()) {
      this.#owed.delete(oldest);
      return;
    }
  }

  /** An ACK or REC has come for an id that is not in flight. */
  answered(id: number): void {
    const answers = this.#owed.get(id);
    if (answers === undefined) return;
    if (answers === 1) this.#owed.delete(id);
    else this.#owed.set(id, answers - 1);
  }
}
