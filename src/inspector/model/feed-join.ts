// Joins the feeds of one gateway, before and after a loss of connection: events that were received before are left out,
// threads and times of a restarted gateway continue those before it, and the gap is described.

import type {SnapshotLine, TraceEvent, TraceHeader, TraceLine} from '../../story/trace.ts';
import {isTraceEvent} from '../../story/trace-lines.ts';

/** A time in which the gateway was not watched. */
export interface Absence {
  /** In the time of the trace. */
  readonly from: number;
  readonly to: number;
  /** Whether the gateway was restarted in the meantime: its clients and messages of before are gone. */
  readonly isRestarted: boolean;
  /** Events of that time which the gateway had kept. */
  readonly keptEvents: number;
  /** By the gateway's counters; absent before the first snapshot, and if it was restarted. */
  readonly deliveries?: number;
  readonly messages?: number;
}

/** Two headers of one process differ by what it takes to read two clocks. */
const sameStartMs = 50;

/** Whether both headers are of the same run of a gateway. */
export function isSameRun(one: TraceHeader, other: TraceHeader): boolean {
  if (one.startedAt === undefined || other.startedAt === undefined) return one.source === other.source;
  return Math.abs(one.startedAt - other.startedAt) < sameStartMs;
}

export class FeedJoin {
  /** The latest, if there was one. */
  absence: Absence | undefined;
  #header: TraceHeader | undefined;
  /** Of the latest line. */
  #at = 0;
  #snapshot: SnapshotLine | undefined;
  /** Added to the numbers of threads, and to times. */
  #threads = 0;
  #shiftMs = 0;
  /** By thread as it is shown: its latest event. */
  readonly #seen = new Map<number, TraceEvent>();

  /** The line as it belongs to the story; `undefined` if it was received before. */
  read(line: TraceLine): TraceLine | undefined {
    if (line.kind === 'header') return this.#begin(line);
    if (isTraceEvent(line)) return this.#event(line);
    const own = this.#place(line);
    if (own.kind === 'snapshot') this.#count(own);
    this.#at = Math.max(this.#at, own.at);
    return own;
  }

  #begin(header: TraceHeader): TraceHeader {
    const before = this.#header;
    this.#header = header;
    if (before === undefined) {
      this.#at = header.at;
      return header;
    }
    const isRestarted = !isSameRun(before, header);
    if (isRestarted) {
      this.#threads += before.threads;
      this.#snapshot = undefined;
      this.#seen.clear();
      // A clock that counts from the machine's start has started again with it: then the wall clock gives the duration.
      const wallAt = before.at + this.#shiftMs + header.wallMs - before.wallMs;
      this.#shiftMs = header.at + this.#shiftMs < this.#at ? Math.max(wallAt, this.#at) - header.at : this.#shiftMs;
    }
    const at = header.at + this.#shiftMs;
    this.absence = {from: this.#at, to: at, isRestarted, keptEvents: 0};
    this.#at = at;
    return {...header, at};
  }

  #event(event: TraceEvent): TraceEvent | undefined {
    const seen = this.#seen.get(event.thread);
    // A thread that replaced a dead one counts from zero, and later.
    if (seen !== undefined && event.seq <= seen.seq && event.at <= seen.at) return undefined;
    this.#seen.set(event.thread, event);
    const own = this.#place(event);
    const {absence} = this;
    if (absence !== undefined && own.at < absence.to) this.absence = {...absence, keptEvents: absence.keptEvents + 1};
    this.#at = Math.max(this.#at, own.at);
    return own;
  }

  #count(snapshot: SnapshotLine): void {
    const {absence} = this;
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    if (absence === undefined || absence.deliveries !== undefined || before === undefined) return;
    if (before.at >= absence.to) return;
    const since = (name: string): number => (snapshot.counters[name] ?? 0) - (before.counters[name] ?? 0);
    this.absence = {...absence, deliveries: since('deliveries'), messages: since('messagesIn')};
  }

  #place<Line extends Exclude<TraceLine, TraceHeader>>(line: Line): Line {
    if (this.#threads === 0 && this.#shiftMs === 0) return line;
    const at = line.at + this.#shiftMs;
    if (line.kind === 'roster') {
      const rows = line.rows.map((row) => ({...row, thread: row.thread + this.#threads}));
      return {...line, at, rows};
    }
    return 'thread' in line ? {...line, at, thread: line.thread + this.#threads} : {...line, at};
  }
}
