// The close calls that a thread owes: takes each over when its session has ended, and keeps it until the business server
// has answered or it is given up, so that a session need not outlive its client. [RB-64] Makes them in the order in
// which they fell due, makes those again that failed, and knows for which identities one is pending. [RB-67] One a thread;
// called by the sessions, by a thread that waits for an identity, and by the shutdown.
//
//   hold -> [held] -> release -> [ready] -> call -> [calling] -> made, or given up
//                                    ^                  |
//                                    +--- [resting] <---+  failed, to be made again

import type {Clock, Timer} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {Random} from '../core/random.ts';
import type {PromptDirectory} from '../router/directory.ts';
import type {ActorRef, Cell} from '../runtime/actor.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Supervisor} from '../runtime/supervisor.ts';
import type {Observation} from '../trace/observer.ts';
import type {Answer} from '../upstream/call.ts';
import type {ActorSettings} from './actor-settings.ts';
import {delayBeforeRetry, judgeClose} from './close-retry.ts';
import type {CloseOutboxMessage, UpstreamMessage} from './messages.ts';
import {type CloseLoss, OwedClose, type OwedFacts} from './owed-close.ts';
import type {Sequences} from './sequences.ts';
import type {ShardHooks} from './shard-hooks.ts';
import {overloaded} from './upstream-caller.ts';

const retryMsDefault = 60_000;
/** Close calls under way at a time. They wait here, where no deadline runs and order is kept, rather than in the pool. */
const callsMaxDefault = 512;
const heldMaxDefault = 200_000;
/** Drained every turn; each entry is bounded by a call or a timer of an owed close. */
const mailboxBound = 1_048_576;

/** What the outbox needs of its thread. */
export interface OutboxThread {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly settings: ActorSettings;
  readonly scheduler: Scheduler;
  readonly supervisors: {readonly channels: Supervisor};
  readonly upstream: ActorRef<UpstreamMessage>;
  readonly observation: Observation;
  readonly sequences: Sequences;
  readonly directory: PromptDirectory;
  readonly hooks: ShardHooks;
  /** Called with each close call that was given up, for the log. */
  readonly closeLost: (loss: CloseLoss) => void;
}

interface Waiter {
  readonly fencingToken: number;
  readonly settled: () => void;
}

export class CloseOutbox {
  readonly #thread: OutboxThread;
  readonly #cell: Cell<CloseOutboxMessage>;
  readonly #owed = new Set<OwedClose>();
  /** Those of identities that the business server named. */
  readonly #named = new Map<string, Set<OwedClose>>();
  readonly #waiters = new Map<string, Waiter[]>();
  /** Close calls of identities that a waiter waits for; they go first. */
  readonly #urgent = new Set<OwedClose>();
  readonly #ready = new Set<OwedClose>();
  readonly #calling = new Map<number, OwedClose>();
  readonly #resting = new Map<OwedClose, Timer>();
  #madeCount = 0;
  #isAbandoned = false;

  constructor(thread: OutboxThread) {
    this.#thread = thread;
    this.#cell = thread.scheduler.spawn<CloseOutboxMessage>({
      name: 'close outbox',
      mailboxBound,
      supervisor: thread.supervisors.channels,
      create: () => ({receive: (message) => this.#receive(message)}),
    });
  }

  /** Close calls that are neither answered nor given up. */
  get size(): number {
    return this.#owed.size;
  }

  /** Close calls answered with success so far: what a shutdown sees as progress. */
  get madeCount(): number {
    return this.#madeCount;
  }

  /** A session has ended; its close call is pending from now on, and made once {@link release} says so. */
  hold(facts: OwedFacts): OwedClose {
    const owed = new OwedClose(facts);
    this.#makeRoom();
    this.#owed.add(owed);
    this.#thread.hooks.loadChanged('closes', 1);
    if (owed.fencingToken > 0) {
      const named = this.#named.get(owed.identity);
      if (named === undefined) this.#named.set(owed.identity, new Set([owed]));
      else named.add(owed);
    }
    return owed;
  }

