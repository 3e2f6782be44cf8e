import test from 'ava';
import {MemoryBound, memoryBoundBytes} from '../../src/core/memory-bound.ts';
import {ownBytes} from '../../src/core/own-bytes.ts';

test('what threads hold is added up, and each releases its own', (t) => {
  const memory = new SharedArrayBuffer(memoryBoundBytes(2));
  const [first, second] = [new MemoryBound(100, memory, 0), new MemoryBound(100, memory, 1)];
  first.hold(30);
  second.hold(50);
  t.is(first.total, 80);
  t.true(first.isTight);
  t.true(second.hasRoomFor(20));
  t.false(second.hasRoomFor(21));
  second.release(50);
  t.is(first.total, 30);
  t.false(first.isTight);
  t.true(first.isQuarterFull);
});

test('what a thread held that died is forgotten', (t) => {
  const memory = new SharedArrayBuffer(memoryBoundBytes(2));
  const living = new MemoryBound(100, memory, 0);
  new MemoryBound(100, memory, 1).hold(90);
  new MemoryBound(0, memory, 1).clear();
  t.is(living.total, 0);
});

test('where the heap is nearly full there is room for nothing', (t) => {
  const bound = new MemoryBound(1e9);
  bound.isHeapFull = true;
  t.false(bound.hasRoomFor(0));
  t.true(bound.isTight);
});

test('bytes that are kept pin no buffer of more than twice their size', (t) => {
  const buffer = new Uint8Array(65_536).fill(7);
  const kept = ownBytes(buffer.subarray(100, 110));
  t.is(kept.buffer.byteLength, 10);
  t.deepEqual(kept, new Uint8Array(10).fill(7));
  const large = buffer.subarray(0, 40_000);
  t.is(ownBytes(large), large);
  t.is(ownBytes(buffer.subarray(0, 0)).buffer.byteLength, 0);
});
