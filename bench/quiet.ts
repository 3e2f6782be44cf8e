// A shared machine, made fit to measure on as far as that goes: what others use of it is known for each round, rounds wait
// for a quiet moment, and a round that was disturbed is played again. All within bounds: on a machine that is never quiet
// the figures are what they are, and the report says how much was others'.

import {readFileSync} from 'node:fs';
import {setTimeout as wait} from 'node:timers/promises';
import {readCpu} from './meter.ts';

/** What others may use of one core while it counts as quiet. */
export const foreignShareMax = 0.2;

const pollMs = 100;
const quietPolls = 2;
const tickUs = 10_000;

interface Reading {
  readonly atMs: number;
  /** CPU time of the whole machine, and of our own processes, µs. */
  readonly allUs: number;
  readonly ownUs: number;
}

/** Watches the machine beside the processes `pids` and this one. */
export class QuietWatch {
  readonly #pids: () => readonly number[];
  readonly #patienceMs: number;

  /** `patienceMs`: the longest wait for a quiet moment. */
  constructor(pids: () => readonly number[], patienceMs: number) {
    this.#pids = pids;
    this.#patienceMs = patienceMs;
  }

  /** Settles when the machine is quiet, or patience is at its end. */
  async wait(): Promise<void> {
    const endsAt = performance.now() + this.#patienceMs;
    for (let quiet = 0; quiet < quietPolls && performance.now() < endsAt; ) {
      const share = this.start();
      await wait(pollMs);
      quiet = share() < foreignShareMax ? quiet + 1 : 0;
    }
  }

  /** Starts to count; the returned function returns what other processes have used since, in cores. */
  start(): () => number {
    const before = this.#read();
    return () => {
      const after = this.#read();
      const foreignUs = after.allUs - before.allUs - (after.ownUs - before.ownUs);
      return Math.max(0, foreignUs / 1000 / (after.atMs - before.atMs));
    };
  }

  #read(): Reading {
    const ownUs = [process.pid, ...this.#pids()].reduce((sum, pid) => sum + readCpu(pid).totalUs, 0);
    return {atMs: performance.now(), allUs: readMachineUs(), ownUs};
  }
}

// user, nice, system, idle, iowait, irq, softirq, steal: all but idle and iowait. Steal is what other machines on the same
// hardware took from this one.
function readMachineUs(): number {
  const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) * tickUs;
}
