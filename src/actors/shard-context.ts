// What the actors of one thread share: the scheduler, the registries, the settings. Made once by create-shard-context.ts, handed to
// every actor; nothing in it is global.

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {MemoryBound} from '../core/memory-bound.ts';
import type {Random} from '../core/random.ts';
import type {PromptDirectory} from '../router/directory.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Registry} from '../runtime/registry.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Supervisor} from '../runtime/supervisor.ts';
import type {TimerWheel} from '../runtime/timer-wheel.ts';
import type {Observation} from '../trace/observer.ts';
import type {Tracer} from '../trace/tracer.ts';
import type {ActorSettings} from './actor-settings.ts';
import type {ChannelChanges} from './channel-changes.ts';
import type {ChannelNews} from './channel-news.ts';
import type {CloseOutbox} from './close-outbox.ts';
import type {EventOutbox} from './event-outbox.ts';
import type {KeyMemory} from './key-memory.ts';
import type {ChannelMessage, SessionMessage, UpstreamMessage} from './messages.ts';
import type {V2SessionMessage} from './messages-v2.ts';
import type {Occupations} from './occupations.ts';
import type {CloseLoss} from './owed-close.ts';
import type {Sequences} from './sequences.ts';
import type {SessionTable} from './session-table.ts';
import type {ShardHooks} from './shard-hooks.ts';
import type {Users} from './users.ts';

/** What the sessions of `rainbow.v2` of one thread share. */
export interface V2Sessions {
  readonly table: SessionTable;
  /** When those without a connection end. */
  readonly expiries: TimerWheel<V2SessionMessage>;
}

/** The parts that the actors of one thread share. */
export interface ShardContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly settings: ActorSettings;
  /** Bytes held for clients and callers, and their bound. */
  readonly memory: MemoryBound;
  readonly scheduler: Scheduler;
  readonly supervisors: {
    readonly sessions: Supervisor;
    readonly channels: Supervisor;
  };
  /** Sessions that were let in and have not ended, by identity. */
  readonly sessions: Registry<SessionMessage>;
  /** Sessions of {@link sessions} whose connect answer named a user. */
  readonly users: Users;
  /** Connections that were given an identity and wait until older ones are reported closed. [RB-67] */
  readonly contenders: Registry<SessionMessage>;
  /** Connections that wait for their connect call. */
  readonly handshakes: Set<ActorRef<SessionMessage>>;
  readonly channels: Registry<ChannelMessage>;
  readonly upstream: ActorRef<UpstreamMessage>;
  readonly observation: Observation;
  /** Its number among the shards of its node, from 0. */
  readonly number: number;
  readonly tracer: Tracer;
  readonly sequences: Sequences;
  /** Sessions whose permissions are to be renewed. */
  readonly refreshes: TimerWheel<SessionMessage>;
  /** Who occupies channels. */
  readonly occupations: Occupations;
  /** Which thread has connections, or owes close calls, of which identities. [RB-67] */
  readonly directory: PromptDirectory;
  /** The idempotency keys that this thread owns. */
  readonly keys: KeyMemory;
  readonly hooks: ShardHooks;
  readonly closes: CloseOutbox;
  readonly v2: V2Sessions;
  /** Called with each close call that was given up, for the log. */
  readonly closeLost: (loss: CloseLoss) => void;
  /** Connection actors that have not ended: handshakes, open ones, and those whose socket or calls are left. */
  readonly alive: Set<ActorRef<SessionMessage>>;
  /** Events for the business server; absent where `events_url` is not set. */
  readonly events: EventOutbox | undefined;
  /** What changes in its channels, where the configuration asks for notices or events of it. */
  readonly changes: ChannelChanges | undefined;
  /** Gathers the changes of its share of the node's channels; set by `reportChannels`. */
  news: ChannelNews | undefined;
  /** Set at shutdown: calls that still wait are not made any more, close calls are. */
  isStopping: boolean;
}
