// When a session without a connection ends. One wheel for all sessions of a thread; the clock of a session pauses while its
// client is about to return, and after each attempt it runs on from where it stood. [RB-31]

import type {ActorRef} from '../runtime/actor.ts';
import type {TimerWheel, WheelEntry} from '../runtime/timer-wheel.ts';
import type {V2SessionMessage} from './messages-v2.ts';

export class V2Expiry implements WheelEntry<V2SessionMessage> {
  readonly actor: ActorRef<V2SessionMessage>;
  tick = 0;
  readonly #wheel: TimerWheel<V2SessionMessage>;
  readonly #now: () => number;
  /** Attempts to return that have begun. */
  #returning = 0;
  /** What is left of its time, while its clock stands; `undefined` while it is not detached. */
  #leftMs: number | undefined;
  #dueAt = 0;

  constructor(actor: ActorRef<V2SessionMessage>, wheel: TimerWheel<V2SessionMessage>, now: () => number) {
    this.actor = actor;
    this.#wheel = wheel;
    this.#now = now;
  }

  /** The session is detached for so long at most. */
  begin(ms: number): void {
    this.#leftMs = ms;
    if (this.#returning === 0) this.#run(ms);
  }

  /** The session has a connection, or has ended. */
  end(): void {
    this.#leftMs = undefined;
    this.#wheel.cancel(this);
  }

  /** An attempt to return has begun (1) or ended (-1). */
  returning(by: 1 | -1): void {
    this.#returning += by;
    if (this.#leftMs === undefined) return;
    if (by > 0 && this.#returning === 1) {
      this.#leftMs = Math.max(0, this.#dueAt - this.#now());
      this.#wheel.cancel(this);
    } else if (this.#returning === 0) this.#run(this.#leftMs);
  }

  /** Whether its time is over: the wheel's message may have waited while the session was attached or its client came back. */
  get isDue(): boolean {
    return this.#leftMs !== undefined && this.#returning === 0 && this.#now() >= this.#dueAt;
  }

  #run(ms: number): void {
    this.#dueAt = this.#now() + ms;
    this.#wheel.schedule(this, this.#dueAt);
  }
}
