// Nodes that hold the token and announce themselves, but can never be called: another version, a port that is not listed, one
// too many. Each counts as missing until it says goodbye or falls silent.

import type {Clock, Timer} from '../../core/clock.ts';
import type {MissingNode} from './node-transport.ts';

const absentMax = 256;

interface Entry {
  readonly missing: MissingNode;
  readonly timer: Timer;
}

/** The nodes that announce themselves but cannot be called. */
export class AbsentNodes {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #entries = new Map<string, Entry>();

  /** `changed` is called whenever {@link all} is another. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get all(): readonly MissingNode[] {
    return [...this.#entries.values()].map(({missing}) => missing);
  }

  /** The node was heard; it counts for `silenceMs` from now. Returns whether it, or its cause, is new. */
  heard(node: string, missing: MissingNode, silenceMs: number): boolean {
    const known = this.#entries.get(node);
    if (known === undefined && this.#entries.size >= absentMax) return false;
    known?.timer.cancel();
    const timer = this.#clock.startTimer(silenceMs, () => this.remove(node));
    this.#entries.set(node, {missing, timer});
    if (known?.missing.cause === missing.cause && known.missing.server === missing.server) return false;
    this.#changed();
    return true;
  }

  /** The node is gone, or can be called now. */
  remove(node: string): void {
    this.#entries.get(node)?.timer.cancel();
    if (this.#entries.delete(node)) this.#changed();
  }

  stop(): void {
    for (const {timer} of this.#entries.values()) timer.cancel();
    this.#entries.clear();
  }
}
