// What the actors of simulated threads did, as a recording that `rainbow replay` opens. Attached to the second run of a seed
// that failed, so that runs which hold cost nothing. It takes no chance and starts no timer: the run stays what it was.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ShardContext} from '../../src/actors/shard-context.ts';
import {version} from '../../src/gateway/config/version.ts';
import {byTime} from '../../src/inspect/trace-feed.ts';
import {type TraceEvent, type TraceHeader, type TraceLine, traceVersion} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {writeTraceLine} from '../../src/story/trace-lines.ts';

/** Where recordings of what failed lie; git passes it over. */
const recordings = fileURLToPath(new URL('../../tmp/recordings/', import.meta.url));

const watcher = 'tape';
const everything = {...emptySelection, rate: 1, payloads: true};

interface Reel {
  readonly context: ShardContext;
  readonly node: string | undefined;
}

export class Tape {
  readonly #reels: Reel[] = [];

  /** From now on. The number of the thread must be its own; `node` is set where there are several. */
  watch(context: ShardContext, node?: string): void {
    this.#reels.push({context, node});
    context.tracer.watch(watcher, everything, Number.POSITIVE_INFINITY);
  }

  /** What a recording has: the header with `note`, how much was overwritten, and the latest events of each thread. */
  lines(note: string): readonly TraceLine[] {
    const lost: TraceLine[] = [];
    const events: TraceEvent[] = [];
    const times = {at: 0, wallMs: 0};
    for (const {context, node} of this.#reels) {
      times.at = context.clock.now();
      times.wallMs = context.clock.wallNow();
      const read = context.tracer.read(0, Number.POSITIVE_INFINITY, watcher);
      if (read.lost > 0) lost.push({kind: 'lost', at: times.at, thread: read.thread, count: read.lost});
      for (const event of read.events) events.push(node === undefined ? event : {...event, node});
    }
    const source = `simulated rainbow-server ${version}`;
    const about = {version: traceVersion, source, threads: this.#reels.length, selection: everything, note} as const;
    const header: TraceHeader = {kind: 'header', ...about, ...times};
    return [header, ...lost, ...events.sort(byTime)];
  }

  /** Writes `NAME.trace`; what a failure shows of it. `note` says what failed. */
  save(name: string, note: string, folder: string = recordings): string {
    mkdirSync(folder, {recursive: true});
    const path = join(folder, `${name}.trace`);
    writeFileSync(path, this.lines(note).map(writeTraceLine).join(''));
    const shown = relative(process.cwd(), path);
    return `recorded in ${shown}: npx rainbow replay ${shown}`;
  }
}
