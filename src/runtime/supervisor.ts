// Decides what follows when an actor fails: one-for-one, so a failure concerns the actor that failed and no other. An
// actor is restarted up to `restartsMax` times within `periodMs`; then the supervisor escalates to its parent, and the
// root to the scheduler, which ends the thread rather than let it answer falsely.

import type {Clock} from '../core/clock.ts';

/** What is done with an actor that failed. */
export type Directive = 'restart' | 'stop';

/** What a supervisor decides about: an actor's cell, whatever its messages are. */
export interface Supervised {
  readonly name: string;
  restart(): void;
  giveUp(error: unknown): void;
}

/** How one family of actors is supervised. */
export interface SupervisorOptions {
  readonly clock: Clock;
  /** `restart`: a new behaviour, the same mailbox. `stop`: the actor ends; for actors that stand for one client. */
  readonly directive: Directive;
  /** @default 5 */
  readonly restartsMax?: number;
  /** @default 30,000 ms */
  readonly periodMs?: number;
  /** Told of each failure, for the log. */
  readonly onFailure: (actor: string, error: unknown) => void;
  /** Told when restarting did not help: the parent supervisor's business, or the thread's. */
  readonly escalate: (error: unknown) => void;
}

/** Supervises one family of actors; see the head of this file. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #restartsMax: number;
  readonly #periodMs: number;
  // When the latest restarts were, oldest first, at most restartsMax.
  readonly #restarts: number[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#restartsMax = options.restartsMax ?? 5;
    this.#periodMs = options.periodMs ?? 30_000;
  }

  /** Called by a cell whose behaviour threw `error`. */
  failed(cell: Supervised, error: unknown): void {
    this.#options.onFailure(cell.name, error);
    if (this.#options.directive === 'stop') {
      cell.giveUp(error);
      return;
    }
    const now = this.#options.clock.now();
    while (this.#restarts.length > 0 && now - (this.#restarts[0] as number) > this.#periodMs) this.#restarts.shift();
    if (this.#restarts.length >= this.#restartsMax) {
      cell.giveUp(error);
      this.#options.escalate(error);
      return;
    }
    this.#restarts.push(now);
    cell.restart();
  }
}
