// The clients of a thread that are not read for a while, so that what they send waits with them: the one back-pressure
// there is. Each says itself when it may be read again; those whose messages wait for memory are let in a few at a time.

import type {Clock, Timer} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';

/** Who is read, or not. */
export interface Gated {
  /** Whether its actor has caught up, and its pace allows for more. */
  readonly mayRead: boolean;
  pauseReading(): void;
  resumeReading(): void;
}

/** How soon a paused client is checked when no turn follows, as when it waits for its pace or for memory. */
const lookMs = 20;
/** Let in at a look, of those that wait for memory: each may bring as much as its socket has. */
const admittedAtOnce = 16;

/** What a gate is made of. */
export interface ReadGateParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly memory: MemoryBound;
  /** Makes sure that {@link ReadGate.look} is called soon. */
  readonly requestTurn: () => void;
}

export class ReadGate {
  readonly #parts: ReadGateParts;
  readonly #paused = new Set<Gated>();
  readonly #starved = new Set<Gated>();
  #timer: Timer | undefined;

  constructor(parts: ReadGateParts) {
    this.#parts = parts;
  }

  has(client: Gated): boolean {
    return this.#paused.has(client) || this.#starved.has(client);
  }

  /** Whether it waits for memory. */
  isStarved(client: Gated): boolean {
    return this.#starved.has(client);
  }

  /** Not before it may. */
  pause(client: Gated): void {
    if (!this.#paused.has(client)) this.#parts.counters.readsPaused++;
    this.#stop(client, this.#paused);
  }

  /** Not before what it sent has been handled: a socket may have megabytes to say at once. */
  yield(client: Gated): void {
    this.#stop(client, this.#paused);
    this.#parts.requestTurn();
  }

  /** Not before there is memory. */
  starve(client: Gated): void {
    if (!this.#starved.has(client)) this.#parts.counters.readsPaused++;
    this.#stop(client, this.#starved);
  }

  /** It has gone, or is to be read whatever it sends. */
  delete(client: Gated): void {
    this.#paused.delete(client);
    this.#starved.delete(client);
  }

  /** The edge ends: clients are no longer checked. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** Reads on where that may be; at the end of each turn. */
  look(): void {
    if (this.#paused.size + this.#starved.size === 0) return;
    for (const client of this.#paused) {
      if (!client.mayRead) continue;
      this.#paused.delete(client);
      if (!this.#starved.has(client)) client.resumeReading();
    }
    let admitted = 0;
    for (const client of this.#starved) {
      if (admitted === admittedAtOnce || this.#parts.memory.isTight) break;
      this.#starved.delete(client);
      admitted++;
      if (!this.#paused.has(client)) client.resumeReading();
    }
    this.#startTimer();
  }

  #stop(client: Gated, which: Set<Gated>): void {
    if (which.has(client)) return;
    which.add(client);
    client.pauseReading();
    this.#startTimer();
  }

  #startTimer(): void {
    if (this.#timer !== undefined || this.#paused.size + this.#starved.size === 0) return;
    this.#timer = this.#parts.clock.startTimer(lookMs, () => {
      this.#timer = undefined;
      this.look();
    });
  }
}
