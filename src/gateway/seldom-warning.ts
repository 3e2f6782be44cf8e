// A warning about something that may happen thousands of times a second: it is logged when it begins and then once a minute
// at most, with how often it has happened.

import type {Logger} from 'pino';
import type {Clock} from '../core/clock.ts';

const intervalMs = 60_000;

export class SeldomWarning {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #event: string;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(clock: Clock, log: Logger, event: string) {
    this.#clock = clock;
    this.#log = log;
    this.#event = event;
  }

  /** It has happened once more; `fields` tell of this time. */
  count(fields: Readonly<Record<string, unknown>>): void {
    this.#count++;
    const now = this.#clock.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + intervalMs;
    this.#log.warn({...fields, count: this.#count}, this.#event);
    this.#count = 0;
  }
}
