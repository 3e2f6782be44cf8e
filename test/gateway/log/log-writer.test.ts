// Writing the log to a descriptor that is full, slow, broken or gone: nothing blocks, nothing throws, memory is bounded,
// and what is lost is counted.

import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createLog} from '../../../src/gateway/log/log.ts';
import {LogWriter, waitingBytesMax} from '../../../src/gateway/log/log-writer.ts';

/** A descriptor that takes `room` bytes and then fails with `code`. */
function descriptor({room = Number.POSITIVE_INFINITY, code = 'EAGAIN'} = {}) {
  const clock = new SimulatedClock();
  const state = {room, code, text: '', attempts: 0};
  const writer = new LogWriter({
    clock,
    isTTY: false,
    writeSome(bytes) {
      state.attempts++;
      const count = Math.min(bytes.length, state.room);
      if (count === 0) throw Object.assign(new Error('sample failure'), {code: state.code});
      state.room -= count;
      state.text += Buffer.from(bytes.subarray(0, count)).toString('latin1');
      return count;
    },
  });
  return {clock, state, writer};
}

const line = (number: number): string => `${String(number).padStart(99, '0')}\n`;
const lines = (count: number, from = 0): string =>
  Array.from({length: count}, (_, index) => line(from + index)).join('');

test('a line that the descriptor takes is written before write returns', (t) => {
  const {writer, state} = descriptor();
  writer.write('one\n');
  t.is(state.text, 'one\n');
  writer.write('two\n');
  t.is(state.text, 'one\ntwo\n');
  t.is(writer.waitingBytes, 0);
});

for (const code of ['EAGAIN', 'ENOSPC', 'EIO', 'EPIPE', 'EFBIG', 'EDQUOT', 'EBADF']) {
  test(`lines that a descriptor does not take wait and are written later, in order and whole: ${code}`, (t) => {
    const {writer, state, clock} = descriptor({room: 150, code});
    for (let number = 0; number < 10; number++) writer.write(line(number));
    t.is(state.text, lines(10).slice(0, 150));
    state.room = 300;
    clock.advance(1_000);
    t.is(state.text, lines(10).slice(0, 450));
    state.room = Number.POSITIVE_INFINITY;
    clock.advance(1_000);
    t.is(state.text, lines(10));
    t.is(writer.lost, 0);
    t.is(writer.waitingBytes, 0);
  });
}

test('beyond a bound lines are dropped and counted, and the log says where and how many', (t) => {
  const {writer, state, clock} = descriptor({room: 0, code: 'ENOSPC'});
  const log = createLog({logLevel: 'info', logFormat: 'json'}, writer);
  const heard: number[] = [];
  const stop = writer.onLost((count) => heard.push(count));
  for (let number = 0; number < 10_000; number++) log.info({number}, 'sample.flood');
  t.true(writer.waitingBytes <= waitingBytesMax);
  t.true(writer.lost > 0);
  t.is(
    heard.reduce((sum, count) => sum + count, 0),
    writer.lost,
  );
  stop();
  state.room = Number.POSITIVE_INFINITY;
  clock.advance(1_000);
  log.info('sample.after');
  const read = state.text
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  const kept = read.length - 2;
  t.deepEqual(
    read.slice(0, kept).map(({number}) => number),
    Array.from({length: kept}, (_, number) => number),
  );
  t.like(read.at(-2), {level: 'error', event: 'log.linesLost', lines: 10_000 - kept});
  t.like(read.at(-1), {event: 'sample.after'});
  // Each loss is reported once.
  clock.advance(60_000);
  t.is(state.text.match(/linesLost/g)?.length, 1);
  // Who unsubscribed is not called any more.
  const calls = heard.length;
  state.room = 0;
  for (let number = 0; number < 10_000; number++) log.info({number}, 'sample.flood');
  t.true(writer.lost > 10_000 - kept);
  t.is(heard.length, calls);
});

test('a descriptor that fails is not asked for every line, but once a second', (t) => {
  const {writer, state, clock} = descriptor({room: 0, code: 'ENOSPC'});
  for (let number = 0; number < 1_000; number++) writer.write(line(number));
  t.is(state.attempts, 1);
  clock.advance(10_000);
  t.is(state.attempts, 11);
});

test('a line longer than the bound is written, and nothing is cut by it', (t) => {
  const {writer, state, clock} = descriptor({room: 10});
  writer.write(`${'x'.repeat(2 * waitingBytesMax)}\n`);
  writer.write('lost\n');
  state.room = Number.POSITIVE_INFINITY;
  clock.advance(1_000);
  writer.write('after\n');
  t.is(state.text, `${'x'.repeat(2 * waitingBytesMax)}\nafter\n`);
  t.is(writer.lost, 1);
});

test('the end of the process writes what waits, and drops it where that fails', (t) => {
  const whole = descriptor({room: 150});
  for (let number = 0; number < 5; number++) whole.writer.write(line(number));
  whole.state.room = Number.POSITIVE_INFINITY;
  whole.writer.flush(0);
  t.is(whole.state.text, lines(5));
  t.is(whole.writer.lost, 0);
  t.is(whole.clock.pendingCount, 0);

  const broken = descriptor({room: 150, code: 'ENOSPC'});
  for (let number = 0; number < 5; number++) broken.writer.write(line(number));
  broken.writer.flush(60_000);
  t.is(broken.state.text, lines(2).slice(0, 150));
  t.is(broken.writer.lost, 4);
  t.is(broken.writer.waitingBytes, 0);

  const stalled = descriptor({room: 0});
  stalled.writer.write(line(0));
  stalled.writer.flush(0);
  t.is(stalled.writer.lost, 1);
});
