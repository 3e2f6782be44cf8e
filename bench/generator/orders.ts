// What the benchmark can ask the load generator for, and what it answers: plain data between two processes.

import type {Qos} from '../../src/protocol/packet.ts';
import type {Latency} from '../statistics.ts';

export type {Qos} from '../../src/protocol/packet.ts';

/** See publishing.ts. */
export type Flow = 'pipelined' | 'waves' | 'continuous';

/** What a server speaks. */
export type Dialect = 'rainbow' | 'mqtt' | 'nats';

/** Opens `count` connections and keeps them as a group. */
export interface ConnectOrder {
  readonly group: string;
  readonly dialect: Dialect;
  readonly port: number;
  readonly count: number;
  /** Connections opened at a time. */
  readonly concurrency: number;
  /** Joined by every client. */
  readonly channel?: string;
  /** Client number n is known as `${identity}${n}`. */
  readonly identity?: string;
  /** Client number n joins channels `c${n * channelsEach}` and following, this many; those from `channelsMax` on not. */
  readonly channelsEach?: number;
  readonly channelsMax?: number;
  /** At which QoS a client of MQTT subscribes. */
  readonly qos?: Qos;
}

export interface ConnectResult {
  readonly opened: number;
  readonly elapsedMs: number;
}

/** Where publications go: to a channel, to the clients of a group by turns, or to random channels. */
export type Target =
  | {readonly kind: 'channel'; readonly channel: string}
  | {readonly kind: 'identities'; readonly identity: string; readonly count: number}
  | {readonly kind: 'channels'; readonly count: number}
  /** A path that answers without delivering anything. */
  | {readonly kind: 'constant'; readonly path: string};

/** Publishes for `durationMs`, then waits until every publication is answered and delivered. */
export interface PublishOrder {
  /** The clients that receive; `undefined` if none does. */
  readonly group: string | undefined;
  readonly dialect: Dialect;
  readonly port: number;
  readonly target: Target;
  readonly qos: Qos;
  readonly payloadBytes: number;
  /** Clients that each publication reaches. */
  readonly subscribers: number;
  readonly durationMs: number;
  /** Publications neither answered nor delivered to all, at most. */
  readonly outstanding: number;
  readonly flow: Flow;
  /** Publications a second, whatever the answers do; absent: as fast as they are answered. */
  readonly rate?: number;
  /** Signs every call, rather than show a key. */
  readonly isSigned?: boolean;
}

export interface PublishResult {
  readonly publications: number;
  /** First transmissions that reached a client. */
  readonly deliveries: number;
  /** Transmissions marked as repeated. */
  readonly duplicates: number;
  /** Confirmed deliveries, according to the answers. */
  readonly confirmed: number;
  /** Answers other than success. */
  readonly errors: number;
  /** Whether everything was delivered and answered in the end. */
  readonly isComplete: boolean;
  readonly elapsedMs: number;
  /** From a publication's call, or from when it was due, to its answer. */
  readonly answered: Latency;
  /** From there to its arrival; one sample of each read of a socket. */
  readonly delivered: Latency;
}

/** Lets every client of a group send messages for `durationMs`, each with `depth` unanswered ones. */
export interface SendOrder {
  readonly group: string;
  readonly qos: Qos;
  readonly depth: number;
  readonly payloadBytes: number;
  readonly durationMs: number;
}

export interface SendResult {
  readonly messages: number;
  readonly isComplete: boolean;
  readonly elapsedMs: number;
}

/** The load generator's desk. */
export type GeneratorDesk = {
  connect(order: ConnectOrder): Promise<ConnectResult>;
  publish(order: PublishOrder): Promise<PublishResult>;
  send(order: SendOrder): Promise<SendResult>;
  /** Resets the connections of a group; those to come of the same name are new ones. */
  close(order: {readonly group: string}): void;
};

/** Shared secret of the signatures. */
export const securityToken = 'bench-6f1f4d0c9e3b';
/** A key of the HTTP API. */
export const apiKey = 'bench-key-4b1d7c2a90e65f38';

/** The channel names that a client asks for with `first-count`, as the header of the business server's answer. */
export function channelRange(range: string): string {
  const [first = 0, count = 0] = range.split('-').map(Number);
  return Array.from({length: count}, (_, index) => `c${first + index}`).join(';;');
}
