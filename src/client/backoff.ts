// How long to wait before the next attempt: longer each time, and random over the whole span, because thousands of
// clients may have lost their connections together. Never at once, whatever happens: no loop of attempts is tight.

import {backoffMs} from '../core/backoff.ts';
import type {Settings} from './options.ts';

/** The least wait there is. */
const leastMs = 100;
/** A connection that lasted as long counts as good: the next wait is short again. */
const lastingMs = 10_000;
/** So many failures in a row reach the longest span, whatever the shortest is. */
const failuresCounted = 16;

export class Backoff {
  /** Attempts in a row that failed, or opened and did not last. */
  failures = 0;
  readonly #settings: Settings;
  #openedAt = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A connection was opened. */
  opened(): void {
    this.#openedAt = this.#settings.clock.now();
  }

  /** A connection, or an attempt where it `wasOpen` not, has ended: how long to wait. */
  nextMs(wasOpen: boolean): number {
    const {clock, random, backoffMinMs, backoffMaxMs} = this.#settings;
    if (wasOpen && clock.now() - this.#openedAt >= lastingMs) this.failures = 0;
    this.failures++;
    return backoffMs(random, {leastMs, firstMs: backoffMinMs, maxMs: backoffMaxMs}, this.failures);
  }

  /** A sign that the next attempt may succeed. Still random, because other clients see the same sign. */
  hurryMs(): number {
    const {random, backoffMinMs} = this.#settings;
    return random.integer(leastMs, backoffMinMs);
  }

  /** The gateway reports that this client exceeded a limit: the longest wait, random. */
  slowDown(): void {
    this.failures = failuresCounted;
    // The connection may have lasted.
    this.#openedAt = Number.POSITIVE_INFINITY;
  }

  reset(): void {
    this.failures = 0;
  }
}
