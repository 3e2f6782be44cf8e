// The counters of a thread, and their sums.

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import {
  type CounterName,
  counterMeanings,
  countersBytes,
  createCounters,
  createRareCounters,
  sumCounters,
} from '../../src/core/counters.ts';

const names = Object.keys(counterMeanings) as CounterName[];

// A dictionary costs some 50 ns a look-up, which was half of an acknowledgement. First in the file: of several only the first
// is fast.
test.serial('the counters of a thread are no dictionary to V8, whatever else counts beside it', (t) => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = runInNewContext('(value) => %HasFastProperties(value)') as (value: object) => boolean;
  createRareCounters();
  sumCounters([new SharedArrayBuffer(countersBytes)]);
  const counters = createCounters();
  createRareCounters();
  t.true(isFast(counters));
});

test('each counter counts for itself, in memory that others read', (t) => {
  const memory = new SharedArrayBuffer(countersBytes);
  const counters = createCounters(memory);
  for (const [place, name] of names.entries()) counters[name] += place;
  const reader = createCounters(memory);
  for (const [place, name] of names.entries()) t.is(reader[name], place, name);
  t.deepEqual(JSON.parse(JSON.stringify(reader)), Object.fromEntries(names.map((name, place) => [name, place])));
});

test('sums follow what the threads count', (t) => {
  const memories = [new SharedArrayBuffer(countersBytes), new SharedArrayBuffer(countersBytes)];
  const [one, other] = memories.map((memory) => createCounters(memory));
  const sums = sumCounters(memories);
  if (one !== undefined) one.packetsIn = 2;
  if (other !== undefined) other.packetsIn += 3;
  t.is(sums.packetsIn, 5);
  t.deepEqual(Object.keys(sums), names);
});
