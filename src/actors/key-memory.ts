// The idempotency keys that a thread owns: each with the call that was made with it, and the answer of that. A claim that is
// never ended, since who made it has died, ends by itself: its call may have had an effect, so that the key stays taken.
//
//   claim ──► running ──settle──► stored ──5 min──► forgotten
//                │  └──release──► forgotten
//                └── time up, or answer too long ──► unknown ──5 min──► forgotten

import type {Clock} from '../core/clock.ts';
import {type Deadline, DeadlineQueue} from '../core/deadline-queue.ts';
import type {MemoryBound} from '../core/memory-bound.ts';
import {sendTimeoutMsMax} from '../protocol/api.ts';
import type {KeyAnswer, KeyQuestion} from '../router/keys.ts';

/** For how long the answer of a call is kept. */
export const keyKeepMs = 300_000;
/** Beyond its own time, for what a call does before and after it. */
const graceMs = 10_000;
const runsMsMax = sendTimeoutMsMax + graceMs;
/** Keys of one thread at a time; one more is refused. */
const keysMax = 1_000_000;
/** What a key costs beside its texts: measured. */
const keyBytes = 640;
/** Characters of an answer that is kept. */
export const keptAnswerMax = 262_144;
/** The part of the memory bound that keys may hold. */
const memoryShare = 0.25;

interface Entry {
  readonly key: string;
  readonly claim: string;
  readonly call: string;
  /** A running call that has not ended by then never will. */
  readonly endsAt: number;
  state: 'running' | 'stored' | 'unknown';
  answer: string;
  held: number;
  deadline: Deadline<Entry> | undefined;
}

const done: KeyAnswer = {kind: 'done'};

/** The idempotency keys of a thread, with the calls made with them. */
export class KeyMemory {
  readonly #clock: Clock;
  readonly #memory: MemoryBound;
  readonly #entries = new Map<string, Entry>();
  readonly #running: DeadlineQueue<Entry>;
  readonly #kept: DeadlineQueue<Entry>;
  #held = 0;

  constructor(clock: Clock, memory: MemoryBound) {
    this.#clock = clock;
    this.#memory = memory;
    this.#running = new DeadlineQueue(clock, runsMsMax, (entry) => this.#keep(entry, 'unknown', ''));
    this.#kept = new DeadlineQueue(clock, keyKeepMs, (entry) => this.#forget(entry));
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  answer(question: KeyQuestion): KeyAnswer {
    const entry = this.#entries.get(question.key);
    if (question.kind === 'claim') return entry === undefined ? this.#claim(question) : this.#repeat(entry, question);
    // Ended already, or forgotten, or another's.
    if (entry?.claim !== question.claim || entry.state === 'stored') return done;
    this.#running.delete(entry);
    this.#kept.delete(entry);
    if (question.kind === 'release') this.#forget(entry);
    else if (question.answer === undefined || !this.#hasRoomFor(question.answer.length))
      this.#keep(entry, 'unknown', '');
    else this.#keep(entry, 'stored', question.answer);
    return done;
  }

  stop(): void {
    this.#running.stop();
    this.#kept.stop();
    this.#memory.release(this.#held);
    this.#held = 0;
    this.#entries.clear();
  }

  #claim({key, claim, call, runsMs}: Extract<KeyQuestion, {kind: 'claim'}>): KeyAnswer {
    if (this.#entries.size >= keysMax || !this.#hasRoomFor(keyBytes)) return {kind: 'full'};
    const now = this.#clock.now();
    const endsAt = now + Math.min(runsMs + graceMs, runsMsMax);
    const entry: Entry = {key, claim, call, endsAt, state: 'running', answer: '', held: 0, deadline: undefined};
    this.#hold(entry, keyBytes);
    this.#entries.set(key, entry);
    this.#running.add(entry, now);
    return {kind: 'granted'};
  }

  #repeat(entry: Entry, {call}: Extract<KeyQuestion, {kind: 'claim'}>): KeyAnswer {
    if (entry.call !== call) return {kind: 'conflict'};
    if (entry.state === 'stored') return {kind: 'stored', answer: entry.answer};
    return {kind: entry.state === 'running' && this.#clock.now() < entry.endsAt ? 'running' : 'unknown'};
  }

  #keep(entry: Entry, state: 'stored' | 'unknown', answer: string): void {
    entry.state = state;
    entry.answer = answer;
    this.#hold(entry, keyBytes + answer.length);
    this.#kept.add(entry, this.#clock.now());
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#hold(entry, 0);
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#held + bytes <= this.#memory.max * memoryShare && this.#memory.hasRoomFor(bytes);
  }

  #hold(entry: Entry, bytes: number): void {
    this.#memory.hold(bytes - entry.held);
    this.#held += bytes - entry.held;
    entry.held = bytes;
  }
}
