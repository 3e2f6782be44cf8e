// Makes the calls of one worker: gives each a socket and a deadline, and hands its answer on. Knows no thread, so that
// it can be tested without one; called by upstream-worker.ts.

import type {Clock} from '../core/clock.ts';
import type {Random} from '../core/random.ts';
import type {Answer, Call, UpstreamSettings} from './call.ts';
import {CallRequestMaker} from './call-request.ts';
import {type CallContext, CallRun} from './call-run.ts';
import {DeadlineQueue} from './deadline-queue.ts';
import {SocketPool} from './socket-pool.ts';

/** See above. */
export class Caller {
  readonly #settings: UpstreamSettings;
  readonly #clock: Clock;
  readonly #context: CallContext;
  readonly #deadlines: DeadlineQueue<CallRun>;
  readonly #runs = new Map<number, CallRun>();
  readonly #sockets: Readonly<Record<Call['kind'], SocketPool>>;

  constructor(settings: UpstreamSettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#deadlines = new DeadlineQueue(clock, settings.callTimeoutMs, (run) => run.expire());
    const requests = new CallRequestMaker(settings, clock, random);
    this.#context = {
      clock,
      requests,
      answerBytesMax: settings.answerBytesMax,
      onAnswered: (run, answer) => {
        this.#deadlines.delete(run);
        this.#runs.delete(run.call.call);
        run.take(answer);
      },
    };
    const origins = new Map<string, SocketPool>();
    this.#sockets = {
      connect: this.#socketsOf(requests.origin('connect'), origins),
      message: this.#socketsOf(requests.origin('message'), origins),
      close: this.#socketsOf(requests.origin('close'), origins),
    };
  }

  /**
   * Starts a batch of calls; `take` gets each one's answer exactly once, within `callTimeoutMs`, possibly before this
   * returns. A batch arrived as a whole, so that its calls fall due as a whole: where they wait for a socket, none is
   * sent on the one that an expired call of the same batch leaves.
   */
  start(calls: readonly Call[], take: (answer: Answer) => void): void {
    const arrivedAt = this.#clock.now();
    for (const call of calls) {
      const sockets = this.#sockets[call.kind];
      const run = new CallRun(call, take, sockets, this.#context);
      this.#deadlines.add(run, arrivedAt);
      this.#runs.set(call.call, run);
      sockets.start(run);
    }
  }

  /** Answers those of these calls `withdrawn` of which nothing was sent yet; the others run on. */
  withdraw(calls: readonly number[]): void {
    for (const call of calls) this.#runs.get(call)?.withdraw();
  }

  #socketsOf(origin: string, origins: Map<string, SocketPool>): SocketPool {
    const sockets = origins.get(origin) ?? new SocketPool(origin, this.#settings);
    origins.set(origin, sockets);
    return sockets;
  }
}
