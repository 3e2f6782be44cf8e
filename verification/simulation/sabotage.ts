// Ways to break the gateway from outside its code, to prove that the observer sees it. An empty one breaks nothing.

import type {ShardMessage} from '../../src/cluster/shards/shard-message.ts';
import type {Clock} from '../../src/core/clock.ts';
import type {Router} from '../../src/router/router.ts';
import type {UpstreamTransport} from '../../src/upstream/call.ts';
import type {SimulatedSettings} from '../../test/support/simulated-gateway.ts';
import type {SocketNetwork} from './memory-socket.ts';

/** Does with one frame what is wrong; `pass` writes a frame. */
export type WrongFrames = (frame: Uint8Array, pass: (frame: Uint8Array) => void) => void;

export interface Sabotage {
  /** Settings that the gateway runs with, other than the plan says. */
  readonly settings?: Partial<SimulatedSettings>;
  /** Between the gateway and a socket that it writes to, before the observer looks. */
  readonly frames?: (clock: Clock) => WrongFrames;
  /** Between the observer and the client. */
  readonly network?: (network: SocketNetwork, clock: Clock) => SocketNetwork;
  /** Between the gateway and the business server. */
  readonly transport?: (transport: UpstreamTransport, clock: Clock) => UpstreamTransport;
  /** Between two shards: what arrives of an envelope. */
  readonly envelope?: (envelope: readonly ShardMessage[]) => readonly ShardMessage[];
  /** Between callers and the gateway. */
  readonly router?: (router: Router, clock: Clock) => Router;
}

export const noSabotage: Sabotage = {};
