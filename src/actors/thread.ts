// What the actors of one thread share: the scheduler, the registries, the settings. Made once by the gateway, handed to
// every actor; nothing in it is global.

import type {LoadKind} from '../cluster/node-load.ts';
import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {MemoryBound} from '../core/memory-bound.ts';
import type {Random} from '../core/random.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {Registry} from '../runtime/registry.ts';
import {Scheduler} from '../runtime/scheduler.ts';
import {type Directive, Supervisor} from '../runtime/supervisor.ts';
import {TimerWheel} from '../runtime/timer-wheel.ts';
import type {Observation} from '../trace/observer.ts';
import {Tracer} from '../trace/tracer.ts';
import type {AcceptedAnswer, Answer, Call, UpstreamTransport} from '../upstream/call.ts';
import {CloseOutbox, type ThreadOfOutbox} from './close-outbox.ts';
import type {CloseRetry} from './close-retry.ts';
import type {ChannelMessage, ConnectionMessage, UpstreamMessage} from './messages.ts';
import type {CloseLoss} from './owed-close.ts';
import {Sequences} from './sequences.ts';
import {spawnUpstreamCaller} from './upstream-caller.ts';

/** The bounds and times that the actors obey; the gateway's options of the same names. */
export interface ActorSettings {
  readonly pingIntervalMs: number;
  readonly keepAliveMs: number;
  readonly ackTimeoutMs: number;
  readonly retryIntervalMs: number;
  readonly window: number;
  readonly queue: number;
  readonly queueBytesMax: number;
  readonly sendBufferBytesMax: number;
  readonly payloadBytesMax: number;
  readonly channelsPerConnectionMax: number;
  readonly unorderedTypes: ReadonlySet<number>;
  /** @default 'safe' */
  readonly closeRetry?: CloseRetry;
  /** How long a close call is made again. @default 60,000 ms */
  readonly closeRetryMs?: number;
  /** Close calls under way at a time. @default 512 */
  readonly closeCallsMax?: number;
  /** Close calls that are pending; at the bound one is given up. @default 200,000 */
  readonly closesHeldMax?: number;
  /** @default 65,536 */
  readonly traceEventsMax?: number;
  /** @default 3,600,000 ms */
  readonly traceKeepMs?: number;
}

/** Who keeps in mind what close calls a thread owes, under their RAINBOWMESSAGEID, should the thread die. [RB-64] */
export interface CloseLedger {
  owed(message: string, identity: string, claim: number, cookie: string | undefined): void;
  cookieChanged(message: string, cookie: string | undefined): void;
  ended(message: string, reason: CloseCallReason): void;
  /** It was answered or given up. */
  settled(message: string): void;
  /** Called before the turn's calls and frames go out: what is owed is known elsewhere before anybody can see it. */
  turnEnds(): void;
}

/** For a thread that nothing outlives. */
export const noLedger: CloseLedger = {owed() {}, cookieChanged() {}, ended() {}, settled() {}, turnEnds() {}};

/** What the other parts of the gateway are told, where there are any. */
export interface Outside {
  /** There is one more (1) or one less (-1). */
  loadChanged(kind: LoadKind, by: 1 | -1): void;
  /** A channel has its first member here, or has lost its last. */
  channelChanged(channel: string, hasMembers: boolean): void;
  /** The business server gave `identity` to a connection here, or that connection has been reported closed. */
  identityHeld(identity: string, isHeld: boolean): void;
  /** Ends older connections of `identity` elsewhere; settles when they are reported closed. `undefined`: there are none. */
  takeOver(identity: string, claim: number): Promise<unknown> | undefined;
  /** What would be lost with this thread. */
  readonly ledger: CloseLedger;
  /** A call to the business server has ended. */
  callEnded(kind: Call['kind'], answer: Answer): void;
  /** A connect answer has an identity that cannot be one; `fault` says why. The connection keeps the gateway's. */
  identityUnfit?(fault: string): void;
}

