// The other shards of the node, as one shard reaches them: a peer at the other end of each port that the main thread hands
// in, and the one order in which all shards handle what they send each other.

import {type MessagePort, receiveMessageOnPort} from 'node:worker_threads';
import {invariant} from '../../core/invariant.ts';
import {type Part, partName} from '../../router/part.ts';
import {createPeerTransport} from '../../router/peers.ts';
import type {Transport} from '../../router/transport.ts';
import {type Envelope, EnvelopeExchange, type ThreadPort} from '../../runtime/envelope-exchange.ts';
import type {Scheduler} from '../../runtime/scheduler.ts';
import {SharedOrder} from '../../runtime/shared-order.ts';
import {PortPeer} from './peer-port.ts';
import type {Presence} from './presence.ts';
import type {ShardMessage} from './shard-message.ts';

/** What they are made of. */
export interface ShardPeersParts {
  readonly scheduler: Scheduler;
  /** See `SharedOrder`. */
  readonly order: SharedArrayBuffer;
  /** The number of this shard. */
  readonly index: number;
  readonly presences: readonly Presence[];
  readonly peerTimeoutMs: number;
}

/** Another shard's end of a channel, as an exchange needs it: what was posted is there before the port says so. */
export type ShardPort = ThreadPort<ShardMessage, ShardMessage>;

/** Makes one of a port between threads. */
export function shardPort(port: MessagePort): ShardPort {
  return Object.assign(port, {
    take: () => receiveMessageOnPort(port)?.message as Envelope<ShardMessage> | undefined,
  });
}

/** The other shards of the node, as one shard reaches them. */
export class ShardPeers {
  /** Those that live. */
  readonly all: PortPeer[] = [];
  /** What the router asks of all of them. */
  readonly transport: Transport;
  readonly #parts: ShardPeersParts;
  readonly #exchange: EnvelopeExchange;

  constructor(parts: ShardPeersParts) {
    this.#parts = parts;
    const order = new SharedOrder(parts.order, parts.index);
    this.#exchange = new EnvelopeExchange({scheduler: parts.scheduler, order});
    this.transport = createPeerTransport(
      () => this.all,
      (action) => this.#exchange.inOrder(action),
    );
  }

  /** Shard `index`, while it lives. */
  find(index: number): PortPeer | undefined {
    return this.all.find(({name}) => name === partName(index));
  }

  /** Makes shard `index`, at the other end of `port`, a peer; `local` answers what it asks. `onGone` is called when it ends. */
  add(index: number, port: ShardPort, local: Part, onGone: () => void): PortPeer {
    const {presences, peerTimeoutMs, scheduler} = this.#parts;
    const presence = presences[index];
    invariant(presence !== undefined, 'Expected memory for each shard');
    const peer: PortPeer = new PortPeer({
      name: partName(index),
      port,
      presence,
      exchange: this.#exchange,
      clock: scheduler.clock,
      peerTimeoutMs,
      local,
      onGone: () => {
        this.all.splice(this.all.indexOf(peer), 1);
        onGone();
      },
    });
    this.all.push(peer);
    return peer;
  }

  close(): void {
    for (const peer of [...this.all]) peer.close();
  }
}
