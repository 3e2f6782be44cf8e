// The trace of one thread as the rest of the gateway uses it: the watchers, the recorded events, and reading them. The
// recorder is attached only while there is at least one watcher.

import type {Clock, Timer} from '../core/clock.ts';
import {chartSteps} from '../machines/gateway-charts.ts';
import type {TraceEvent} from '../story/trace.ts';
import type {TraceSelection} from '../story/trace-feed.ts';
import type {Observation} from './observer.ts';
import {kindOf, recordKind} from './record-code.ts';
import {RecordRing, type TurnTime} from './record-ring.ts';
import {Recorder} from './recorder.ts';
import {countMessages, decodeRecord} from './trace-decoder.ts';
import {WatchList} from './watch-list.ts';

/** What a tracer is made of. */
export interface TracerOptions {
  /** Which shard of its node the thread is. */
  readonly thread: number;
  /** Events kept. */
  readonly eventsMax: number;
  /** How long recorded events can be read. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly turn: TurnTime & {onTurnEnd(phase: 'done', hook: () => void): () => void};
  readonly observation: Observation;
}

/** What is read of a trace at once. */
export interface TraceRead {
  readonly thread: number;
  readonly events: readonly TraceEvent[];
  /** Give this as `after` the next time. */
  readonly next: number;
  /** Recorded so far: `next` of a reader that has read everything. */
  readonly head: number;
  /** Events that were overwritten before they were read. */
  readonly lost: number;
  /** By number, as `chartSteps`: steps since the recorder was made. */
  readonly steps: Float64Array;
}

/** Which events make a story; all that are given must fit. */
export interface StoryQuery {
  readonly message: string | undefined;
  readonly identity: string | undefined;
  /** Whether payloads are shown, if a watcher had them recorded. */
  readonly payloads: boolean;
  readonly eventsMax: number;
}

/** A story as far as this thread knows it. */
export interface StoryRead {
  readonly events: readonly TraceEvent[];
  /** Whether there were more events than were asked for; these are the latest. */
  readonly isCut: boolean;
}

const stepless = new Float64Array(chartSteps.length);

export class Tracer {
  readonly thread: number;
  readonly #options: TracerOptions;
  readonly #watches: WatchList;
  /** Made when first needed, and kept: what was recorded can be asked for after the watching has ended. */
  #recorder: Recorder | undefined;
  #timer: Timer | undefined;
  /** Takes the ring's hook out of the turns. */
  #leaveTurns: (() => void) | undefined;

  constructor(options: TracerOptions) {
    this.thread = options.thread;
    this.#options = options;
    this.#watches = new WatchList(options.thread);
  }

