// Whether the business server works, as the log says it: a warning for each kind of call and cause when it begins to fail and
// once a minute while it does, one line when it works again. One a node, in the main thread; what the threads report comes
// from business-reports.ts.

import type {Clock, Timer} from '../../core/clock.ts';
import {answeringEvent, type CallKind, type FailingKinds, failingEvent} from './business-reports.ts';
import type {Report, Reports} from './reports.ts';

/** Works again: a call was answered, and none failed for so long. A server that fails now and then has not recovered. */
const quietMs = 5_000;

/** Of one kind of call, from its first failure to its recovery. */
interface Failing {
  readonly since: number;
  /** Topics that were logged. */
  readonly topics: Set<string>;
  count: number;
  latestAt: number;
  url: unknown;
  recovery: Timer | undefined;
}

/** Logs when the business server begins to fail, once a minute while it fails, and when it has recovered. */
export class BusinessWatch {
  readonly #clock: Clock;
  readonly #reports: Reports;
  readonly #kinds: FailingKinds;
  readonly #failing = new Map<CallKind, Failing>();

  /** `reports` are those of the node, which write to the log. */
  constructor(clock: Clock, reports: Reports, kinds: FailingKinds) {
    this.#clock = clock;
    this.#kinds = kinds;
    this.#reports = reports;
  }

  /** Takes every report of a thread, those about other things as well. */
  take(report: Report): void {
    // Every report of these two events has it.
    const kind = report.fields.kind as CallKind;
    if (report.event === answeringEvent) {
      this.#answered(kind);
      return;
    }
    if (report.event === failingEvent) this.#failed(kind, report);
    this.#reports.take(report);
  }

  stop(): void {
    for (const {recovery} of this.#failing.values()) recovery?.cancel();
  }

  #failed(kind: CallKind, {count = 1, topic = '', fields}: Report): void {
    const now = this.#clock.now();
    // Once more: an answer may have come before this report did, and the next one must end what it begins.
    this.#kinds.set(kind, true);
    let failing = this.#failing.get(kind);
    if (failing === undefined) {
      failing = {since: now, topics: new Set(), count: 0, latestAt: now, url: fields.url, recovery: undefined};
      this.#failing.set(kind, failing);
    }
    failing.count += count;
    failing.latestAt = now;
    failing.topics.add(topic);
    failing.recovery?.cancel();
    failing.recovery = undefined;
  }

  #answered(kind: CallKind): void {
    const failing = this.#failing.get(kind);
    if (failing === undefined) return;
    failing.recovery?.cancel();
    const waitMs = Math.max(0, failing.latestAt + quietMs - this.#clock.now());
    failing.recovery = this.#clock.startTimer(waitMs, () => this.#recovered(kind, failing));
  }

  #recovered(kind: CallKind, {since, latestAt, count, topics, url}: Failing): void {
    this.#failing.delete(kind);
    // What comes next is news again.
    for (const topic of topics) this.#reports.forget(failingEvent, topic);
    const forMs = Math.round(latestAt - since);
    this.#reports.take({
      level: 'info',
      event: 'upstream.recovered',
      topic: `${kind} ${since}`,
      fields: {kind, url, forMs},
      count,
    });
  }
}
