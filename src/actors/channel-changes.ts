// What changes in the channels of a thread, gathered for a turn: who joined and left those whose members are to be notified,
// and which channels have become occupied or vacated. At the end of the turn it goes to the thread that gathers the changes of the node.
// Exists only where the configuration asks for one of the two. Called by the channel actors and the registry of channels.

import type {ChannelPatterns} from '../protocol/channel-patterns.ts';
import type {ChannelChange} from '../router/census.ts';

interface Change {
  readonly members: Map<string, number>;
  occupied: number;
}

export class ChannelChanges {
  readonly #patterns: ChannelPatterns;
  readonly #areOccupantsWanted: boolean;
  #changes = new Map<string, Change>();
  /** Takes the changes of a turn. Set once, where the thread is put together. */
  onTurn: (changes: readonly ChannelChange[]) => void = () => {};

  /** `patterns`: channels whose members are notified; `areOccupantsWanted`: whether there is anybody to post events to. */
  constructor(patterns: ChannelPatterns, areOccupantsWanted: boolean) {
    this.#patterns = patterns;
    this.#areOccupantsWanted = areOccupantsWanted;
  }

  /** Whether the members of `channel` are notified. */
  isWatched(channel: string): boolean {
    return this.#patterns.matches(channel);
  }

  /** A member has joined (1) or left (-1). */
  memberChanged(channel: string, identity: string, by: 1 | -1): void {
    const {members} = this.#of(channel);
    members.set(identity, (members.get(identity) ?? 0) + by);
  }

  /** The thread has its first member of `channel`, or has lost the last one. */
  occupantsChanged(channel: string, hasMembers: boolean): void {
    if (this.#areOccupantsWanted) this.#of(channel).occupied += hasMembers ? 1 : -1;
  }

  /** Hands on what has changed. */
  turnEnds(): void {
    if (this.#changes.size === 0) return;
    const changes: ChannelChange[] = [];
    for (const [channel, {members, occupied}] of this.#changes) {
      // One that came and went in a turn was never there.
      const moved = [...members].filter(([, by]) => by !== 0);
      if (moved.length > 0 || occupied !== 0) changes.push({channel, members: moved, occupied});
    }
    this.#changes = new Map();
    if (changes.length > 0) this.onTurn(changes);
  }

  #of(channel: string): Change {
    let change = this.#changes.get(channel);
    if (change === undefined) {
      change = {members: new Map(), occupied: 0};
      this.#changes.set(channel, change);
    }
    return change;
  }
}
