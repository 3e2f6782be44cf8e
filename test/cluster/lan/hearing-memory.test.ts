// What a node remembers of what it hears: bounded in time and number, for any sender.

import test from 'ava';
import {AnnouncementMemory, nodesRememberedMax} from '../../../src/cluster/lan/announcement-memory.ts';
import {DatagramBudget, perAddressMax, perSourceMax, strangersMax} from '../../../src/cluster/lan/datagram-budget.ts';
import {RateLimitedLog} from '../../../src/cluster/lan/rate-limited-log.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createCounters} from '../../../src/core/counters.ts';

/** How many of `count` datagrams are read. */
function read(count: number, mayRead: (index: number) => boolean): number {
  return Array.from({length: count}, (_, index) => mayRead(index)).filter(Boolean).length;
}

test('an announcement is news once, and none is after a goodbye', (t) => {
  const memory = new AnnouncementMemory(new SimulatedClock());
  t.true(memory.isNews('a', 5));
  for (const sequence of [5, 4, 0]) t.false(memory.isNews('a', sequence));
  t.true(memory.isNews('b', 5));
  t.true(memory.isNews('a', 6));
  memory.depart('a');
  t.false(memory.isNews('a', 7));
});

test('at the bound the node longest unheard is forgotten, and no other', (t) => {
  const memory = new AnnouncementMemory(new SimulatedClock());
  for (let node = 0; node < nodesRememberedMax; node++) t.true(memory.isNews(`node ${node}`, 1));
  t.false(memory.isNews('node 0', 1), 'at the bound all are known');
  // Heard again, it is no longer the one longest unheard.
  t.true(memory.isNews('node 0', 2));
  t.true(memory.isNews('one more', 1));
  t.false(memory.isNews('node 0', 2));
  t.false(memory.isNews('node 2', 1));
  t.true(memory.isNews('node 1', 1), 'it was forgotten');
});

test('a node is remembered for ten minutes after it was heard', (t) => {
  const clock = new SimulatedClock();
  const memory = new AnnouncementMemory(clock);
  t.true(memory.isNews('a', 1));
  t.true(memory.isNews('b', 1));
  clock.advance(599_999);
  t.true(memory.isNews('b', 2));
  t.false(memory.isNews('a', 1));
  clock.advance(1);
  t.true(memory.isNews('b', 3));
  t.true(memory.isNews('a', 1), 'it was forgotten');
});

test('each source, each address and all strangers have their number of datagrams in each second', (t) => {
  const clock = new SimulatedClock();
  const budget = new DatagramBudget(clock);
  for (let second = 0; second < 3; second++) {
    const one = read(perSourceMax + 5, () => budget.mayRead('10.0.0.1', 1, false));
    t.is(one, perSourceMax, `a source in second ${second}`);
    const address = read(perAddressMax + 5, (index) => budget.mayRead('10.0.0.1', 2 + index, false));
    t.is(address, perAddressMax - perSourceMax, `an address in second ${second}`);
    const all = read(strangersMax, (index) => budget.mayRead(`10.1.${index >> 8}.${index & 255}`, 1, false));
    t.is(all, strangersMax - perAddressMax, `strangers in second ${second}`);
    const node = read(perSourceMax + 5, () => budget.mayRead('10.0.0.1', 40_000, true));
    t.is(node, perSourceMax, `a node that is up in second ${second}`);
    clock.advance(999);
    t.false(budget.mayRead('10.0.0.1', 1, false), 'the second is not over');
    clock.advance(1);
  }
});

test('of datagrams refused the first is logged with its reason, and each minute after it how many there were in it', (t) => {
  const clock = new SimulatedClock();
  const counters = createCounters();
  const log: unknown[] = [];
  const refusals = new RateLimitedLog({clock, counters, report: (event, fields) => log.push([event, fields])});
  refusals.note('garbage', '10.0.0.9:1');
  refusals.note('port', '10.0.0.9:2');
  refusals.note('port', '10.0.0.9:3');
  t.deepEqual(log.splice(0), [['cluster.datagramRefused', {reason: 'garbage', from: '10.0.0.9:1'}]]);
  clock.advance(60_000);
  t.deepEqual(log.splice(0), [['cluster.datagramsRefused', {count: 2}]]);
  refusals.note('unsigned', '10.0.0.8:1');
  refusals.note('unsigned', '10.0.0.8:2');
  clock.advance(60_000);
  t.deepEqual(log.splice(0), [
    ['cluster.datagramRefused', {reason: 'unsigned', from: '10.0.0.8:1'}],
    ['cluster.datagramsRefused', {count: 1}],
  ]);
  refusals.note('garbage', '10.0.0.7:1');
  clock.advance(60_000);
  t.is(log.length, 1, 'a minute without any says nothing');
  t.is(counters.announcementsRefused, 6);
  refusals.note('garbage', '10.0.0.7:1');
  refusals.stop();
  t.is(clock.pendingCount, 0);
});
