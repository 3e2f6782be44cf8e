// What may happen thousands of times a second and that an operator should read of once a minute: the first report of an
// event is passed on at once, those of the next interval as one, with their number. Each thread gathers for a second and
// hands its reports to the main thread, which gathers for a minute over all threads and writes to the log.

import type {Clock, Timer} from '../../core/clock.ts';

/** One or more occurrences of an event; plain data, since it crosses threads. */
export interface Report {
  readonly level: 'info' | 'warn' | 'error';
  /** Name of the event in the log. */
  readonly event: string;
  /** Occurrences with another topic are logged apart. @default all together */
  readonly topic?: string;
  /** Of the latest occurrence. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** How many. @default 1 */
  readonly count?: number;
}

/** What the log is written to once a minute at most. */
export const logIntervalMs = 60_000;

/** What a thread gathers before it reports to the main thread. */
export const threadIntervalMs = 1_000;

/** Topics of all events at a time; those beyond are logged as one. */
const topicsMax = 64;

interface Gathering {
  latest: Report | undefined;
  count: number;
  timer: Timer;
}

/** Gathers repeated reports, and passes each kind on once an interval with its number. */
export class Reports {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #pass: (report: Report) => void;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(clock: Clock, intervalMs: number, pass: (report: Report) => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#pass = pass;
  }

  /** It has happened: passed on now, or with what else happens in this interval. */
  take(report: Report): void {
    const key = this.#keyOf(report);
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) {
      this.#gatherings.set(key, {latest: undefined, count: 0, timer: this.#startTimer(key)});
      this.#pass(report);
      return;
    }
    gathering.latest = report;
    gathering.count += report.count ?? 1;
  }

  /** Forgets a topic: its next report is passed on at once. */
  forget(event: string, topic = ''): void {
    const key = `${event} ${topic}`;
    this.#gatherings.get(key)?.timer.cancel();
    this.#gatherings.delete(key);
  }

  /** Passes on what was gathered so far, as the end of the thread does. */
  stop(): void {
    for (const {latest, count, timer} of this.#gatherings.values()) {
      timer.cancel();
      if (latest !== undefined) this.#pass({...latest, count});
    }
    this.#gatherings.clear();
  }

  #keyOf({event, topic = ''}: Report): string {
    const key = `${event} ${topic}`;
    return this.#gatherings.size < topicsMax || this.#gatherings.has(key) ? key : `${event} `;
  }

  #startTimer(key: string): Timer {
    return this.#clock.startTimer(this.#intervalMs, () => this.#endInterval(key));
  }

  #endInterval(key: string): void {
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) return;
    const {latest, count} = gathering;
    if (latest === undefined) {
      this.#gatherings.delete(key);
      return;
    }
    gathering.latest = undefined;
    gathering.count = 0;
    gathering.timer = this.#startTimer(key);
    this.#pass({...latest, count});
  }
}
