// A node that was announced, or stands in the configuration, and cannot be called. Clients may be there, so whatever concerns
// all nodes is partial without it. [RB-66]

import type {Peer, Unreachable} from '../../router/peer.ts';
import type {OtherNode, PublishOutcome, PublishRequest} from '../../router/router.ts';
import type {MissingNode} from './node-transport.ts';

/** See above. */
export class MissingPeer implements Peer {
  readonly sharesOrder = false;
  readonly #node: MissingNode;

  constructor(node: MissingNode) {
    this.#node = node;
  }

  get name(): string {
    return this.#node.server;
  }

  mayConcern(): boolean {
    return true;
  }

  async publish({message}: PublishRequest): Promise<PublishOutcome> {
    return {
      message: message ?? '',
      connections: 0,
      isTimedOut: false,
      refused: 0,
      lastReply: undefined,
      replies: [],
      isPartial: true,
    };
  }

  async subscribe(): Promise<Unreachable> {
    return 'unreachable';
  }

  async unsubscribe(): Promise<Unreachable> {
    return 'unreachable';
  }

  async evict(): Promise<Unreachable> {
    return 'unreachable';
  }

  async info(): Promise<OtherNode> {
    const {server, cause} = this.#node;
    return {server, facts: undefined, cause};
  }
}
