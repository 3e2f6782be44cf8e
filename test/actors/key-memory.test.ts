import test from 'ava';
import {KeyMemory, keyKeepMs} from '../../src/actors/key-memory.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {MemoryBound} from '../../src/core/memory-bound.ts';
import type {KeyAnswer} from '../../src/router/keys.ts';

function startMemory(max = 10_000_000) {
  const clock = new SimulatedClock();
  const memory = new MemoryBound(max);
  const keys = new KeyMemory(clock, memory);
  const claim = (key: string, {call = 'c', claim: name = 'first', runsMs = 10_000} = {}): KeyAnswer['kind'] =>
    keys.answer({kind: 'claim', key, claim: name, call, runsMs}).kind;
  const settle = (key: string, answer: string | undefined, name = 'first'): void =>
    void keys.answer({kind: 'settle', key, claim: name, answer});
  const release = (key: string, name = 'first'): void => void keys.answer({kind: 'release', key, claim: name});
  return {clock, memory, keys, claim, settle, release};
}

test('a key is granted once, and then has the answer of its call for five minutes', (t) => {
  const {clock, memory, keys, claim, settle} = startMemory();
  t.is(claim('k'), 'granted');
  t.is(claim('k', {claim: 'second'}), 'running');
  settle('k', 'answer');
  t.deepEqual(keys.answer({kind: 'claim', key: 'k', claim: 'third', call: 'c', runsMs: 0}), {
    kind: 'stored',
    answer: 'answer',
  });
  clock.advance(keyKeepMs - 1);
  t.is(claim('k'), 'stored');
  clock.advance(1);
  t.is(keys.size, 0);
  t.is(memory.total, 0);
  t.is(claim('k'), 'granted');
});

test('another call has no part in the key, whatever became of the first one', (t) => {
  const {clock, claim, settle} = startMemory();
  claim('k');
  t.is(claim('k', {call: 'd'}), 'conflict');
  settle('k', 'answer');
  t.is(claim('k', {call: 'd'}), 'conflict');
  clock.advance(keyKeepMs);
  claim('k');
  settle('k', undefined);
  t.is(claim('k', {call: 'd'}), 'conflict');
});

test('a released key is free, and what it held as well', (t) => {
  const {memory, claim, release} = startMemory();
  claim('k');
  t.true(memory.total > 0);
  release('k');
  t.is(memory.total, 0);
  t.is(claim('k', {call: 'd'}), 'granted');
});

test('a claim is ended by its own name alone, and once', (t) => {
  const {claim, settle, release} = startMemory();
  claim('k');
  for (const end of [() => settle('k', 'x', 'other'), () => release('k', 'other')]) {
    end();
    t.is(claim('k', {claim: 'second'}), 'running');
  }
  settle('k', 'answer');
  release('k');
  settle('k', 'another');
  t.is(claim('k'), 'stored');
  release('unknown');
});

test('a claim that is never ended is not known after its time, and forgotten five minutes later', (t) => {
  const {clock, keys, claim, settle} = startMemory();
  claim('k', {runsMs: 20_000});
  clock.advance(29_999);
  t.is(claim('k'), 'running');
  clock.advance(1);
  t.is(claim('k'), 'unknown');
  claim('late', {runsMs: 300_000});
  clock.advance(309_999);
  t.is(claim('late'), 'running');
  clock.advance(1);
  t.is(claim('late'), 'unknown');
  settle('late', 'after all');
  t.is(claim('late'), 'stored', 'an answer that comes late is one');
  clock.advance(keyKeepMs);
  t.is(keys.size, 0);
  t.is(clock.pendingCount, 0);
});

test('answers that are too long, or for which there is no room, are not kept, and their keys are', (t) => {
  const {claim, settle, keys, memory} = startMemory(40_000);
  claim('k');
  settle('k', 'x'.repeat(5_000));
  t.is(claim('k'), 'stored');
  claim('l');
  settle('l', 'x'.repeat(5_000));
  t.is(claim('l'), 'unknown');
  let count = 0;
  while (claim(`n${count}`) === 'granted') count++;
  t.is(claim('more'), 'full');
  t.true(memory.total <= 10_000, 'a quarter of the bound');
  t.is(claim('k'), 'stored');
  keys.stop();
  t.is(memory.total, 0);
});

test('no key is taken where memory is full for others', (t) => {
  const {claim, memory} = startMemory();
  memory.hold(10_000_000);
  t.is(claim('k'), 'full');
});