  /** Starts, renews or changes what `watcher` watches. `false` where there are too many watchers already. */
  watch(watcher: string, selection: TraceSelection, durationMs: number): boolean {
    if (this.#watches.set(watcher, selection, this.#options.clock.now() + durationMs) === 0) return false;
    this.#attach();
    return true;
  }

  unwatch(watcher: string): void {
    this.#watches.remove(watcher);
    this.#attach();
  }

  /** Events recorded so far: where a new reader begins that does not want the past. */
  get count(): number {
    return this.#recorder?.ring.eventCount ?? 0;
  }

  /**
   * The events after number `after`, oldest first, `eventsMax` at most: those that `watcher` watches, or all where it is
   * `undefined`. A negative `after` is that many before the latest.
   */
  read(after: number, eventsMax: number, watcher: string | undefined): TraceRead {
    const ring = this.#recorder?.ring;
    if (ring === undefined) return {thread: this.thread, events: [], next: 0, head: 0, lost: 0, steps: stepless};
    const bit = watcher === undefined ? -1 : this.#watches.bitOf(watcher);
    const mayShowPayload = watcher !== undefined && (bit & this.#watches.payloadMask) !== 0;
    const events: TraceEvent[] = [];
    const oldestAt = this.#oldestAt();
    // A thread that replaced another starts counting from 0.
    const from = after > ring.eventCount ? 0 : after < 0 ? Math.max(0, ring.eventCount + after) : after;
    const start = Math.max(from, ring.firstSeq - 1);
    let next = start;
    for (let number = ring.recordOf(start + 1); number < ring.count && events.length < eventsMax; number++) {
      const isTold = (ring.maskOf(number) & bit) !== 0 && ring.momentOf(number) >= oldestAt;
      const told = isTold ? decodeRecord(ring, this.thread, number, mayShowPayload) : [];
      // The first one's first events may have been read already, and the last one's may be too many.
      events.push(...told.filter(({seq}) => seq > start).slice(0, eventsMax - events.length));
      next = isTold && events.length === eventsMax ? (events.at(-1)?.seq ?? next) : ring.seqOf(number + 1) - 1;
    }
    return {
      thread: this.thread,
      events,
      next,
      head: ring.eventCount,
      lost: start - from,
      steps: this.#recorder?.steps ?? stepless,
    };
  }

  /** All that is known of a message, or of a client, or of what a message has to do with a client. */
  story({message, identity, payloads, eventsMax}: StoryQuery): StoryRead {
    const ring = this.#recorder?.ring;
    if (ring === undefined) return {events: [], isCut: false};
    // Latest first.
    const events: TraceEvent[] = [];
    const oldestAt = this.#oldestAt();
    const numbers = message === undefined ? undefined : ring.messageNumbersOf(message);
    for (let number = ring.count - 1; number >= ring.first && events.length <= eventsMax; number--) {
      if (ring.momentOf(number) < oldestAt) break;
      if (!isOfStory(ring, number, numbers, identity)) continue;
      const told = decodeRecord(ring, this.thread, number, payloads);
      // One record may cover several messages; an event without a message belongs to the client's lifecycle.
      events.push(
        ...told.filter((event) => message === undefined || (messageOf(event) ?? message) === message).reverse(),
      );
    }
    return {events: events.slice(0, eventsMax).reverse(), isCut: events.length > eventsMax};
  }

  /** Ends all watching. */
  stop(): void {
    this.#timer?.cancel();
    this.#leaveTurns?.();
    this.#leaveTurns = undefined;
    this.#options.observation.observer = undefined;
  }

  #oldestAt(): number {
    return this.#options.clock.now() - this.#options.keepMs;
  }

  #attach(): void {
    const {observation, clock, turn, eventsMax} = this.#options;
    this.#timer?.cancel();
    this.#watches.expire(clock.now());
    if (this.#watches.size === 0) {
      if (observation.observer === this.#recorder) observation.observer = undefined;
      this.#leaveTurns?.();
      this.#leaveTurns = undefined;
      return;
    }
    this.#recorder ??= new Recorder(new RecordRing(eventsMax, turn), this.#watches, clock);
    const {ring} = this.#recorder;
    observation.observer = this.#recorder;
    this.#leaveTurns ??= turn.onTurnEnd('done', () => ring.endTurn());
    const end = this.#watches.nextEnd;
    if (end < Number.POSITIVE_INFINITY) {
      this.#timer = clock.startTimer(Math.min(end - clock.now(), timerMsMax), () => this.#attach());
    }
  }
}

/** Whether record `number` belongs to the story of a message, under any of `numbers`, and of this client; `undefined`: of any. */
function isOfStory(
  ring: RecordRing,
  number: number,
  numbers: readonly number[] | undefined,
  identity: string | undefined,
): boolean {
  const place = ring.placeOf(number);
  const isOfMessage = numbers === undefined || isAbout(ring, number, numbers);
  if (identity === undefined) return isOfMessage;
  const isOfClient = ring.identityAt(place) === identity;
  if (isOfMessage && isOfClient) return true;
  if (numbers === undefined) return false;
  const kind = kindOf(ring.codeAt(place));
  // Why a client did not get a message may lie in its life: when it came, what it joined, when it went.
  if (isOfMessage) return kind === recordKind.published || kind === recordKind.answered;
  const isLife = kind === recordKind.membership || (kind === recordKind.step && ring.messageNumberAt(place) === 0);
  return isOfClient && isLife;
}

function isAbout(ring: RecordRing, number: number, messages: readonly number[]): boolean {
  const first = ring.messageNumberAt(ring.placeOf(number));
  const count = countMessages(ring, number);
  return messages.some((message) => message >= first && message < first + count);
}

function messageOf(event: TraceEvent): string | undefined {
  return 'message' in event ? event.message : undefined;
}

/** Of a timer; longer watches are looked at again then. */
const timerMsMax = 3_600_000;
