// Logs the close calls that were given up: seldom while the gateway runs, in one line at its end. Identities only at debug.

import type {Logger} from 'pino';
import type {CloseLoss} from '../../actors/owed-close.ts';
import {RateLimitedWarning} from './rate-limited-warning.ts';
import type {Reports} from './reports.ts';

/** Of the clients whose close calls were left at the end. */
const identitiesMax = 1_000;

export class CloseLosses {
  readonly #log: Logger;
  readonly #warning: RateLimitedWarning;

  constructor(reports: Reports, log: Logger) {
    this.#log = log;
    this.#warning = new RateLimitedWarning(reports, 'closeCall.lost');
  }

  /** One was given up. */
  lost({identity, ...loss}: CloseLoss): void {
    this.#warning.count(loss);
    this.#log.debug({identity, ...loss}, 'closeCall.lostFor');
  }

  /** The thread ends, and these were left. */
  leftAtEnd(losses: readonly CloseLoss[]): void {
    if (losses.length === 0) return;
    this.#log.error({count: losses.length}, 'closeCalls.lostAtShutdown');
    const identities = losses.slice(0, identitiesMax).map(({identity}) => identity);
    this.#log.debug({identities, count: losses.length}, 'closeCalls.lostFor');
  }
}
