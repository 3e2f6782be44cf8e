// Fairness between clients while calls wait: start-time fair queueing. Each waiting call has a start tag, the turn of its
// client, and the lowest tag is next. A client that was served has its next call one turn later; a client that was not
// keeps its turn. A client that makes many calls at a time (unordered_types) has them one turn behind the other. Clients
// with the same turn are equal, so that of their calls the newest may be next: the one with most of its deadline left.
// Nothing is kept while no call waits. Called by socket-pool.ts. [RB-72]

import type {Call} from './call.ts';
import type {Waiting} from './waiting-calls.ts';

/** A call that waits for its turn. */
interface Turn extends Waiting {
  readonly call: Call;
}

/** Clients remembered; beyond, all are forgotten, and equal again. */
export const clientsMax = 65_536;

/** The turns of the clients whose calls wait. */
export class Turns {
  /** By identity: the turn of its next message call. */
  readonly #next = new Map<string, number>();
  /** The latest turn that was served. */
  #now = 1;
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
      case 'events':
        turn.order = turn.sequence;
        return;
      default:
        // A client that missed its turn is owed that one, but not all those before it.
        turn.order = Math.max(this.#now - 1, this.#next.get(call.identity) ?? this.#now);
        if (this.#next.size >= clientsMax) this.#next.clear();
        this.#next.set(call.identity, turn.order + 1);
    }
  }

  /** The call is made. */
  serve({call, order}: Turn): void {
    if (call.kind === 'message' && order > this.#now) this.#now = order;
  }

  /** The call was not made after all: its client is where it was. */
  giveBack({call, order}: Turn): void {
    if (call.kind === 'message' && this.#next.get(call.identity) === order + 1) this.#next.set(call.identity, order);
  }

  clear(): void {
    this.#next.clear();
    this.#now = 1;
  }
}