/** See the head of this file. */
export interface Thread {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly settings: ActorSettings;
  /** Bytes held for clients and callers, and their bound. */
  readonly memory: MemoryBound;
  readonly scheduler: Scheduler;
  readonly supervisors: {
    readonly connections: Supervisor;
    readonly channels: Supervisor;
  };
  /** Open connections by identity. */
  readonly connections: Registry<ConnectionMessage>;
  /** Connections that were given an identity and wait until older ones are reported closed. [RB-67] */
  readonly claimants: Registry<ConnectionMessage>;
  /** Connections that wait for their connect call. */
  readonly handshakes: Set<ActorRef<ConnectionMessage>>;
  readonly channels: Registry<ChannelMessage>;
  readonly heartbeats: TimerWheel<ConnectionMessage>;
  readonly upstream: ActorRef<UpstreamMessage>;
  readonly observation: Observation;
  /** Its number among the shards of its node, from 0. */
  readonly number: number;
  readonly tracer: Tracer;
  readonly sequences: Sequences;
  readonly outside: Outside;
  readonly closes: CloseOutbox;
  /** Told of each close call that was given up, for the log. */
  readonly closeLost: (loss: CloseLoss) => void;
  /** Connection actors that have not ended: handshakes, open ones, and those whose socket or calls are left. */
  readonly alive: Set<ActorRef<ConnectionMessage>>;
  /** Set at shutdown: calls that still wait are not made any more, close calls are. */
  isStopping: boolean;
}

/** What a thread is made of. */
export interface ThreadOptions {
  readonly settings: ActorSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly transport: UpstreamTransport;
  /** Whether one more call to the business server may be made. @default always */
  readonly mayCall?: () => boolean;
  /** @default nobody is told anything */
  readonly outside?: Outside;
  /** See {@link Thread.number}. @default 0 */
  readonly number?: number;
  /** @default unbounded */
  readonly memory?: MemoryBound;
  /** Memory shared by the threads of a node; see {@link Sequences}. @default one of its own */
  readonly claims?: SharedArrayBuffer;
  /** See {@link Scheduler}: `setImmediate` in the product. */
  readonly defer: (turn: () => void) => void;
  /** Told of each failure of an actor, for the log. */
  readonly onFailure: (actor: string, error: unknown) => void;
  /** Told of each close call that was given up, for the log. @default nobody */
  readonly onCloseLost?: (loss: CloseLoss) => void;
  /** Told of what restarting did not mend: the thread must end. */
  readonly onFatal: (error: unknown) => void;
}

const traceEventsDefault = 65_536;
const traceKeepDefaultMs = 3_600_000;
/** Bytes of chance in the prefix of a thread's ids. */
const prefixBytes = 5;
/** Heartbeats may be late by this part of the keep-alive, within these bounds. */
const ticksPerKeepAlive = 32;
const tickMsMin = 5;
const tickMsMax = 1_000;

const nobodyOutside: Outside = {
  loadChanged() {},
  channelChanged() {},
  identityHeld() {},
  takeOver: () => undefined,
  ledger: noLedger,
  callEnded() {},
};

