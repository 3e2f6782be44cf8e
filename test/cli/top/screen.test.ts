// What `rainbow top` makes of two readings.

import test from 'ava';
import type {Connection} from '../../../src/business/index.ts';
import type {Sample} from '../../../src/cli/top/sample.ts';
import {renderTop} from '../../../src/cli/top/screen.ts';

const idle: Connection = {
  identity: 'idle',
  state: 'open.fresh',
  since: 0,
  heardAt: 99_000,
  channelCount: 0,
  inFlight: 0,
  queued: 0,
  queuedBytes: 0,
  inbound: 0,
  bufferedBytes: 0,
  thread: 0,
};

function sample(at: number, counters: object, busy: readonly Partial<Connection>[] = []): Sample {
  return {
    at,
    wallMs: 100_000,
    facts: {version: '1.2.3', uptimeSeconds: 90, channelsCount: 2, cpuPercent: 5, heldBytes: 1_048_576, counters},
    busy: busy.map((row) => ({...idle, ...row})),
    read: 5,
    total: 5,
    isPartial: false,
  };
}

test('rates are those between two readings; a gateway that started again has none below 0', (t) => {
  const before = sample(1_000, {packetsIn: 10, deliveries: 500, connectCallsEnded: 0, connectCallsMs: 0});
  const now = sample(3_000, {packetsIn: 30, deliveries: 4, connectCallsEnded: 4, connectCallsMs: 1_000});
  const text = renderTop('http://gateway', before, now, 3).join('\n');
  t.regex(text, /packets in 10\.0, deliveries 0\.0,/);
  t.regex(text, /^connect +2\.0 +250 ms$/m);
  t.regex(text, /^message +0\.0$/m);
  t.notRegex(renderTop('http://gateway', undefined, now, 3).join('\n'), /Per second|CALLS/);
});

test('lists have the worst first, and say how many there are', (t) => {
  const busy = [
    {identity: 'a', queued: 1},
    {identity: 'b', queued: 9, queuedBytes: 90},
    {identity: 'c', queued: 5},
    {identity: 'd', inFlight: 1, owesSince: 40_000},
    {identity: 'e', inFlight: 1, owesSince: 90_000},
  ];
  const lines = renderTop('http://gateway', undefined, sample(0, {}, busy), 2);
  const below = (title: string): string[] => {
    const place = lines.indexOf(title);
    return lines.slice(place + 2, place + 4).map((line) => line.split(' ')[0] ?? '');
  };
  t.deepEqual(below('Longest queues (2 of 3)'), ['b', 'c']);
  t.deepEqual(below('Do not acknowledge'), ['d', 'e']);
  t.false(lines.some((line) => line.startsWith('Most calls waiting')));
});

test('what a client has named itself cannot steer the terminal, and what is missing is said', (t) => {
  const part = {...sample(0, {}, [{identity: '\u001b[2J', queued: 1}]), read: 4, isPartial: true};
  const text = renderTop('http://gateway', undefined, part, 2).join('\n');
  t.false(text.includes('\u001b'));
  t.regex(text, /did not answer/);
  t.regex(text, /Only the first 4 of 5 clients/);
});
