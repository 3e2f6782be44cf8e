// Events for the business server (`events_url`): gathers what a thread has to report, posts it in batches, one after the other,
// so that they arrive in order, and makes a batch again that failed, as close calls are. What it gives up is counted and logged.
// It lives in memory: events of a thread that dies are lost. One a thread, where `events_url` is set.
//
//   add --> [waiting, bounded] --> one batch under way --> posted, or given up
//                                    ^           |
//                                    +- resting -+  failed, to be made again

import type {Clock, Timer} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {Random} from '../core/random.ts';
import type {ActorRef, Cell} from '../runtime/actor.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Supervisor} from '../runtime/supervisor.ts';
import type {Answer} from '../upstream/call.ts';
import type {ActorSettings} from './actor-settings.ts';
import type {ChannelEvent} from './channel-event.ts';
import {delayBeforeRetry, judgeClose} from './close-retry.ts';
import type {AnsweredMessage, UpstreamMessage} from './messages.ts';
import type {Sequences} from './sequences.ts';
import {overloaded} from './upstream-caller.ts';

/** What can be reported. Those of sessions come with `rainbow.v2`. */
export type GatewayEvent = ChannelEvent;

/** Events that were given up, for the log. */
export interface EventLoss {
  readonly events: number;
  readonly attempts: number;
  /** What the last attempt failed with. */
  readonly cause: string;
  readonly status: number | undefined;
}

/** What it needs of its thread. */
export interface EventOutboxThread {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly settings: ActorSettings;
  readonly scheduler: Scheduler;
  readonly supervisors: {readonly channels: Supervisor};
  readonly upstream: ActorRef<UpstreamMessage>;
  readonly sequences: Sequences;
  readonly eventsLost: (loss: EventLoss) => void;
}

/** To the outbox, from the upstream caller and itself. */
export type EventOutboxMessage = AnsweredMessage | {readonly kind: 'due'};

/** Events that wait, and their bytes; beyond that the oldest is given up. */
const waitingMax = 100_000;
const waitingBytesMax = 16_777_216;
/** Of one batch. */
const batchMax = 1_000;
const batchBytesMax = 262_144;
const retryMsDefault = 60_000;
const mailboxBound = 1_048_576;

interface Batch {
  readonly id: string;
  readonly payload: Uint8Array;
  readonly events: number;
  readonly giveUpAt: number;
  attempts: number;
}

export class EventOutbox {
  readonly #thread: EventOutboxThread;
  readonly #cell: Cell<EventOutboxMessage>;
  /** Each as JSON, the oldest first. */
  readonly #waiting = new Set<{readonly text: string}>();
  #bytes = 0;
  #batch: Batch | undefined;
  #resting: Timer | undefined;
  #isDue = false;
  #isStopped = false;
  #onIdle: (() => void) | undefined;
  #isUnderWay = false;

  constructor(thread: EventOutboxThread) {
    this.#thread = thread;
    this.#cell = thread.scheduler.spawn<EventOutboxMessage>({
      name: 'event outbox',
      mailboxBound,
      supervisor: thread.supervisors.channels,
      create: () => ({receive: (message) => this.#receive(message)}),
    });
  }

  /** Events that are neither posted nor given up. */
  get size(): number {
    return this.#waiting.size + (this.#batch?.events ?? 0);
  }

