// Which shards have connections, or close calls to make, of the identities that the business server gave: in memory that the
// shards share, so that a connection which is given an identity asks only the shards where an older one may be. [RB-67]
// A shard that died is waited for: its successor takes over what it owed, before it is linked.

import type {PortPeer} from './peer-port.ts';
import {Presence} from './presence.ts';

export class Identities {
  readonly #own: number;
  readonly #presences: readonly Presence[];
  readonly #peers = new Map<number, Pick<PortPeer, 'takeOver'>>();
  #linked = Promise.withResolvers<void>();

  /** `memory` has one piece for each shard, `own` is the place of this one; none where there is but one shard. */
  constructor(own: number, memory: readonly SharedArrayBuffer[]) {
    this.#own = own;
    this.#presences = memory.map((piece) => new Presence(piece));
  }

  /** Forgets what this shard's predecessor had: what of it is left is held anew. */
  forget(): void {
    this.#presences[this.#own]?.clear();
  }

  /** This shard has one connection more, or one less, that is not yet reported closed. */
  hold(identity: string, isHeld: boolean): void {
    const presence = this.#presences[this.#own];
    if (isHeld) presence?.add(identity);
    else presence?.remove(identity);
  }

  link(shard: number, peer: Pick<PortPeer, 'takeOver'>): void {
    this.#peers.set(shard, peer);
    this.#linked.resolve();
    this.#linked = Promise.withResolvers();
  }

  unlink(shard: number): void {
    this.#peers.delete(shard);
  }

  /** Ends older connections of `identity` on other shards; settles when they are reported closed. `undefined`: none. */
  takeOver(identity: string, fencingToken: number): Promise<unknown> | undefined {
    let asked: Promise<void>[] | undefined;
    for (const [shard, presence] of this.#presences.entries()) {
      if (shard === this.#own || !presence.mayHave(identity)) continue;
      asked ??= [];
      asked.push(this.#takeOverAt(shard, presence, identity, fencingToken));
    }
    return asked === undefined ? undefined : Promise.all(asked);
  }

  async #takeOverAt(shard: number, presence: Presence, identity: string, fencingToken: number): Promise<void> {
    while (presence.mayHave(identity)) {
      const peer = this.#peers.get(shard);
      if (peer === undefined) await this.#linked.promise;
      else if ((await peer.takeOver(identity, fencingToken)) === 'settled') return;
    }
  }
}
