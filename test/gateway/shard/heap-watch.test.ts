import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {watchHeap} from '../../../src/gateway/shard/heap-watch.ts';

test('the heap is looked at twice a second until the watch ends, and a heap with room is not full', (t) => {
  const clock = new SimulatedClock();
  const memory = new MemoryBound(1e9);
  const stop = watchHeap(clock, memory);
  for (let look = 0; look < 3; look++) {
    memory.isHeapFull = true;
    clock.advance(499);
    t.true(memory.isHeapFull);
    clock.advance(1);
    t.false(memory.isHeapFull);
  }
  stop();
  t.is(clock.pendingCount, 0);
});
