// Coarse timers for very many actors (heartbeats): one clock timer a tick instead of one a connection. An entry costs a
// place in a set; being late by up to a tick is part of the bargain, being early is not.
//
// A thread that was held up, or a process that was stopped, finds its timers due before it has read what came meanwhile. So
// a tick is not delivered at once but deferred, as a turn is: what the sockets have to say by then stands in the mailboxes first,
// and no client counts as silent whose packets were not read.

import type {Clock, Timer} from '../core/clock.ts';
import type {ActorRef} from './actor.ts';
import type {SchedulerOptions} from './scheduler.ts';

/** Where an entry stands, to take it out again; owned by the wheel. */
export interface WheelEntry<Message> {
  readonly actor: ActorRef<Message>;
  /** The tick it is due at; 0 while it stands nowhere. */
  tick: number;
}

/** What a wheel is made of. */
export interface TimerWheelOptions<Message> {
  readonly clock: Clock;
  readonly tickMs: number;
  /** Sent to each entry's actor when its time has come, at most `tickMs` late and deferred. */
  readonly message: Message;
  readonly defer: SchedulerOptions['defer'];
}

/** Sends one message to actors that are due. */
export class TimerWheel<Message> {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #message: Message;
  readonly #defer: SchedulerOptions['defer'];
  readonly #slots = new Map<number, Set<WheelEntry<Message>>>();
  #timer: Timer | undefined;
  #lastTick: number;
  // Bound once: a tick allocates nothing of its own.
  readonly #onTick = (): void => this.#tick();
  readonly #onTimer = (): void => this.#defer(this.#onTick);

  constructor({clock, tickMs, message, defer}: TimerWheelOptions<Message>) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#message = message;
    this.#defer = defer;
    this.#lastTick = Math.floor(clock.now() / tickMs);
  }

  /** Makes `entry` due at `dueAt` (monotonic ms), wherever it stood before. */
  schedule(entry: WheelEntry<Message>, dueAt: number): void {
    this.cancel(entry);
    const tick = Math.max(Math.ceil(dueAt / this.#tickMs), this.#lastTick + 1);
    let slot = this.#slots.get(tick);
    if (slot === undefined) {
      slot = new Set();
      this.#slots.set(tick, slot);
    }
    slot.add(entry);
    entry.tick = tick;
    if (this.#timer === undefined) this.#arm();
  }

  /** Takes `entry` out. Idempotent. */
  cancel(entry: WheelEntry<Message>): void {
    if (entry.tick === 0) return;
    const slot = this.#slots.get(entry.tick);
    if (slot?.delete(entry) === true && slot.size === 0) this.#slots.delete(entry.tick);
    entry.tick = 0;
  }

  /** Stops for good. */
  stop(): void {
    this.#timer?.cancel();
    this.#slots.clear();
  }

  #arm(): void {
    if (this.#slots.size === 0) {
      this.#timer = undefined;
      return;
    }
    const now = this.#clock.now();
    const next = (Math.floor(now / this.#tickMs) + 1) * this.#tickMs;
    this.#timer = this.#clock.startTimer(next - now, this.#onTimer);
  }

  #tick(): void {
    const current = Math.floor(this.#clock.now() / this.#tickMs);
    // A late timer, or a process that was stopped for a while, may have passed several ticks.
    for (let tick = this.#lastTick + 1; tick <= current && this.#slots.size > 0; tick++) {
      const slot = this.#slots.get(tick);
      if (slot === undefined) continue;
      this.#slots.delete(tick);
      for (const entry of slot) {
        entry.tick = 0;
        entry.actor.tell(this.#message);
      }
    }
    this.#lastTick = current;
    this.#arm();
  }
}
