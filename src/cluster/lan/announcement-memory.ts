// Which announcements of which node were heard. A node numbers them, so a repeated or late one was captured or arrived
// by two routes. A node that said goodbye never returns, since the next start draws another id. Only senders that hold
// the token add entries, so the bound matters only for a misbehaving cluster.

import type {Clock} from '../../core/clock.ts';

/** 256 nodes, each started 16 times in ten minutes. */
export const nodesRememberedMax = 4_096;
/** Longer than a captured announcement can pass for a recent one, see `plausibleSkewMs` in discovery.ts, twice. */
const retentionMs = 600_000;

interface Entry {
  readonly sequence: number;
  readonly at: number;
}

/** Remembers the latest announcement number of each node. */
export class AnnouncementMemory {
  readonly #clock: Clock;
  /** By the id of the node, the one longest unheard first. */
  readonly #last = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the announcement is later than all of that node before it; it is remembered if so. */
  isNews(node: string, sequence: number): boolean {
    const last = this.#last.get(node)?.sequence ?? Number.NEGATIVE_INFINITY;
    if (sequence <= last) return false;
    this.#remember(node, sequence);
    return true;
  }

  /** The node has said goodbye: nothing it said before counts any more. */
  depart(node: string): void {
    this.#remember(node, Number.POSITIVE_INFINITY);
  }

  #remember(node: string, sequence: number): void {
    const at = this.#clock.now();
    this.#last.delete(node);
    this.#last.set(node, {sequence, at});
    for (const [oldest, entry] of this.#last) {
      if (at - entry.at < retentionMs && this.#last.size <= nodesRememberedMax) break;
      this.#last.delete(oldest);
    }
  }
}
