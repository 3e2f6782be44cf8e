// The two ends of a message channel between simulated shards: what one posts, the other gets as a copy, in order, within
// the same instant but after whatever else happens to run first.

import {EventEmitter} from 'node:events';
import type {ShardMessage} from '../../src/cluster/shards/shard-message.ts';
import type {Envelope, ThreadPort} from '../../src/runtime/envelope-exchange.ts';

/** What a port is given of the harness. */
export interface PortHarness {
  /** Runs `deliver` soon; what one `source` asks for runs in order. */
  defer(source: object, deliver: () => void): void;
  /** What arrives of an envelope. */
  pass(envelope: readonly ShardMessage[]): readonly ShardMessage[];
}

class SimulatedPort extends EventEmitter implements ThreadPort<ShardMessage, ShardMessage> {
  other: SimulatedPort | undefined;
  readonly #harness: PortHarness;
  readonly #arrived: Envelope<ShardMessage>[] = [];
  #isClosed = false;

  constructor(harness: PortHarness) {
    super();
    this.#harness = harness;
  }

  postMessage({number, messages}: Envelope<ShardMessage>): void {
    const copy = structuredClone({number, messages: this.#harness.pass(messages)});
    this.other?.arrive(copy);
  }

  // There at once, and said so later, as on a real port.
  arrive(envelope: Envelope<ShardMessage>): void {
    if (this.#isClosed) return;
    this.#arrived.push(envelope);
    this.#harness.defer(this, () => {
      const next = this.take();
      if (next !== undefined) this.emit('message', next);
    });
  }

  take(): Envelope<ShardMessage> | undefined {
    return this.#isClosed ? undefined : this.#arrived.shift();
  }

  close(): void {
    this.end();
    this.#harness.defer(this, () => this.other?.end());
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#harness.defer(this, () => this.emit('close'));
  }
}

export function createPorts(
  harness: PortHarness,
): readonly [ThreadPort<ShardMessage, ShardMessage>, ThreadPort<ShardMessage, ShardMessage>] {
  const [one, other] = [new SimulatedPort(harness), new SimulatedPort(harness)];
  one.other = other;
  other.other = one;
  return [one, other];
}
