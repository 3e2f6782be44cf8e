// What a thread reports of its calls to the business server: each failure, and the first answer after one. The counterpart
// in the main thread is business-watch.ts.

import type {Answer, Call} from '../../upstream/call.ts';
import type {GatewayOptions} from '../config/options.ts';
import type {Reports} from './reports.ts';

/** Kinds of calls. */
export type CallKind = Call['kind'];

/** The event that each failure is reported as. */
export const failingEvent = 'upstream.failing';

/** Reported when a call of a kind that failed is answered again; not logged as such. */
export const answeringEvent = 'upstream.answering';

/**
 * Which kinds of calls are failing, in memory that the threads of a node share: set by a failure on any, so that an answer on
 * any other ends it.
 */
export class FailingKinds {
  readonly #flags: Int32Array;

  constructor(memory = new SharedArrayBuffer(failingKindsBytes)) {
    this.#flags = new Int32Array(memory);
  }

  has(kind: CallKind): boolean {
    return this.#flags[places[kind]] === 1;
  }

  set(kind: CallKind, isFailing: boolean): void {
    Atomics.store(this.#flags, places[kind], isFailing ? 1 : 0);
  }
}

const places: Readonly<Record<CallKind, number>> = {connect: 0, message: 1, close: 2, events: 3};

/** Memory of {@link FailingKinds}. */
export const failingKindsBytes = 4 * Int32Array.BYTES_PER_ELEMENT;

/** Reports a thread's failed calls to the business server, and the first answer after a failure. */
export class BusinessReports {
  readonly #reports: Reports;
  readonly #failing: FailingKinds;
  readonly #urls: Readonly<Record<CallKind, string>>;

  constructor(
    reports: Reports,
    failing: FailingKinds,
    options: Pick<GatewayOptions, 'connectUrl' | 'forwardUrl' | 'closeUrl'> &
      Partial<Pick<GatewayOptions, 'eventsUrl'>>,
  ) {
    this.#reports = reports;
    this.#failing = failing;
    const {connectUrl, forwardUrl, closeUrl, eventsUrl = ''} = options;
    this.#urls = {connect: connectUrl, message: forwardUrl, close: closeUrl, events: eventsUrl};
  }

  /** A call has ended. On the hot path where it was answered. */
  ended(kind: CallKind, answer: Answer): void {
    if (answer.kind !== 'failed') {
      if (this.#failing.has(kind)) this.#answersAgain(kind);
      return;
    }
    const {reason, status, cause, wasSent} = answer;
    // Not the business server's doing: the client left, or the gateway stops.
    if (reason === 'withdrawn' || reason === 'stopped') return;
    const fields = {
      kind,
      url: this.#urls[kind],
      reason,
      ...(status !== undefined && {status}),
      ...(cause !== undefined && {cause}),
    };
    if (reason === 'overloaded' || (reason === 'invalid' && !wasSent)) {
      this.#reports.take({level: 'warn', event: 'upstream.callNotMade', topic: `${kind} ${reason} ${cause}`, fields});
      return;
    }
    this.#failing.set(kind, true);
    const topic = `${kind} ${reason} ${status} ${cause}`;
    this.#reports.take({level: 'warn', event: failingEvent, topic, fields});
  }

  #answersAgain(kind: CallKind): void {
    this.#failing.set(kind, false);
    this.#reports.take({level: 'info', event: answeringEvent, topic: kind, fields: {kind}});
  }
}
