// The memory that the shards of a node share, made once by the node and handed to each.

import {ticketsBytes} from '../../actors/sequences.ts';
import {presenceBytes} from '../../cluster/shards/presence.ts';
import {fencingTokensBytes} from '../../cluster/shards/shard-directory.ts';
import {systemClock} from '../../core/clock.ts';
import {countersBytes} from '../../core/counters.ts';
import {memoryBoundBytes} from '../../core/memory-bound.ts';
import {nodeLoadBytes} from '../../core/node-load.ts';
import {pulseBytes} from '../../core/watchdog.ts';
import {sharedOrderBytes} from '../../runtime/shared-order.ts';
import {replayMemoryBytes} from '../http/replay-marks-shared.ts';
import {failingKindsBytes} from '../log/business-reports.ts';
import {noticesBytes} from '../log/handshake-log.ts';

export interface NodeMemory {
  /** One piece a shard, and the last for the main thread; a shard that replaces another counts on. */
  readonly counters: readonly SharedArrayBuffer[];
  /** See `NodeLoad`. */
  readonly load: SharedArrayBuffer;
  /** See `MemoryBound`. */
  readonly held: SharedArrayBuffer;
  /** See `Presence`; one piece a shard, none where there is but one. */
  readonly presences: readonly SharedArrayBuffer[];
  /** Likewise, for identities; see `ShardDirectory`. */
  readonly identities: readonly SharedArrayBuffer[];
  /** See `SharedOrder`. */
  readonly order: SharedArrayBuffer;
  /** See `ShardDirectory`. */
  readonly fencingTokens: SharedArrayBuffer;
  /** See `Sequences.nextTicket`. */
  readonly tickets: SharedArrayBuffer;
  /** See `Pulse`: a place for each shard. */
  readonly pulses: SharedArrayBuffer;
  /** See `FailingKinds`. */
  readonly failing: SharedArrayBuffer;
  /** See `createSharedReplayGuard`; one thread needs none. */
  readonly replays: SharedArrayBuffer | undefined;
  /** The first whole Unix second of the node's life: earlier signatures may have been used in an earlier life. */
  readonly signedSince: number;
  /** See `HandshakeLog`. */
  readonly notices: SharedArrayBuffer;
}

/** Fresh memory for `threads` shards. */
export function createNodeMemory(threads: number): NodeMemory {
  return {
    counters: Array.from({length: threads + 1}, () => new SharedArrayBuffer(countersBytes)),
    load: new SharedArrayBuffer(nodeLoadBytes(threads)),
    held: new SharedArrayBuffer(memoryBoundBytes(threads)),
    presences: presencesOf(threads),
    identities: presencesOf(threads),
    order: new SharedArrayBuffer(sharedOrderBytes),
    fencingTokens: new SharedArrayBuffer(fencingTokensBytes),
    tickets: new SharedArrayBuffer(ticketsBytes),
    failing: new SharedArrayBuffer(failingKindsBytes),
    signedSince: Math.ceil(systemClock.wallNow() / 1000),
    pulses: new SharedArrayBuffer(pulseBytes(threads)),
    replays: threads > 1 ? new SharedArrayBuffer(replayMemoryBytes) : undefined,
    notices: new SharedArrayBuffer(noticesBytes),
  };
}

function presencesOf(threads: number): SharedArrayBuffer[] {
  return threads > 1 ? Array.from({length: threads}, () => new SharedArrayBuffer(presenceBytes)) : [];
}