/** Makes the shared state of one thread and its upstream caller; nothing runs until a message is told. */
export function createThread(options: ThreadOptions): Thread {
  const {clock, counters, settings, random, outside = nobodyOutside, number = 0} = options;
  const scheduler = new Scheduler({clock, counters, defer: options.defer, onFatal: options.onFatal});
  scheduler.onTurnEnd('commit', () => outside.ledger.turnEnds());
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
  const upstreamSupervisor = supervise('restart');
  const tickMs = Math.min(tickMsMax, Math.max(tickMsMin, settings.keepAliveMs / ticksPerKeepAlive));
  const thread: ThreadOfOutbox = {
    clock,
    random,
    counters,
    settings,
    memory: options.memory ?? new MemoryBound(Number.POSITIVE_INFINITY),
    scheduler,
    supervisors: {
      // One client's connection: nobody else is concerned, and nothing is there to restart. [RB-58]
      connections: supervise('stop'),
      channels: supervise('restart'),
    },
    connections: new Registry(),
    claimants: new Registry(),
    handshakes: new Set(),
    channels: new Registry((channel, hasMembers) => outside.channelChanged(channel, hasMembers)),
    heartbeats: new TimerWheel<ConnectionMessage>({
      clock,
      tickMs,
      message: {kind: 'heartbeatDue'},
      defer: options.defer,
    }),
    upstream: spawnUpstreamCaller(scheduler, upstreamSupervisor, options.transport, {
      mayCall: options.mayCall ?? ((): boolean => true),
      changed: (by) => outside.loadChanged('calls', by),
      ended: (kind, answer) => outside.callEnded(kind, answer),
      onUnclaimed: (identity, answer) => closeUnclaimed(whole, identity, answer),
    }),
    observation,
    number,
    tracer,
    sequences: new Sequences(random.hex(prefixBytes), options.claims),
    outside,
    closeLost: options.onCloseLost ?? ((): void => {}),
    alive: new Set(),
    isStopping: false,
  };
  const whole: Thread = Object.assign(thread, {closes: new CloseOutbox(thread)});
  return whole;
}

// The connect call of a connection that has failed meanwhile: who was let in must be reported closed. [RB-64]
function closeUnclaimed({closes, outside, sequences}: Thread, identity: string, answer: AcceptedAnswer): void {
  const isNamed = answer.identity !== undefined;
  if (isNamed) outside.identityHeld(answer.identity, true);
  const claim = isNamed ? sequences.nextClaim() : 0;
  const message = sequences.closeOf(sequences.nextConnection());
  const cookie = answer.cookie === '' ? undefined : answer.cookie;
  const facts = {identity: answer.identity ?? identity, claim, message, cookie, reason: 'crashed'} as const;
  outside.ledger.owed(message, facts.identity, claim, cookie);
  outside.ledger.ended(message, 'crashed');
  closes.release(closes.hold(facts), cookie);
}

/** How long a thread takes to stop. */
export interface StopTimes {
  /** At most this long, unless close calls are answered meanwhile. */
  readonly graceMs: number;
  /** Each close call that is answered gives it `graceMs` more, up to this long in all. @default graceMs */
  readonly maxMs?: number;
}

/**
 * Ends every connection: close frames with 1001, then the close calls. Settles when all have ended and all close calls are
 * answered, or when its time is up: then the sockets that are left are destroyed. Handshakes and publications are refused
 * from the first moment. What is left of the close calls is for {@link CloseOutbox.abandon}.
 */
export function stopThread(thread: Thread, {graceMs, maxMs = graceMs}: StopTimes): Promise<void> {
  const {alive, clock, scheduler, closes} = thread;
  thread.isStopping = true;
  for (const connection of alive) connection.tell({kind: 'stopping'});
  return new Promise((resolve) => {
    const startedAt = clock.now();
    let isOver = false;
    let madeCount = closes.madeCount;
    let endAt = startedAt + Math.max(0, graceMs);
    let timer = clock.startTimer(endAt - startedAt, check);
    const removeHook = scheduler.onTurnEnd('done', () => {
      if (isOver || (alive.size === 0 && closes.size === 0)) end();
      if (closes.madeCount === madeCount) return;
      madeCount = closes.madeCount;
      endAt = Math.max(endAt, Math.min(startedAt + maxMs, clock.now() + graceMs));
    });

    function check(): void {
      const leftMs = endAt - clock.now();
      if (leftMs > 0) {
        timer = clock.startTimer(leftMs, check);
        return;
      }
      for (const connection of alive) connection.tell({kind: 'drainDue'});
      alive.clear();
      // Their close calls go out with the turn that this brings.
      isOver = true;
      scheduler.requestTurn();
    }

    function end(): void {
      timer.cancel();
      removeHook();
      resolve();
    }

    scheduler.requestTurn();
  });
}
