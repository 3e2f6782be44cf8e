// The log's word of handshakes: what passes only because a key of the configuration is not set, once for the whole node;
// origins that were refused and identities that cannot be one, once a minute at most.

import type {Logger} from 'pino';
import type {Reports} from './reports.ts';
import {SeldomWarning} from './seldom-warning.ts';

/** What a line says beside its event. */
export type NoticeFields = Readonly<Record<string, string>>;

const events = ['origin.unchecked', 'proxy.unchecked'] as const;
/** Bytes of the memory that the threads of a node share. */
export const noticesBytes = events.length * Int32Array.BYTES_PER_ELEMENT;

export class HandshakeNotices {
  readonly #log: Logger;
  readonly #refused: SeldomWarning;
  readonly #unfit: SeldomWarning;
  readonly #given: Int32Array;

  /** `memory`: which lines some thread has written. */
  constructor(reports: Reports, log: Logger, memory: SharedArrayBuffer) {
    this.#log = log;
    this.#refused = new SeldomWarning(reports, 'origin.refused');
    this.#unfit = new SeldomWarning(reports, 'identity.unfit');
    this.#given = new Int32Array(memory);
  }

  /** Refused: its origin is not in `allowed_origins`. */
  originRefused(fields: NoticeFields): void {
    this.#refused.count({...fields, key: 'allowed_origins'});
  }

  /** Let in under another name than the business server meant. */
  identityUnfit(fields: NoticeFields): void {
    this.#unfit.count(fields);
  }

  /** Let pass: the page of another host connects with its visitor's cookies, and `allowed_origins` is not set. */
  originUnchecked(fields: NoticeFields): void {
    this.#once('origin.unchecked', {...fields, key: 'allowed_origins'});
  }

  /** Whether {@link proxyUnchecked} would write a line: finding its header takes a look at all of them. */
  get isProxyDue(): boolean {
    return this.#given[events.indexOf('proxy.unchecked')] === 0;
  }

  /** Passed on: a header that only a proxy may set, and `trusted_proxies` is not set. */
  proxyUnchecked(fields: NoticeFields): void {
    this.#once('proxy.unchecked', {...fields, key: 'trusted_proxies'});
  }

  #once(event: (typeof events)[number], fields: NoticeFields): void {
    if (Atomics.exchange(this.#given, events.indexOf(event), 1) === 0) this.#log.warn(fields, event);
  }
}
