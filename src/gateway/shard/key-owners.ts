// Who owns an idempotency key, and how its owner is asked: one node of those that are known, by rendezvous hashing over their
// ids, and in it one thread. A node that is known and cannot be called keeps its keys: nothing is sent with them meanwhile.

import type {KeyNode} from '../../cluster/lan/node-peers.ts';
import {ownerOf} from '../../core/rendezvous.ts';
import type {KeyAnswer, KeyQuestion} from '../../router/keys.ts';
import type {Part} from '../../router/part.ts';
import type {Peer} from '../../router/peers.ts';

/** What they are made of. */
export interface KeyOwnersParts {
  /** The id of this node. */
  readonly node: string;
  /** The number of this thread, and of how many. */
  readonly index: number;
  readonly threads: number;
  readonly local: Pick<Part, 'key'>;
  /** Another thread of this node; `undefined` while it is being replaced. */
  readonly shard: (index: number) => Pick<Peer, 'ask'> | undefined;
  /** The other nodes that are known. */
  readonly nodes: () => readonly KeyNode[];
}

/** Asks the owner of a key, for the threads of this node and for other nodes. */
export class KeyOwners {
  readonly #parts: KeyOwnersParts;
  readonly #threads: readonly string[];

  constructor(parts: KeyOwnersParts) {
    this.#parts = parts;
    this.#threads = Array.from({length: parts.threads}, (_, index) => String(index));
  }

  /** Asks the owner; `gone`: it does not answer. */
  async ask(question: KeyQuestion): Promise<KeyAnswer | 'gone'> {
    const {node} = this.#parts;
    const nodes = this.#parts.nodes();
    const owner = nodes.length === 0 ? node : ownerOf(question.key, [node, ...nodes.map((other) => other.node)]);
    if (owner === node) return this.askHere(question);
    return askPeer(nodes.find((other) => other.node === owner)?.peer, question);
  }

  /** Asks the thread of this node that owns the key, since another node holds this one for the owner. */
  async askHere(question: KeyQuestion): Promise<KeyAnswer | 'gone'> {
    const {index, local, shard} = this.#parts;
    const owner = Number(ownerOf(question.key, this.#threads));
    return owner === index ? local.key(question) : askPeer(shard(owner), question);
  }
}

async function askPeer(peer: Pick<Peer, 'ask'> | undefined, request: KeyQuestion): Promise<KeyAnswer | 'gone'> {
  try {
    const answer = (await peer?.ask({kind: 'key', request})) ?? 'gone';
    return answer === 'late' ? 'gone' : answer;
  } catch {
    // A fault of the owner, which it logs.
    return 'gone';
  }
}
