// What the Rainbow connections of one thread share: how often they ask whether their clients are alive, and how slowly those
// may read. Made by the shard, with the heartbeats of them all.

import type {FrontNote} from '../../actors/front.ts';
import type {V2Note} from '../../actors/front-v2.ts';
import type {ShardContext} from '../../actors/shard-context.ts';
import {DeadlineQueue, type Expiring} from '../../core/deadline-queue.ts';
import type {ActorRef} from '../../runtime/actor.ts';
import {TimerWheel, type TimerWheelOptions} from '../../runtime/timer-wheel.ts';
import type {Observation} from '../../trace/observer.ts';

/** The gateway's options of the same names. */
export interface ConnectionSettings {
  readonly pingIntervalMs: number;
  readonly keepAliveMs: number;
  readonly sessionKeepAliveMs: number;
  readonly sendBufferBytesMax: number;
  readonly payloadBytesMax: number;
}

/** Heartbeats may be late by this part of the keep-alive, within these bounds. */
const ticksPerKeepAlive = 32;
const tickMsMin = 5;
const tickMsMax = 1_000;
/** From the answer to an upgrade to the client's OPEN. */
const openTimeoutMs = 10_000;

/** A connection of `rainbow.v2` that waits for its client's first packet. */
export interface AwaitingOpen extends Expiring<AwaitingOpen> {
  readonly actor: ActorRef<V2Note>;
}

export class ConnectionEnvironment {
  readonly context: ShardContext;
  readonly settings: ConnectionSettings;
  readonly observation: Observation;
  readonly heartbeats: TimerWheel<FrontNote>;
  /** Connections of `rainbow.v2` whose OPEN is to come. */
  readonly opens: DeadlineQueue<AwaitingOpen>;

  /** `defer` as the scheduler's. */
  constructor(context: ShardContext, settings: ConnectionSettings, defer: TimerWheelOptions<FrontNote>['defer']) {
    const {clock, observation} = context;
    this.context = context;
    this.settings = settings;
    this.observation = observation;
    const tickMs = Math.min(tickMsMax, Math.max(tickMsMin, settings.keepAliveMs / ticksPerKeepAlive));
    this.heartbeats = new TimerWheel({clock, tickMs, message: {kind: 'heartbeatDue'}, defer});
    this.opens = new DeadlineQueue(clock, openTimeoutMs, ({actor}) => actor.tell({kind: 'openDue'}));
  }

  /** Leaves no timer; once every client has gone. */
  stop(): void {
    this.heartbeats.stop();
    this.opens.stop();
  }
}
