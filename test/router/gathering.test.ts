// How many replies a publication waits for, whatever parts of the gateway it runs in.

import test from 'ava';
import {Gathering, type RecipientReport, type Want} from '../../src/router/gathering.ts';

const noBytes = new Uint8Array(0);

function gather(want: Want, parts: number) {
  const reports: RecipientReport[] = [];
  const gathering = new Gathering({want, wantsNames: true, onReport: (report) => reports.push(report)});
  const progress = Array.from({length: parts}, () => gathering.addPart());
  gathering.ready();
  const [first, second] = progress;
  if (first === undefined || second === undefined) throw new Error('Expected two parts');
  const settle = (part: typeof first, outcome: RecipientReport['outcome'], identity: string) =>
    part.settled({identity, outcome, data: noBytes, ms: 1});
  return {gathering, first, second, settle, reports};
}

test('a number of replies is enough as soon as so many have come, whichever part they come from', (t) => {
  const {gathering, first, second, settle} = gather(2, 2);
  first.begun(3, ['a', 'b', 'c']);
  settle(first, 'confirmed', 'a');
  t.false(gathering.isStopped);
  second.begun(1, ['d']);
  settle(second, 'confirmed', 'd');
  t.true(gathering.isStopped && gathering.isReached);
  t.deepEqual(
    [...gathering.unsettled()].map(([identity]) => identity),
    ['b', 'c'],
  );
});

test('a majority is of all recipients, and known only when every part has said how many it has', (t) => {
  const {gathering, first, second, settle} = gather('majority', 2);
  first.begun(2, ['a', 'b']);
  settle(first, 'confirmed', 'a');
  settle(first, 'confirmed', 'b');
  t.false(gathering.isStopped, 'the other part may have more');
  second.begun(2, ['c', 'd']);
  t.false(gathering.isStopped, 'two of four are no majority');
  settle(second, 'confirmed', 'c');
  t.true(gathering.isStopped && gathering.isReached);
});

test('a part that never said how many recipients it has makes no majority and no all', (t) => {
  for (const want of ['majority', 'all'] as const) {
    const {gathering, first, second, settle} = gather(want, 2);
    first.begun(1, ['a']);
    settle(first, 'confirmed', 'a');
    second.done('gone');
    t.false(gathering.isReached, want);
    t.is(gathering.isStopped, want === 'majority', 'more is not waited for');
  }
});

test('where not enough are left that may reply the gathering ends at once, and is not reached', (t) => {
  const {gathering, first, second, settle} = gather(2, 2);
  first.begun(2, ['a', 'b']);
  second.begun(1, ['c']);
  settle(first, 'gone', 'a');
  t.false(gathering.isStopped);
  settle(second, 'refused', 'c');
  t.true(gathering.isStopped);
  t.false(gathering.isReached);
});

test('more replies than there are recipients means all of them, and is never reached', (t) => {
  const {gathering, first, second, settle} = gather(5, 2);
  first.begun(1, ['a']);
  second.begun(1, ['b']);
  settle(first, 'confirmed', 'a');
  t.false(gathering.isStopped);
  settle(second, 'confirmed', 'b');
  t.true(gathering.isStopped);
  t.false(gathering.isReached);
});

test('recipients of a part that falls silent are not waited for, and what they said before counts', (t) => {
  const {gathering, first, second, settle} = gather('majority', 2);
  first.begun(2, ['a', 'b']);
  second.begun(3, ['c', 'd', 'e']);
  settle(second, 'confirmed', 'c');
  settle(first, 'gone', 'a');
  t.false(gathering.isStopped);
  second.done('gone');
  t.true(gathering.isStopped, 'three of five cannot be reached any more');
  t.false(gathering.isReached);
  t.like(second.outcome('p', 'gone'), {connections: 1, gone: 2, open: 0, late: 0});
  const unsettled = [...gathering.unsettled()];
  t.deepEqual(unsettled, [
    ['b', 'open'],
    ['d', 'gone'],
    ['e', 'gone'],
  ]);
});

test('what a part reports beyond its recipients, or after its end, does not count', (t) => {
  const {gathering, first, second, settle, reports} = gather(9, 2);
  settle(first, 'confirmed', 'a');
  first.begun(1, ['a']);
  first.begun(7, ['x']);
  settle(first, 'confirmed', 'a');
  settle(first, 'confirmed', 'b');
  second.done('gone');
  second.begun(1, ['c']);
  settle(second, 'confirmed', 'c');
  t.is(reports.length, 1);
  t.is(first.outcome('p', 'open').connections, 1);
  t.true(gathering.isStopped);
});

test('each part is asked once to stop, also one that begins afterwards', (t) => {
  const {gathering, first, second} = gather(1, 2);
  let stops = 0;
  first.onStop = () => {
    stops++;
  };
  gathering.stop();
  gathering.stop();
  t.is(stops, 1);
  t.true(second.isStopped);
});
