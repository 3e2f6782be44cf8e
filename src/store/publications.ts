// The publications of a store in memory: each is kept once, until neither a delivery nor the history of its channel needs it.

import type {ChannelRow, PublicationRow} from './rows.ts';
import type {History} from './store.ts';

interface Publication {
  readonly row: PublicationRow;
  /** Deliveries that need it. */
  deliveries: number;
}

export class Publications {
  readonly #publications = new Map<string, Publication>();
  readonly #channels = new Map<string, ChannelRow>();
  /** By channel, those with an offset, in the order in which they were put. */
  readonly #placed = new Map<string, Set<string>>();
  /** Those that the current commit may have left without need. */
  readonly #loose = new Set<string>();

  get size(): number {
    return this.#publications.size;
  }

  find(publication: string): PublicationRow | undefined {
    return this.#publications.get(publication)?.row;
  }

  put(row: PublicationRow): void {
    const {publication, channel} = row;
    if (this.#publications.has(publication)) return;
    this.#publications.set(publication, {row, deliveries: 0});
    this.#loose.add(publication);
    if (channel === undefined || row.offset === undefined) return;
    const placed = this.#placed.get(channel);
    if (placed === undefined) this.#placed.set(channel, new Set([publication]));
    else placed.add(publication);
  }

  /** A delivery needs it, one more (1) or one less (-1). */
  deliveriesChanged(publication: string, by: 1 | -1): void {
    const known = this.#publications.get(publication) as Publication;
    known.deliveries += by;
    if (known.deliveries === 0) this.#loose.add(publication);
  }

  putChannel(row: ChannelRow): void {
    this.#channels.set(row.channel, row);
    this.#trim(row.channel);
  }

  removeChannel(channel: string): void {
    this.#channels.delete(channel);
    this.#trim(channel);
  }

  /** The end of a commit: drops what is not needed. */
  settle(): void {
    for (const publication of this.#loose) {
      const known = this.#publications.get(publication);
      if (known === undefined || known.deliveries > 0 || this.#isInHistory(known.row)) continue;
      this.#publications.delete(publication);
      if (known.row.channel !== undefined) this.#unplace(known.row.channel, publication);
    }
    this.#loose.clear();
  }

  history(name: string, after: number | undefined, limit: number): History | undefined {
    const channel = this.#channels.get(name);
    if (channel === undefined) return undefined;
    const kept = [...(this.#placed.get(name) ?? [])]
      .map((publication) => (this.#publications.get(publication) as Publication).row)
      .filter((row) => this.#isInHistory(row))
      .sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
    const publications =
      after === undefined
        ? kept.slice(Math.max(0, kept.length - limit))
        : kept.filter(({offset}) => (offset ?? 0) > after).slice(0, limit);
    return {channel, publications};
  }

  #isInHistory({channel, offset, epoch}: PublicationRow): boolean {
    if (channel === undefined || offset === undefined) return false;
    const row = this.#channels.get(channel);
    return row !== undefined && row.epoch === epoch && row.floor <= offset;
  }

  // Whatever stands before the first one that stays has left the history.
  #trim(channel: string): void {
    for (const publication of this.#placed.get(channel) ?? []) {
      if (this.#isInHistory((this.#publications.get(publication) as Publication).row)) return;
      this.#unplace(channel, publication);
      this.#loose.add(publication);
    }
  }

  #unplace(channel: string, publication: string): void {
    const placed = this.#placed.get(channel);
    placed?.delete(publication);
    if (placed?.size === 0) this.#placed.delete(channel);
  }
}
