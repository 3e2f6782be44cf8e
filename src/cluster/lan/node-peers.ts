// The other nodes as peers of one thread: made and let go as the discovery says, those that cannot be called included.

import {createPeerTransport, type Peer} from '../../router/peers.ts';
import type {Transport} from '../../router/transport.ts';
import type {MissingNode, NodeList, NodeTransport} from './node-transport.ts';
import {MissingPeer} from './peer-missing.ts';
import {NodePeer, type NodePeerParts} from './peer-node.ts';

/** What the peers are made of. */
export interface NodePeersParts extends Omit<NodePeerParts, 'place' | 'transport' | 'onDoubt'> {
  /** The way to the node at `origin`. */
  connect(origin: string): NodeTransport;
  /** Whether that node still answers should be looked into. */
  onDoubt(node: string): void;
}

/** A node that owns idempotency keys; without a peer it cannot be asked for them. */
export interface KeyNode {
  /** Its id. */
  readonly node: string;
  readonly peer: Pick<Peer, 'ask'> | undefined;
}

/** The other nodes as peers of one thread. */
export class NodePeers {
  /** What the router asks of all of them, also of those that cannot be called. */
  readonly transport: Transport = createPeerTransport(() => this.#all);
  readonly #parts: NodePeersParts;
  #peers: readonly NodePeer[] = [];
  #missing: readonly MissingPeer[] = [];
  #all: readonly Peer[] = [];
  #keyNodes: readonly KeyNode[] = [];
  /** No longer called, with calls still under way: a node that has said goodbye. */
  #leaving: NodePeer[] = [];

  constructor(parts: NodePeersParts) {
    this.#parts = parts;
  }

  /** As `host:port`, also of those that cannot be called. */
  get names(): readonly string[] {
    return this.#all.map(({name}) => name.replace(/^https?:\/\//, ''));
  }

  /** Those that are called. */
  get called(): readonly NodePeer[] {
    return this.#peers;
  }

  /** Nodes of ours that are known, whether they can be called or not; those of the original own no keys. */
  get keyNodes(): readonly KeyNode[] {
    return this.#keyNodes;
  }

  /** How many cannot be called. */
  get missingCount(): number {
    return this.#missing.length;
  }

  /** Calls these and no others from now on. */
  update({places, lost, missing}: NodeList): void {
    const known = new Map(this.#peers.map((peer) => [keyOf(peer.place), peer]));
    this.#peers = places.map((place) => {
      const peer = known.get(keyOf(place)) ?? this.#make(place);
      known.delete(keyOf(place));
      peer.place = place;
      return peer;
    });
    this.#missing = missing.map((node) => new MissingPeer(node));
    this.#all = [...this.#peers, ...this.#missing];
    this.#keyNodes = keyNodesOf(this.#peers, missing);
    for (const peer of known.values()) {
      peer.close(lost.includes(peer.place.node));
      this.#leaving.push(peer);
    }
    this.#leaving = this.#leaving.filter((peer) => !peer.isClosed);
  }

  /** Ends every call. */
  close(): void {
    for (const peer of [...this.#peers, ...this.#leaving]) peer.close(true);
    this.#peers = [];
    this.#missing = [];
    this.#all = [];
    this.#keyNodes = [];
    this.#leaving = [];
  }

  #make(place: NodePeer['place']): NodePeer {
    const onDoubt = (): void => this.#parts.onDoubt(place.node);
    return new NodePeer({...this.#parts, place, transport: this.#parts.connect(place.origin), onDoubt});
  }
}

function keyNodesOf(peers: readonly NodePeer[], missing: readonly MissingNode[]): readonly KeyNode[] {
  const called = peers.filter(({place}) => !place.isOriginal).map((peer) => ({node: peer.place.node, peer}));
  const silent = missing.flatMap(({node}) => (node === undefined ? [] : [{node, peer: undefined}]));
  return [...called, ...silent.filter(({node}) => !called.some((other) => other.node === node))];
}

function keyOf({node, origin}: NodePeer['place']): string {
  return `${node} ${origin}`;
}
