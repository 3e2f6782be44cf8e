// Makes what the actors of one thread share, and its upstream caller.

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {fnv1a} from '../core/hash.ts';
import {MemoryBound} from '../core/memory-bound.ts';
import type {Random} from '../core/random.ts';
import {ChannelPatterns} from '../protocol/channel-patterns.ts';
import {createSoleDirectory, type PromptDirectory} from '../router/directory.ts';
import {Registry} from '../runtime/registry.ts';
import {Scheduler} from '../runtime/scheduler.ts';
import {type Directive, Supervisor} from '../runtime/supervisor.ts';
import {TimerWheel} from '../runtime/timer-wheel.ts';
import type {Observation} from '../trace/observer.ts';
import {Tracer} from '../trace/tracer.ts';
import type {AcceptedAnswer, UpstreamTransport} from '../upstream/call.ts';
import type {ActorSettings} from './actor-settings.ts';
import {ChannelChanges} from './channel-changes.ts';
import {CloseOutbox} from './close-outbox.ts';
import {type EventLoss, EventOutbox} from './event-outbox.ts';
import {KeyMemory} from './key-memory.ts';
import {OccupationClock} from './occupation-clock.ts';
import {Occupations} from './occupations.ts';
import type {CloseLoss} from './owed-close.ts';
import {lastToken, Sequences, ticketsBytes} from './sequences.ts';
import {SessionTable} from './session-table.ts';
import type {ShardContext} from './shard-context.ts';
import {noHooks, type ShardHooks} from './shard-hooks.ts';
import {spawnUpstreamCaller} from './upstream-caller.ts';
import {Users} from './users.ts';

/** What a thread is made of. */
export interface ShardContextOptions {
  readonly settings: ActorSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly transport: UpstreamTransport;
  /** Whether one more call to the business server may be made. @default always */
  readonly mayCall?: () => boolean;
  /** @default the thread is alone and sends no reports */
  readonly hooks?: ShardHooks;
  /** See {@link ShardContext.number}. @default 0 */
  readonly number?: number;
  /** @default unbounded */
  readonly memory?: MemoryBound;
  /** @default the thread is alone */
  readonly directory?: PromptDirectory;
  /** Memory shared by the threads of a node; see {@link Sequences}. @default one of its own */
  readonly tickets?: SharedArrayBuffer;
  /** See {@link Scheduler}: `setImmediate` in the product. */
  readonly defer: (turn: () => void) => void;
  /** Called with each failure of an actor, for the log. */
  readonly onFailure: (actor: string, error: unknown) => void;
  /** Called with each close call that was given up, for the log. @default none */
  readonly onCloseLost?: (loss: CloseLoss) => void;
  /** Called with events that were given up, for the log. @default none */
  readonly onEventsLost?: (loss: EventLoss) => void;
  /** Called with an error that no restart could recover from: the thread must end. */
  readonly onFatal: (error: unknown) => void;
}

const traceEventsDefault = 65_536;
const traceKeepDefaultMs = 3_600_000;
/** Sessions without a connection may live so much longer than they must. */
const expiryTickMs = 250;
/** Permissions may be renewed so much later. */
const refreshTickMs = 1_000;
/** Bytes of chance in the prefix of a thread's ids. */
const prefixBytes = 5;
/** Of the hash of the prefix, what distinguishes the tokens of threads and nodes. */
const threadMask = 0x3_ff;

