// Logs what is notable about handshakes: what passes only because a key of the configuration is not set, once for the whole
// node; origins that were refused and names that cannot be one, once a minute at most.

import type {Logger} from 'pino';
import type {HandshakeNotices, NoticeFields} from '../../fronts/rainbow/handshake-notices.ts';
import {RateLimitedWarning} from './rate-limited-warning.ts';
import type {Reports} from './reports.ts';

const events = ['origin.unchecked', 'proxy.unchecked'] as const;
/** Bytes of the memory that the threads of a node share. */
export const noticesBytes = events.length * Int32Array.BYTES_PER_ELEMENT;

/** Logs notices of handshakes at a bounded rate; used by every thread. */
export class HandshakeLog implements HandshakeNotices {
  readonly #log: Logger;
  readonly #refused: RateLimitedWarning;
  readonly #unfit: Readonly<Record<'identity' | 'user', RateLimitedWarning>>;
  readonly #given: Int32Array;

  /** `memory`: which lines some thread has written. */
  constructor(reports: Reports, log: Logger, memory: SharedArrayBuffer) {
    this.#log = log;
    this.#refused = new RateLimitedWarning(reports, 'origin.refused');
    this.#unfit = {
      identity: new RateLimitedWarning(reports, 'identity.unfit'),
      user: new RateLimitedWarning(reports, 'user.unfit'),
    };
    this.#given = new Int32Array(memory);
  }

  originRefused(fields: NoticeFields): void {
    this.#refused.count({...fields, key: 'allowed_origins'});
  }

  /** Admitted under another identity than the business server meant, or without a user. */
  nameUnfit(member: 'identity' | 'user', fields: NoticeFields): void {
    this.#unfit[member].count(fields);
  }

  originUnchecked(fields: NoticeFields): void {
    this.#once('origin.unchecked', {...fields, key: 'allowed_origins'});
  }

  get isProxyDue(): boolean {
    return this.#given[events.indexOf('proxy.unchecked')] === 0;
  }

  proxyUnchecked(fields: NoticeFields): void {
    this.#once('proxy.unchecked', {...fields, key: 'trusted_proxies'});
  }

  #once(event: (typeof events)[number], fields: NoticeFields): void {
    if (Atomics.exchange(this.#given, events.indexOf(event), 1) === 0) this.#log.warn(fields, event);
  }
}