  /** Reports `event`, with an id and the time of this moment. */
  add(event: GatewayEvent): void {
    const {isPartial, ...facts} = event;
    const {clock, sequences, counters} = this.#thread;
    const at = Math.round(clock.wallNow());
    const entry = {text: JSON.stringify({id: sequences.nextEvent(), at, ...facts, ...(isPartial && {partial: true})})};
    if (this.#isStopped) {
      this.#lose(1, 0, 'stopped', undefined);
      return;
    }
    counters.events++;
    this.#makeRoom(entry.text.length);
    this.#waiting.add(entry);
    this.#bytes += entry.text.length;
    // In the next activation: what a turn reports goes out together.
    if (!this.#isDue) this.#isDue = this.#cell.tell({kind: 'due'});
  }

  /** Settles when all that was added is posted or given up, or `maxMs` have passed: then the rest is given up. */
  async drain(maxMs: number): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const timer = this.#thread.clock.startTimer(maxMs, resolve);
    this.#onIdle = resolve;
    if (this.size === 0) resolve();
    await promise;
    timer.cancel();
    this.#isStopped = true;
    this.#resting?.cancel();
    const left = this.size;
    this.#waiting.clear();
    this.#batch = undefined;
    if (left > 0) this.#lose(left, 0, 'stopped', undefined);
  }

  #receive(message: EventOutboxMessage): void {
    if (message.kind === 'answered') {
      this.#answered(message.answer);
      return;
    }
    this.#isDue = false;
    this.#post();
  }

  /** Posts the batch that is to be made again, or the next one. */
  #post(): void {
    if (this.#resting !== undefined || this.#isUnderWay) return;
    this.#batch ??= this.#nextBatch();
    const batch = this.#batch;
    if (batch === undefined) {
      this.#onIdle?.();
      return;
    }
    const {sequences, upstream, counters} = this.#thread;
    const call = {
      kind: 'events',
      call: sequences.nextCall(),
      identity: '',
      message: batch.id,
      payload: batch.payload,
    } as const;
    if (++batch.attempts > 1) counters.eventCallsRetried++;
    this.#isUnderWay = true;
    if (upstream.tell({kind: 'call', call, from: this.#cell, context: undefined})) return;
    this.#cell.tell({kind: 'answered', answer: overloaded(call), context: undefined});
  }

  #answered(answer: Answer): void {
    this.#isUnderWay = false;
    const batch = this.#batch;
    if (batch === undefined) return;
    const {clock, random, settings, counters} = this.#thread;
    const verdict = judgeClose(answer, settings.closeRetry ?? 'safe');
    const leftMs = batch.giveUpAt - clock.now();
    if (verdict === 'retry' && leftMs > 0) {
      const delayMs = Math.min(leftMs, delayBeforeRetry(batch.attempts, answer, random));
      this.#resting = clock.startTimer(delayMs, () => {
        this.#resting = undefined;
        this.#cell.tell({kind: 'due'});
      });
      return;
    }
    this.#batch = undefined;
    if (verdict === 'made') {
      counters.eventsPosted += batch.events;
    } else {
      const {reason, status} = answer.kind === 'failed' ? answer : {reason: answer.kind, status: undefined};
      this.#lose(batch.events, batch.attempts, reason, status);
    }
    this.#post();
  }

  #nextBatch(): Batch | undefined {
    const texts: string[] = [];
    let bytes = 0;
    for (const entry of this.#waiting) {
      if (texts.length === batchMax || (texts.length > 0 && bytes + entry.text.length > batchBytesMax)) break;
      bytes += entry.text.length;
      texts.push(entry.text);
      this.#waiting.delete(entry);
    }
    if (texts.length === 0) return undefined;
    this.#bytes -= bytes;
    const {clock, settings, sequences} = this.#thread;
    return {
      id: sequences.nextEvent(),
      payload: Buffer.from(`{"events":[${texts.join(',')}]}`),
      events: texts.length,
      giveUpAt: clock.now() + (settings.closeRetryMs ?? retryMsDefault),
      attempts: 0,
    };
  }

  #makeRoom(length: number): void {
    for (const entry of this.#waiting) {
      if (this.#waiting.size < waitingMax && this.#bytes + length <= waitingBytesMax) return;
      this.#waiting.delete(entry);
      this.#bytes -= entry.text.length;
      this.#lose(1, 0, 'overloaded', undefined);
    }
  }

  #lose(events: number, attempts: number, cause: string, status: number | undefined): void {
    this.#thread.counters.eventsLost += events;
    this.#thread.eventsLost({events, attempts, cause, status});
  }
}
