// CPU time and memory of a process, read from /proc. Called around each round for the server under test and for the load
// generator alike; reads files only, so that the process measured does nothing for it.

import {readdirSync, readFileSync} from 'node:fs';

/** CPU time used since the process started: user and system, in µs. */
export interface CpuReading {
  /** All threads: garbage collection and worker threads included. */
  readonly totalUs: number;
  /** The first thread, which does the I/O of the gateway. */
  readonly mainUs: number;
}

/** Where /proc has no `schedstat`: the length of a clock tick in `stat`, 100 Hz on every Linux of today. */
const tickUs = 10_000;

/** Reads the CPU time of process `pid`; throws where it has ended. */
export function readCpu(pid: number): CpuReading {
  let totalUs = 0;
  let mainUs = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const us = readTaskUs(pid, task);
    totalUs += us;
    if (task === String(pid)) mainUs = us;
  }
  return {totalUs, mainUs};
}

/** What was used between two readings. */
export function cpuBetween(from: CpuReading, to: CpuReading): CpuReading {
  return {totalUs: to.totalUs - from.totalUs, mainUs: to.mainUs - from.mainUs};
}

/** Resident memory of process `pid`, in bytes. */
export function readResidentBytes(pid: number): number {
  return readStatusBytes(pid, 'VmRSS');
}

/** Of it, what is no part of a file: programs and libraries are, and other processes have the same pages of them. */
export function readOwnBytes(pid: number): number {
  return readStatusBytes(pid, 'RssAnon');
}

function readStatusBytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`Expected ${name} in /proc/${pid}/status`);
  return Number(kilobytes) * 1024;
}

// `schedstat` has nanoseconds: the same account that `stat` has in ticks of 10 ms.
function readTaskUs(pid: number, task: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]) / 1000;
  } catch {
    // A kernel without it, or a thread that ended between the listing and here: `stat` shows which.
    return readTaskTicks(pid, task) * tickUs;
  }
}

function readTaskTicks(pid: number, task: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1');
    // The second field is the name, in brackets, and may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    // The thread has ended; its time is part of no account any more.
    return 0;
  }
}
