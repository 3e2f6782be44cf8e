// Fairness between clients while calls wait: the call of the client that has waited for a call least lately is next. A
// client that makes many calls at a time (unordered_types) has them one behind the other, each as if it had made the one
// before a moment ago. Nothing is kept while no call waits. Called by socket-pool.ts. [RB-72]

import type {Call} from './call.ts';
import type {Waiting} from './waiting-calls.ts';

/** A call that waits for its turn. */
interface Turn extends Waiting {
  readonly call: Call;
}

/** Clients remembered; beyond, all are forgotten, and equal again. */
export const clientsMax = 65_536;

/** See above. */
export class Turns {
  /** By identity: the sequence of its last message call. */
  readonly #last = new Map<string, number>();
  #sequence = 0;

  /** Gives a call its place among those that wait. */
  take(turn: Turn): void {
    const {call} = turn;
    turn.sequence = ++this.#sequence;
    switch (call.kind) {
      case 'connect':
        // Nothing is known of who it is: the newest is next.
        turn.order = 0;
        return;
      case 'close':
        turn.order = turn.sequence;
        return;
      default:
        turn.order = this.#last.get(call.identity) ?? 0;
        if (this.#last.size >= clientsMax) this.#last.clear();
        this.#last.set(call.identity, turn.sequence);
    }
  }

  /** The call was not made after all: its client is where it was. */
  giveBack({call, order, sequence}: Turn): void {
    if (call.kind === 'message' && this.#last.get(call.identity) === sequence) this.#last.set(call.identity, order);
  }

  clear(): void {
    this.#last.clear();
  }
}
