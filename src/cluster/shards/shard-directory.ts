// Which shards have owners of which keys, the identities that the business server gave: connections, or close calls that are
// owed for them. In memory that the shards share, so that a new owner asks only the shards where an older one may be, and
// draws its fencing token from a counter of all. [RB-67]
// A shard that died is waited for: its successor takes over what it owed, before it is linked.

import type {PromptDirectory} from '../../router/directory.ts';
import type {Peer} from '../../router/peers.ts';
import {Presence} from './presence.ts';

/** Bytes of the memory in which the shards of a node count fencing tokens. */
export const fencingTokensBytes = BigInt64Array.BYTES_PER_ELEMENT;

/** What it is made of. */
export interface ShardDirectoryParts {
  /** The place of this shard. */
  readonly own: number;
  /** Bytes for the counter of all shards. */
  readonly fencingTokens: SharedArrayBuffer;
  /** One piece for each shard; empty where there is only one shard. */
  readonly presences: readonly SharedArrayBuffer[];
}

export class ShardDirectory implements PromptDirectory {
  readonly #own: number;
  readonly #fencingTokens: BigInt64Array;
  readonly #presences: readonly Presence[];
  readonly #peers = new Map<number, Pick<Peer, 'ask'>>();
  #linked = Promise.withResolvers<void>();

  constructor({own, fencingTokens, presences}: ShardDirectoryParts) {
    this.#own = own;
    this.#fencingTokens = new BigInt64Array(fencingTokens);
    this.#presences = presences.map((piece) => new Presence(piece));
  }

  // In this order: the newer of two finds the older one held, on whatever thread.
  claim(key: string): number {
    this.hold(key);
    return Number(Atomics.add(this.#fencingTokens, 0, 1n)) + 1;
  }

  hold(key: string): void {
    this.#presences[this.#own]?.add(key);
  }

  release(key: string): void {
    this.#presences[this.#own]?.remove(key);
  }

  /** Forgets what this shard's predecessor had: what is left of it is held again. */
  forget(): void {
    this.#presences[this.#own]?.clear();
  }

  link(shard: number, peer: Pick<Peer, 'ask'>): void {
    this.#peers.set(shard, peer);
    this.#linked.resolve();
    this.#linked = Promise.withResolvers();
  }

  unlink(shard: number): void {
    this.#peers.delete(shard);
  }

  takeOver(key: string, fencingToken: number): Promise<unknown> | undefined {
    let asked: Promise<void>[] | undefined;
    for (const [shard, presence] of this.#presences.entries()) {
      if (shard === this.#own || !presence.mayHave(key)) continue;
      asked ??= [];
      asked.push(this.#takeOverAt(shard, presence, key, fencingToken));
    }
    return asked === undefined ? undefined : Promise.all(asked);
  }

  async #takeOverAt(shard: number, presence: Presence, identity: string, fencingToken: number): Promise<void> {
    while (presence.mayHave(identity)) {
      const peer = this.#peers.get(shard);
      if (peer === undefined) await this.#linked.promise;
      else if ((await peer.ask({kind: 'takeOver', request: {identity, fencingToken}})) !== 'gone') return;
    }
  }
}
