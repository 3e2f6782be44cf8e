// Looks now and then how full V8's heap of this thread is. Payloads lie outside of it, but what stands around them does
// not, and a heap that is full ends the process: while it is nearly full, nothing more is accepted.

import {getHeapStatistics} from 'node:v8';
import type {Clock, Timer} from '../../core/clock.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';

const intervalMs = 500;
/** Of V8's limit. Above it the collector runs without end before it gives up. */
const fullShare = 0.85;

/** Starts to look; the result ends it. */
export function watchHeap(clock: Clock, memory: MemoryBound): () => void {
  let timer: Timer = clock.startTimer(intervalMs, look);
  function look(): void {
    const {used_heap_size: used, heap_size_limit: limit} = getHeapStatistics();
    memory.isHeapFull = used > limit * fullShare;
    timer = clock.startTimer(intervalMs, look);
  }
  return () => timer.cancel();
}