  /** The calls before it are over: the call is made, with the cookie as they left it. */
  release(owed: OwedClose, cookie: string | undefined): void {
    if (!this.#owed.has(owed)) return;
    owed.cookie = cookie;
    owed.owner = undefined;
    if (this.#isAbandoned) {
      this.#settle(owed, 'lost');
      return;
    }
    owed.giveUpAt = this.#giveUpAt(owed);
    this.#queue(owed);
  }

  /** Takes over what a thread that died still owed. */
  adopt(facts: readonly OwedFacts[]): void {
    for (const one of facts) {
      if (one.fencingToken > 0) this.#thread.directory.hold(one.identity);
      this.release(this.hold(one), one.cookie);
    }
  }

  /**
   * Whether no close call of sessions of `identity` older than `claim` is pending; else calls `settled` once, when that
   * is so.
   */
  whenSettled(identity: string, fencingToken: number, settled: () => void): boolean {
    if (!this.#isPending(identity, fencingToken)) return true;
    const waiters = this.#waiters.get(identity) ?? [];
    this.#waiters.set(identity, [...waiters, {fencingToken, settled}]);
    for (const owed of this.#named.get(identity) ?? []) {
      if (this.#ready.delete(owed)) this.#urgent.add(owed);
      owed.owner?.tell({kind: 'closeAwaited'});
    }
    return false;
  }

  /** Runs `task` in a turn, after what is under way. */
  later(task: () => void): void {
    this.#cell.tell({kind: 'run', task});
  }

  /** Gives up everything that is left, and what may still come, at the end of the thread. */
  abandon(): readonly CloseLoss[] {
    this.#isAbandoned = true;
    const losses = Array.from(this.#owed, (owed): CloseLoss => owed.loss('stopped', undefined));
    for (const owed of [...this.#owed]) this.#settle(owed, 'lost');
    return losses;
  }

  #receive(message: CloseOutboxMessage): void {
    switch (message.kind) {
      case 'answered':
        this.#answered(message.answer);
        return;
      case 'retryDue':
        if (this.#resting.delete(message.owed)) this.#queue(message.owed);
        return;
      case 'run':
        message.task();
    }
  }

  #queue(owed: OwedClose): void {
    (this.#waiters.has(owed.identity) ? this.#urgent : this.#ready).add(owed);
    this.#pump();
  }

  #pump(): void {
    const callsMax = this.#thread.settings.closeCallsMax ?? callsMaxDefault;
    while (this.#calling.size < callsMax) {
      const queue = this.#urgent.size > 0 ? this.#urgent : this.#ready;
      const [next] = queue;
      if (next === undefined) return;
      queue.delete(next);
      this.#call(next);
    }
  }

  #call(owed: OwedClose): void {
    const {sequences, observation, upstream, counters} = this.#thread;
    const {identity, session, cookie, message, reason, subject} = owed;
    const made = {kind: 'close', call: sequences.nextCall(), identity, cookie, message, reason} as const;
    const call = session === undefined ? made : {...made, session};
    if (++owed.attempts > 1) counters.closeCallsRetried++;
    this.#calling.set(call.call, owed);
    if (subject !== undefined) observation.observer?.called(subject, undefined, call);
    if (upstream.tell({kind: 'call', call, from: this.#cell, context: undefined})) return;
    this.#cell.tell({kind: 'answered', answer: overloaded(call), context: undefined});
  }

  #answered(answer: Answer): void {
    const owed = this.#calling.get(answer.call);
    this.#calling.delete(answer.call);
    // Given up meanwhile.
    if (owed === undefined || !this.#owed.has(owed)) return;
    const {observation, settings, random, clock} = this.#thread;
    if (owed.subject !== undefined) observation.observer?.callAnswered(owed.subject, undefined, 'close', answer);
    const verdict = judgeClose(answer, settings.closeRetry ?? 'safe');
    if (verdict === 'made') {
      this.#settle(owed, 'made');
    } else {
      const leftMs = owed.giveUpAt - clock.now();
      if (verdict === 'retry' && leftMs > 0) {
        // The last attempt comes at the very end of the time.
        this.#rest(owed, Math.min(leftMs, delayBeforeRetry(owed.attempts, answer, random)));
      } else {
        const {reason, status} = answer.kind === 'failed' ? answer : {reason: answer.kind, status: undefined};
        this.#lose(owed, reason, status);
      }
    }
    this.#pump();
  }

  #rest(owed: OwedClose, ms: number): void {
    const timer = this.#thread.clock.startTimer(ms, () => this.#cell.tell({kind: 'retryDue', owed}));
    this.#resting.set(owed, timer);
  }

  #lose(owed: OwedClose, cause: string, status: number | undefined): void {
    this.#settle(owed, 'lost');
    this.#thread.closeLost(owed.loss(cause, status));
  }

  #settle(owed: OwedClose, how: 'made' | 'lost'): void {
    if (!this.#owed.delete(owed)) return;
    if (how === 'made') this.#madeCount++;
    else this.#thread.counters.closeCallsLost++;
    this.#resting.get(owed)?.cancel();
    this.#resting.delete(owed);
    this.#ready.delete(owed);
    this.#urgent.delete(owed);
    this.#thread.hooks.loadChanged('closes', -1);
    this.#thread.hooks.ledger.settled(owed.message);
    if (owed.fencingToken > 0) this.#unname(owed);
  }

  #unname(owed: OwedClose): void {
    const {identity} = owed;
    const named = this.#named.get(identity);
    named?.delete(owed);
    if (named?.size === 0) this.#named.delete(identity);
    this.#thread.directory.release(identity, owed.fencingToken);
    const waiters = this.#waiters.get(identity) ?? [];
    const rest = waiters.filter(({fencingToken}) => this.#isPending(identity, fencingToken));
    if (rest.length > 0) this.#waiters.set(identity, rest);
    else this.#waiters.delete(identity);
    for (const waiter of waiters) if (!rest.includes(waiter)) waiter.settled();
  }

  #isPending(identity: string, before: number): boolean {
    for (const {fencingToken} of this.#named.get(identity) ?? []) if (fencingToken < before) return true;
    return false;
  }

  // Those of one identity share the time of the oldest, so that a client that comes back again and again while only the
  // close calls fail is kept waiting for so long and no longer. [RB-67]
  #giveUpAt({identity}: OwedClose): number {
    const {clock, settings} = this.#thread;
    let at = clock.now() + (settings.closeRetryMs ?? retryMsDefault);
    for (const {giveUpAt} of this.#named.get(identity) ?? []) at = Math.min(at, giveUpAt);
    return at;
  }

  // At the bound the oldest that failed before makes room, else the oldest.
  #makeRoom(): void {
    if (this.#owed.size < (this.#thread.settings.closesHeldMax ?? heldMaxDefault)) return;
    const [resting] = this.#resting.keys();
    const [oldest] = this.#owed;
    const victim = resting ?? oldest;
    if (victim !== undefined) this.#lose(victim, 'overloaded', undefined);
  }
}
