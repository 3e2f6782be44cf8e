// The time that waits of the tests are counted in: it passes as fast as the machine lets this process and its children
// work. A second counts for less while more threads want to run than there are cores, and a span in which this process did
// not run at all counts as one tick. So no green test depends on a deadline, and a wait that never ends still fails.

import {readFileSync} from 'node:fs';
import {availableParallelism, loadavg} from 'node:os';

const tickMs = 100;
/** Time passes at this part of its speed at least: a wait that never ends has an end on the busiest machine. */
export const loadMax = 10;

/** Threads that want to run, now or in the last minute, for each core: between 1 and {@link loadMax}. */
export function measureLoad(): number {
  const wanting = Math.max(loadavg()[0] ?? 0, runnable());
  return Math.min(loadMax, Math.max(1, wanting / availableParallelism()));
}

/** `ms`, or more on a busy machine: for limits of the product within which a test has to do something. */
export function scaled(ms: number): number {
  return Math.ceil(measureLoad()) * ms;
}

function runnable(): number {
  try {
    // `0.20 0.18 0.12 3/80 11206`: of 80 threads three want to run now.
    return Number(/ (\d+)\/\d+ /.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1] ?? 0);
  } catch {
    // Linux alone reports it.
    return 0;
  }
}

interface Wait {
  leftMs: number;
  readonly holdsProcess: boolean;
  readonly expire: () => void;
}

const waits = new Set<Wait>();
let holding = 0;
let ticker: NodeJS.Timeout | undefined;

/**
 * Calls `expire` once `ms` have passed on a machine that is not busy; returns what calls that off. Where it does not hold
 * the process, that may end before.
 */
export function afterPatience(ms: number, expire: () => void, holdsProcess = true): () => void {
  const wait = {leftMs: ms, holdsProcess, expire};
  waits.add(wait);
  if (holdsProcess) holding++;
  settle();
  return () => callOff(wait);
}

function callOff(wait: Wait): void {
  if (!waits.delete(wait)) return;
  if (wait.holdsProcess) holding--;
  settle();
}

function tick(): void {
  const spentMs = tickMs / measureLoad();
  for (const wait of waits) {
    wait.leftMs -= spentMs;
    if (wait.leftMs > 0) continue;
    callOff(wait);
    wait.expire();
  }
}

function settle(): void {
  if (waits.size === 0) {
    clearInterval(ticker);
    ticker = undefined;
    return;
  }
  ticker ??= setInterval(tick, tickMs);
  if (holding > 0) ticker.ref();
  else ticker.unref();
}
