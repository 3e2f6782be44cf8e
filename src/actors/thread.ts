// What the actors of one thread share: the scheduler, the registries, the settings. Made once by the gateway, handed to
// every actor; nothing in it is global.

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {Random} from '../core/random.ts';
import {messageIdMax} from '../protocol/packet.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Observation} from '../runtime/observer.ts';
import type {Registry} from '../runtime/registry.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Supervisor} from '../runtime/supervisor.ts';
import type {TimerWheel} from '../runtime/timer-wheel.ts';
import type {ChannelMessage, ConnectionMessage, UpstreamMessage} from './messages.ts';

/** The bounds and times that the actors obey; the gateway's options of the same names. */
export interface ActorSettings {
  readonly keepAliveMs: number;
  readonly retryIntervalMs: number;
  readonly window: number;
  readonly queue: number;
  readonly queueBytesMax: number;
  readonly sendBufferBytesMax: number;
  readonly channelsPerConnectionMax: number;
  readonly unorderedTypes: ReadonlySet<number>;
}

/** See the head of this file. */
export interface Thread {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly settings: ActorSettings;
  readonly scheduler: Scheduler;
  readonly supervisors: {
    readonly connections: Supervisor;
    readonly channels: Supervisor;
    readonly publications: Supervisor;
    readonly upstream: Supervisor;
  };
  /** Open connections by identity. */
  readonly connections: Registry<ConnectionMessage>;
  /** Connections that wait for their connect call. */
  readonly handshakes: Set<ActorRef<ConnectionMessage>>;
  readonly channels: Registry<ChannelMessage>;
  readonly heartbeats: TimerWheel<ConnectionMessage>;
  readonly upstream: ActorRef<UpstreamMessage>;
  readonly observation: Observation;
  readonly sequences: Sequences;
  /** Connection actors that have not ended: open ones, handshakes, and those whose close call is under way. */
  connectionsAlive: number;
  /** Set at shutdown: calls that still wait are not made any more, close calls are. */
  isStopping: boolean;
}

/** The numbers and ids a thread gives out. */
export class Sequences {
  readonly #prefix: string;
  #messageId = 0;
  #call = 0;
  #publication = 0;
  #message = 0;

  /** `prefix` tells this run of this thread from every other: unguessable, made of letters and digits. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Wire ids in turn, 1 to 65,534 and around; whether one is free is the connection's to know. [RB-04] */
  nextMessageId(): number {
    this.#messageId = this.#messageId === messageIdMax ? 1 : this.#messageId + 1;
    return this.#messageId;
  }

  /** Numbers for calls. */
  nextCall(): number {
    return ++this.#call;
  }

  /** The id of a publication, told in the answer to /send/. */
  nextPublication(): string {
    return `p${this.#prefix}${(++this.#publication).toString(36)}`;
  }

  /** The id of an upstream message, sent as RAINBOWMESSAGEID. [RB-63] */
  nextMessage(): string {
    return `m${this.#prefix}${(++this.#message).toString(36)}`;
  }
}
