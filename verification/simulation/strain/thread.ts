// A simulated thread: its event loop turns, stands still, or has ended. Whatever comes to one that stands still waits; what
// comes to one that has ended is lost, and its ports close at their other ends.

import {EventEmitter} from 'node:events';
import {NodeClock} from '../cluster/node-clock.ts';
import type {StrainHarness} from './harness.ts';

export class SimulatedThread {
  readonly clock: NodeClock;
  isFrozen = false;
  hasEnded = false;
  /** Of an upstream worker: whether it was ever given calls; before that it is not watched. */
  hasLine = false;
  readonly #harness: StrainHarness;
  readonly #onEnd: (() => void)[] = [];

  constructor(harness: StrainHarness) {
    this.#harness = harness;
    this.clock = new NodeClock(harness.clock, 0);
  }

  /** Something comes to the thread in this instant. */
  readonly defer = (task: () => void): void => {
    this.#harness.defer(() => this.clock.happen(task));
  };

  /** Called when the thread ends, at once. */
  onEnd(task: () => void): void {
    this.#onEnd.push(task);
  }

  /** As an endless loop does. */
  freeze(): void {
    this.isFrozen = true;
    this.clock.isFrozen = true;
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.clock.kill();
    for (const task of this.#onEnd) task();
  }
}

/** One end of a channel between two threads. What is posted arrives in order, whatever becomes of its sender. */
export class SimulatedPort extends EventEmitter {
  #other: SimulatedPort = this;
  #owner: SimulatedThread | undefined;
  #arrived: unknown[] = [];
  #isClosed = false;

  static channel(): {readonly port1: SimulatedPort; readonly port2: SimulatedPort} {
    const [port1, port2] = [new SimulatedPort(), new SimulatedPort()];
    port1.#other = port2;
    port2.#other = port1;
    return {port1, port2};
  }

  /** The port is at `thread` now: what came meanwhile is read there. */
  handTo(thread: SimulatedThread): this {
    this.#owner = thread;
    thread.onEnd(() => this.#end());
    for (const _ of this.#arrived) thread.defer(this.#read);
    return this;
  }

  postMessage(message: unknown): void {
    // As between threads: nothing is shared but memory that is meant to be.
    if (!this.#isClosed) this.#other.#arrive(structuredClone(message));
  }

  /** What has arrived; the listener is not called then. */
  take(): unknown {
    return this.#isClosed ? undefined : this.#arrived.shift();
  }

  close(): void {
    this.#end();
    this.#owner?.defer(() => this.emit('close'));
  }

  ref(): void {}
  unref(): void {}

  readonly #read = (): void => {
    const message = this.take();
    if (message !== undefined) this.emit('message', message);
  };

  #arrive(message: unknown): void {
    if (this.#isClosed) return;
    this.#arrived.push(message);
    this.#owner?.defer(this.#read);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const other = this.#other;
    // Behind what was posted before.
    other.#owner?.defer(() => {
      if (other.#isClosed) return;
      other.#isClosed = true;
      other.emit('close');
    });
  }
}
