// What a node logs beyond single events: repeated ones once a minute over all its threads, the state of the business server,
// and losses that are only counted. In the main thread.

import type {Logger} from 'pino';
import {type Clock, systemClock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {FailingKinds} from './business-reports.ts';
import {BusinessWatch} from './business-watch.ts';
import {watchCounters} from './counter-watch.ts';
import {logIntervalMs, type Report, Reports} from './reports.ts';

/** The log of a whole node, fed by its threads' reports. */
export interface NodeLog {
  /** Takes a thread's report. */
  readonly report: (report: Report) => void;
  /** Logs what was gathered so far. */
  readonly stop: () => void;
}

/** What it is made of. */
export interface NodeLogParts {
  readonly log: Logger;
  /** Of the whole node. */
  readonly counters: Readonly<Counters>;
  readonly failing: FailingKinds;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** Starts it. */
export function openNodeLog({log, counters, failing, clock = systemClock}: NodeLogParts): NodeLog {
  const reports = new Reports(clock, logIntervalMs, ({level, event, fields, count = 1}) => {
    log[level]({...fields, count}, event);
  });
  const business = new BusinessWatch(clock, reports, failing);
  const counts = watchCounters(clock, counters, reports);
  return {
    report: (report) => business.take(report),
    stop() {
      counts.stop();
      business.stop();
      reports.stop();
    },
  };
}
