// A node that was announced, or stands in the configuration, and cannot be called. Clients may be there, so whatever concerns
// all nodes is partial without it. [RB-66]

import type {Answers, Question} from '../../router/part.ts';
import type {Peer, Silence} from '../../router/peers.ts';
import type {OtherNode} from '../../router/router.ts';
import type {MissingNode} from './node-transport.ts';

/** A peer for a node that cannot be called. */
export class MissingPeer implements Peer {
  readonly #node: MissingNode;

  constructor(node: MissingNode) {
    this.#node = node;
  }

  get name(): string {
    return this.#node.server;
  }

  mayConcern({kind}: Question): boolean {
    return kind !== 'takeOver' && kind !== 'changes';
  }

  async ask<Asked extends Question>({kind}: Asked): Promise<Answers[Asked['kind']] | Silence> {
    if (kind !== 'info') return 'gone';
    const {server, cause} = this.#node;
    return {server, facts: undefined, cause} satisfies OtherNode as Answers[Asked['kind']];
  }
}
