// Who waits for a client to be open: each with a bound of its own. Part of a Rainbow.

import type {Clock} from '../core/clock.ts';
import {check, RainbowClientError, show} from './errors.ts';
import type {ClosedEvent} from './events.ts';
import {timerMsMax} from './ledger.ts';

/** How `bloom()` waits. */
export interface OpenOptions {
  /** Milliseconds after which it rejects with `RB_NOT_CONNECTED`; attempts go on until `fade()`. @default no end */
  readonly timeout?: number;
  /** Ends the wait with `RB_ABORTED`, likewise. */
  readonly signal?: AbortSignal;
}

export class Opening {
  readonly #clock: Clock;
  /** How the last connection or attempt ended. */
  readonly #last: () => ClosedEvent | undefined;
  #outcome = Promise.withResolvers<void>();

  constructor(clock: Clock, last: () => ClosedEvent | undefined) {
    this.#clock = clock;
    this.#last = last;
    this.#begin();
  }

  /** Settles with the next {@link Opening.opened} or {@link Opening.ended}, or at a bound of the options. */
  wait({timeout = Number.POSITIVE_INFINITY, signal}: OpenOptions): Promise<void> {
    check(
      typeof timeout === 'number' && timeout > 0,
      `timeout is ${show(timeout)}; it may be any number of ms above 0`,
    );
    const {promise, resolve, reject} = Promise.withResolvers<void>();
    this.#outcome.promise.then(resolve, reject);
    const giveUp = (code: 'RB_NOT_CONNECTED' | 'RB_ABORTED', cause: unknown): void => {
      reject(new RainbowClientError(code, undefined, {cause, closed: this.#last()}));
    };
    const abort = (): void => giveUp('RB_ABORTED', signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    const late = (): void => giveUp('RB_NOT_CONNECTED', this.#last()?.cause);
    const timer = timeout <= timerMsMax ? this.#clock.startTimer(timeout, late) : undefined;
    const forget = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', abort);
    };
    // Not everybody waits for it, and who does not hears of it by events.
    promise.then(forget, forget);
    return promise;
  }

  opened(): void {
    this.#outcome.resolve();
    this.#begin();
  }

  ended(state: string): void {
    this.#outcome.reject(this.error(state));
    this.#begin();
  }

  /** That the client is over, and why. */
  error(state: string): RainbowClientError {
    const closed = this.#last();
    return new RainbowClientError('RB_CLOSED', state, {closed, cause: closed?.cause});
  }

  #begin(): void {
    this.#outcome = Promise.withResolvers();
    this.#outcome.promise.catch(() => {});
  }
}
