// What the log and the counters say of nodes that come and go, and of those that are left out or whose clocks disagree: the
// cause at once, then once a minute while it lasts, however often the node is asked.

import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {LanEvent, LanNode} from './lan-node.ts';

const againMs = 60_000;
/** A changing cause is news, but not each time. */
const gapMs = 10_000;
/** Half of what signatures allow: callers of one node would soon be refused by the other. */
export const clockOffsetMsMax = 5_000;

/** What it is made of. */
export interface NodeNoticesParts {
  readonly clock: Clock;
  readonly counters: Counters;
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

interface Notice {
  readonly text: string;
  readonly at: number;
}

/** Logs and counts the nodes that come, go, are left out or have a different clock. */
export class NodeNotices {
  readonly #parts: NodeNoticesParts;
  readonly #last = new WeakMap<LanNode, Notice>();

  constructor(parts: NodeNoticesParts) {
    this.#parts = parts;
  }

  /** It is called from now on. */
  joined({place: {node, origin, isOriginal}}: LanNode): void {
    this.#parts.counters.nodesJoined++;
    this.#parts.report('cluster.nodeJoined', {node, origin, isOriginal});
  }

  /** It is called no more; `isLost`: it did not answer. */
  left({place: {node, origin, isOriginal}}: LanNode, cause: LanEvent, isLost: boolean): void {
    const fields = {node, origin, isOriginal, cause};
    if (isLost) {
      this.#parts.counters.nodesLost++;
      this.#parts.warn('cluster.nodeLost', fields);
    } else {
      this.#parts.counters.nodesLeft++;
      this.#parts.report('cluster.nodeLeft', fields);
    }
  }

  /** Logs what is wrong with the node, if anything is and it was not logged just now. */
  look(node: LanNode): void {
    const {server, cause, isUp, isMissing, clockOffsetMs} = node;
    const {node: id} = node.place;
    if (isUp) {
      if (Math.abs(clockOffsetMs) < clockOffsetMsMax) return;
      const seconds = (Math.abs(clockOffsetMs) / 1000).toFixed(1);
      const side = clockOffsetMs > 0 ? 'ahead' : 'behind';
      this.#warn(node, 'cluster.clockSkew', {server, node: id, cause: `its clock is ${seconds} s ${side}`});
    } else if (cause !== undefined && (isMissing || node.announcedId !== undefined)) {
      this.#warn(node, 'cluster.nodeMissing', {server, node: node.announcedId ?? node.id, cause, partial: isMissing});
    } else if (cause !== undefined) {
      this.#warn(node, 'cluster.nodeRefused', {server, cause});
    }
  }

  #warn(node: LanNode, event: string, fields: Readonly<Record<string, unknown>>): void {
    const now = this.#parts.clock.now();
    // The measured skew differs a little each time.
    const text = event === 'cluster.clockSkew' ? event : `${event} ${String(fields.cause)}`;
    const last = this.#last.get(node);
    if (last !== undefined && now - last.at < (last.text === text ? againMs : gapMs)) return;
    this.#last.set(node, {text, at: now});
    this.#parts.warn(event, fields);
  }
}