/** Makes the shared state of one thread and its upstream caller; nothing runs until an actor has a message. */
export function createShardContext(options: ShardContextOptions): ShardContext {
  const {clock, counters, settings, random, hooks = noHooks, number = 0} = options;
  const {tickets = new SharedArrayBuffer(ticketsBytes)} = options;
  const scheduler = new Scheduler({clock, counters, defer: options.defer, onFatal: options.onFatal});
  scheduler.onTurnEnd('commit', () => hooks.ledger.turnEnds());
  const supervise = (directive: Directive): Supervisor =>
    new Supervisor({
      clock,
      directive,
      onFailure: options.onFailure,
      escalate: (error) => scheduler.fatal(error),
    });
  const observation: Observation = {observer: undefined};
  const {traceEventsMax: eventsMax = traceEventsDefault, traceKeepMs: keepMs = traceKeepDefaultMs} = settings;
  const tracer = new Tracer({thread: number, eventsMax, keepMs, clock, turn: scheduler, observation});
  const {memory = new MemoryBound(Number.POSITIVE_INFINITY)} = options;
  const patterns = new ChannelPatterns(settings.presenceChannels ?? []);
  const hasEvents = settings.eventsUrl !== undefined && settings.eventsUrl !== '';
  const changes = patterns.isEmpty && !hasEvents ? undefined : new ChannelChanges(patterns, hasEvents);
  if (changes !== undefined) scheduler.onTurnEnd('dispatch', () => changes.turnEnds());
  const upstreamSupervisor = supervise('restart');
  const prefix = random.hex(prefixBytes);
  const thread: Omit<ShardContext, 'closes' | 'events'> = {
    clock,
    random,
    counters,
    settings,
    memory,
    scheduler,
    supervisors: {
      // A session concerns one client only, and there is nothing to restart. [RB-58]
      sessions: supervise('stop'),
      channels: supervise('restart'),
    },
    sessions: new Registry(),
    users: new Users(),
    contenders: new Registry(),
    handshakes: new Set(),
    channels: new Registry((channel, hasMembers) => {
      hooks.channelChanged(channel, hasMembers);
      changes?.occupantsChanged(channel, hasMembers);
    }),
    upstream: spawnUpstreamCaller(scheduler, upstreamSupervisor, options.transport, {
      mayCall: options.mayCall ?? ((): boolean => true),
      changed: (by) => hooks.loadChanged('calls', by),
      ended: (kind, answer) => hooks.callEnded(kind, answer),
      onUnclaimed: (identity, answer) => closeUnclaimed(whole, identity, answer),
    }),
    observation,
    number,
    tracer,
    sequences: new Sequences(prefix, tickets),
    refreshes: new TimerWheel({clock, tickMs: refreshTickMs, message: {kind: 'refreshDue'}, defer: options.defer}),
    occupations: new Occupations(clock, new OccupationClock(clock, lastToken(tickets), fnv1a(prefix) & threadMask)),
    keys: new KeyMemory(clock, memory),
    directory: options.directory ?? createSoleDirectory(),
    hooks,
    closeLost: options.onCloseLost ?? ((): void => {}),
    alive: new Set(),
    v2: {
      table: new SessionTable(clock, random),
      expiries: new TimerWheel({clock, tickMs: expiryTickMs, message: {kind: 'expiryDue'}, defer: options.defer}),
    },
    changes,
    news: undefined,
    isStopping: false,
  };
  const events = hasEvents ? new EventOutbox({...thread, eventsLost: options.onEventsLost ?? (() => {})}) : undefined;
  const whole: ShardContext = Object.assign(thread, {closes: new CloseOutbox(thread), events});
  return whole;
}

// The connect call of a connection that has failed meanwhile: who was let in must be reported closed. [RB-64]
function closeUnclaimed(
  {closes, directory, hooks, sequences}: ShardContext,
  identity: string,
  answer: AcceptedAnswer,
): void {
  const isNamed = answer.identity !== undefined;
  const fencingToken = isNamed ? directory.claim(answer.identity) : 0;
  const message = sequences.closeOf(sequences.nextConnection());
  const cookie = answer.cookie === '' ? undefined : answer.cookie;
  const facts = {
    identity: answer.identity ?? identity,
    fencingToken,
    message,
    cookie,
    reason: 'crashed',
  } as const;
  hooks.ledger.owed(message, facts.identity, fencingToken, cookie);
  hooks.ledger.ended(message, 'crashed');
  closes.release(closes.hold(facts), cookie);
}
