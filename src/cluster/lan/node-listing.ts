// What the threads know of the other nodes: those that are called, and those that cannot be. They are notified of each
// change, and of nothing else.

import type {LanNode} from './lan-node.ts';
import type {MissingNode, NodeList} from './node-transport.ts';

/** A smaller change of a clock is not worth a word: calls are good for 10 s either way. */
const offsetStepMs = 500;

/** Publishes the list of nodes to the threads when it changes. */
export class NodeListing {
  readonly #changed: (list: NodeList) => void;
  #published = '';
  /** Ids of the nodes that did not answer, until the threads are notified. */
  #lost: string[] = [];

  constructor(changed: (list: NodeList) => void) {
    this.#changed = changed;
  }

  /** Calls that are under way to this node are given up. */
  lose(id: string): void {
    this.#lost.push(id);
  }

  publish(nodes: readonly LanNode[], absent: readonly MissingNode[]): void {
    const lost = this.#lost;
    const places = nodes.filter(({isUp}) => isUp).map(({place}) => place);
    const missing = [...nodes.filter(({isMissing}) => isMissing).map(missingOf), ...absent];
    const rounded = places.map((place) => ({...place, clockOffsetMs: Math.round(place.clockOffsetMs / offsetStepMs)}));
    const state = JSON.stringify([rounded, missing]);
    if (state === this.#published && lost.length === 0) return;
    this.#published = state;
    this.#lost = [];
    this.#changed({places, lost, missing});
  }
}

function missingOf({server, ownerId, cause}: LanNode): MissingNode {
  return {server, ...(ownerId !== undefined && {node: ownerId}), cause: cause ?? 'it is being asked'};
}
