// A run goes on with the next message of one client in one turn, with no other, and not for ever.

import test from 'ava';
import {recordCode, recordKind} from '../../src/trace/record-code.ts';
import {RecordRing} from '../../src/trace/record-ring.ts';
import {RunLengthEncoder} from '../../src/trace/run-length.ts';
import {TraceMark} from '../../src/trace/trace-mark.ts';

const published = recordCode(recordKind.published, 0, 0);
const broadcast = recordCode(recordKind.sendOut, 0, 0);

/** A ring that knows so many messages, numbered one after the other. */
function createRuns(records: number, count: number) {
  const ring = new RecordRing(records, {now: 0});
  const messages = Array.from({length: count}, (_, place) => new TraceMark(`p${place}`));
  for (const message of messages) ring.add(published, 1, undefined, message, 0);
  return {ring, runs: new RunLengthEncoder(ring), messages};
}

test('a run goes on with the next message of the same client, in the same turn, and with no other', (t) => {
  const {ring, runs, messages} = createRuns(64, 4);
  const [one, other] = [new TraceMark('client-1', 1), new TraceMark('client-2', 2)];
  const records = (client: TraceMark, message: TraceMark): number => {
    const before = ring.count;
    runs.addSend(broadcast, 1, client, message, 1);
    return ring.count - before;
  };
  const [first, second, third, fourth] = messages as [TraceMark, TraceMark, TraceMark, TraceMark];
  t.is(records(one, first), 1);
  t.is(records(one, second), 0);
  t.is(records(other, third), 1, 'another client');
  t.is(records(other, second), 1, 'not the next');
  t.is(records(other, third), 0);
  ring.add(0, 1, other, undefined, 0);
  t.is(records(other, fourth), 1, 'something came between');
  ring.add(0, 1, other, undefined, 0);
  t.is(records(other, new TraceMark('p9')), 1, 'one that was not recorded yet');
  ring.endTurn();
  t.is(records(other, fourth), 1, 'another turn');
  t.is(ring.eventCount, 14);
});

test('a run ends where a message has a multiple of 256, so that none is longer', (t) => {
  const {ring, runs, messages} = createRuns(2_048, 1_024);
  const client = new TraceMark('client-1', 1);
  const before = ring.count;
  for (const [place, message] of messages.entries())
    runs.addSend(recordCode(recordKind.sendOut, 1, place + 1), 1, client, message, 1);
  t.is(ring.count - before, 5);
  for (const [place, message] of messages.entries())
    runs.addReaction(recordCode(recordKind.reaction, 7, place + 1), 1, client, message, 0);
  t.is(ring.count - before, 10);
});
