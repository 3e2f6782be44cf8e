// Decides what follows when an actor fails: one-for-one, so a failure concerns the actor that failed and no other. An
// actor is restarted within a limit (core/restart-limit.ts); then the supervisor escalates to its parent, and the
// root to the scheduler, which ends the thread rather than let it answer falsely.

import type {Clock} from '../core/clock.ts';
import {RestartLimit} from '../core/restart-limit.ts';

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
  /** Called with each failure, for the log. */
  readonly onFailure: (actor: string, error: unknown) => void;
  /** Called when restarting did not help: the parent supervisor's business, or the thread's. */
  readonly escalate: (error: unknown) => void;
}

/** Supervises one family of actors; see the head of this file. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #limit: RestartLimit;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#limit = new RestartLimit(options.clock);
  }

  /** Called by a cell whose behaviour threw `error`. */
  failed(cell: Supervised, error: unknown): void {
    this.#options.onFailure(cell.name, error);
    if (this.#options.directive === 'stop') {
      cell.giveUp(error);
      return;
    }
    if (!this.#limit.admit()) {
      cell.giveUp(error);
      this.#options.escalate(error);
      return;
    }
    cell.restart();
  }
}
