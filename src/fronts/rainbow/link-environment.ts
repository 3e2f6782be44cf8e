// What the links of one thread share; made by the edge.

import type {Server} from 'ws';
import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import type {ClientWebSocket} from './client-web-socket.ts';
import type {Flusher} from './flusher.ts';
import type {MessageDeadlines} from './message-deadlines.ts';
import type {ReadGate} from './read-gate.ts';
import type {SlowReaders} from './slow-reader.ts';

/** Who owes its client a pong. */
export interface PongOwner {
  pong(payload: Buffer): boolean;
}

/** The parts that the links of one thread share. */
export interface LinkEnvironment {
  readonly counters: Counters;
  readonly flusher: Flusher;
  readonly webSockets: Server<typeof ClientWebSocket>;
  readonly sendBufferBytesMax: number;
  readonly payloadBytesMax: number;
  readonly fragmentsMax: number;
  readonly clock: Clock;
  /** The turn's time. */
  readonly turn: {readonly now: number};
  readonly memory: MemoryBound;
  /** What a frame takes of a client's time, and how far ahead of time it may be. */
  readonly frameMs: number;
  readonly burstMs: number;
  readonly gate: ReadGate;
  readonly messages: MessageDeadlines;
  readonly slowReaders: SlowReaders;
  /** Pongs that are owed, written at the end of the turn: of several pings the latest is answered (RFC 6455 5.5.3). */
  readonly pongs: Map<PongOwner, Buffer>;
}
