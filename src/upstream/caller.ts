// Makes the calls of one worker: gives each a socket and a deadline, and hands its answer on. Knows no thread, so that
// it can be tested without one; called by upstream-worker.ts.

import type {Clock} from '../core/clock.ts';
import {DeadlineQueue} from '../core/deadline-queue.ts';
import {IdTable} from '../core/id-table.ts';
import type {Random} from '../core/random.ts';
import type {Answer, Call, UpstreamSettings} from './call.ts';
import {CallRequestMaker} from './call-request.ts';
import {type CallContext, CallRun} from './call-run.ts';
import {lingerShare, type OpenSocket, SocketPool} from './socket-pool.ts';

/** Makes the calls of one worker, and answers each exactly once. */
export class Caller {
  readonly #clock: Clock;
  readonly #context: CallContext;
  /** Calls not yet answered. */
  readonly #runs = new IdTable<CallRun>();
  readonly #deadlines: DeadlineQueue<CallRun>;
  readonly #lingering: DeadlineQueue<CallRun>;
  readonly #sockets: Readonly<Record<Call['kind'], SocketPool>>;

  /** `open` makes the sockets. @default undici's */
  constructor(settings: UpstreamSettings, clock: Clock, random: Random, open?: OpenSocket) {
    const {callTimeoutMs} = settings;
    this.#clock = clock;
    this.#deadlines = new DeadlineQueue(clock, callTimeoutMs, (run) => run.expire());
    this.#lingering = new DeadlineQueue(clock, callTimeoutMs * lingerShare, (run) => run.reconsider());
    const requests = new CallRequestMaker(settings, clock, random);
    this.#context = {
      clock,
      requests,
      answerBytesMax: settings.answerBytesMax,
      onAnswered: (run, answer) => {
        this.#deadlines.delete(run);
        this.#runs.remove(run);
        run.take(answer);
      },
      onLinger: (run) => this.#lingering.add(run, clock.now()),
      onEnded: (run) => this.#lingering.delete(run),
    };
    const kinds: Call['kind'][] = ['connect', 'message', 'close'];
    if (settings.eventsUrl) kinds.push('events');
    const pools = new Map<string, SocketPool>();
    const poolOf = (kind: Call['kind']): SocketPool => {
      const origin = requests.origin(kind);
      const sharing = kinds.filter((other) => requests.origin(other) === origin);
      const pool = pools.get(origin) ?? new SocketPool(origin, sharing, settings, clock, open);
      pools.set(origin, pool);
      return pool;
    };
    const close = poolOf('close');
    const events = settings.eventsUrl ? poolOf('events') : close;
    this.#sockets = {connect: poolOf('connect'), message: poolOf('message'), close, events};
  }

  /**
   * Starts a batch of calls; `take` gets each one's answer, within `callTimeoutMs`, possibly before this returns: once,
   * and once more where it `isPending`. A batch arrived as a whole, so that its calls fall due as a whole: where they wait
   * for a socket, none is sent on the one that an expired call of the same batch leaves.
   */
  start(calls: readonly Call[], take: (answer: Answer) => void): void {
    const arrivedAt = this.#clock.now();
    for (const call of calls) {
      const sockets = this.#sockets[call.kind];
      const run = new CallRun(call, arrivedAt, take, sockets, this.#context);
      this.#deadlines.add(run, arrivedAt);
      this.#runs.add(run);
      sockets.start(run);
    }
  }

  /** Answers those of these calls `withdrawn` of which nothing was sent yet; the others run on. */
  withdraw(calls: readonly number[]): void {
    for (const call of calls) this.#runs.find(call)?.withdraw();
  }
}
