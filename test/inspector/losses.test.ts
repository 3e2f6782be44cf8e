import test from 'ava';
import {createCounters} from '../../src/core/counters.ts';
import {countLosses} from '../../src/inspector/model/losses.ts';
import {makeSeries, type Series} from '../../src/inspector/model/series.ts';
import type {SnapshotLine} from '../../src/story/trace.ts';

function snapshot(at: number, counters: Readonly<Record<string, number>>): SnapshotLine {
  return {kind: 'snapshot', at, states: {}, steps: {}, counters, connections: 1};
}

/** The figures after these snapshots, by counter. */
function figures(...lines: SnapshotLine[]) {
  let series: Series = makeSeries();
  for (const [place, line] of lines.entries()) series = series.snapshot(line, lines[place - 1]);
  const groups = countLosses(lines.at(-1) ?? snapshot(0, {}), series.samples);
  return new Map(groups.flatMap(({losses}) => losses.map((loss) => [loss.counter, loss])));
}

test('what was lost, expired, timed out, refused or failed has its figure, also where that is zero', (t) => {
  const found = figures(snapshot(1_000, {}));
  for (const counter of [
    'publicationsTimedOut',
    'deliveriesLost',
    'deliveriesExpired',
    'deliveriesRefused',
    'callsFailed',
    'packetsUnknownId',
    'handshakesRefused',
    'apiErrors',
  ] as const) {
    t.like(found.get(counter), {total: 0, recent: 0}, counter);
  }
  t.false(found.has('deliveriesLate'));
});

test('a figure counts since the start of the gateway, and over the last minute', (t) => {
  const lines = [0, 30_000, 61_000].map((at, place) => snapshot(at, {deliveriesLost: 100 + place, deliveriesLate: 5}));
  const found = figures(...lines);
  t.like(found.get('deliveriesLost'), {total: 102, recent: 1});
  t.like(found.get('deliveriesLate'), {total: 5, recent: 0});
});

test('no counter of a loss is without its figure', (t) => {
  const all = Object.keys(createCounters());
  const found = figures(snapshot(0, Object.fromEntries(all.map((name) => [name, 1]))));
  const isLoss =
    /(?:Lost|Late|Refused|Expired|TimedOut|Dropped|Failed|Shed|Cut|Withdrawn|Faulty|UnknownId|Mismatched|Crashed|Missed|Overrun|Errors|Truncated|Unfit|Invalid|Abandoned|Partial|Unacknowledging|Overloaded|Failures)$/;
  // Of other nodes of the cluster, which are no messages.
  const isElsewhere = /^(?:node|nodes|announcements)[A-Z]/;
  const missing = all.filter(
    (name) => isLoss.test(name) && !isElsewhere.test(name) && ![...found.keys()].some((counter) => counter === name),
  );
  t.deepEqual(missing, []);
});
