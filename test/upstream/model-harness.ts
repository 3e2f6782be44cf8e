// A business server of finite capacity on the simulated clock, and the callers of one or more workers that make calls to it:
// everything of a worker but undici and the sockets.

import type {Dispatcher} from 'undici';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Answer, Call, UpstreamSettings} from '../../src/upstream/call.ts';
import type {CallRequest} from '../../src/upstream/call-request.ts';
import {Caller} from '../../src/upstream/caller.ts';
import type {CallSocket} from '../../src/upstream/upstream-socket.ts';
import {ScriptedController} from '../support/scripted-controller.ts';
import {settingsOf} from './harness.ts';

const yes = Buffer.from('{"status":"success"}');

/** A request at the model. */
interface Job {
  readonly request: CallRequest;
  readonly handler: Dispatcher.DispatchHandler;
  readonly socket: ModelSocket;
}

/** How long a request takes once it is worked on; infinite where it hangs. */
export type Duration = (request: CallRequest) => number;

/** Works on so many requests at a time, and on the others in the order in which they came. */
export class ModelServer {
  readonly clock = new SimulatedClock();
  /** Requests that came and are not answered, whether anybody waits for them or not. */
  open = 0;
  openMax = 0;
  requests = 0;
  readonly #capacity: number;
  readonly #duration: Duration;
  readonly #queue: Job[] = [];
  #working = 0;

  constructor(capacity: number, duration: Duration) {
    this.#capacity = capacity;
    this.#duration = duration;
  }

  readonly connect = (): CallSocket => new ModelSocket(this);

  take(job: Job): void {
    this.requests++;
    this.open++;
    this.openMax = Math.max(this.openMax, this.open);
    this.#queue.push(job);
    this.#work();
  }

  #work(): void {
    while (this.#working < this.#capacity) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      const ms = this.#duration(job.request);
      // What hangs waits for something, and keeps no other call from being worked on.
      if (ms === Number.POSITIVE_INFINITY) continue;
      this.#working++;
      this.clock.startTimer(ms, () => {
        this.#working--;
        this.open--;
        job.socket.answer(job.handler);
        this.#work();
      });
    }
  }
}

class ModelSocket implements CallSocket {
  isDestroyed = false;
  readonly #server: ModelServer;
  #controller: ScriptedController | undefined;

  constructor(server: ModelServer) {
    this.#server = server;
  }

  send(request: CallRequest, handler: Dispatcher.DispatchHandler): void {
    this.#controller = new ScriptedController((error) => {
      this.isDestroyed = true;
      handler.onResponseError?.(this.#controllerOf(), error);
    });
    handler.onRequestStart?.(this.#controllerOf(), {});
    this.#server.take({request, handler, socket: this});
  }

  answer(handler: Dispatcher.DispatchHandler): void {
    // The business server had worked to the end, without effect.
    if (this.isDestroyed) return;
    const controller = this.#controllerOf();
    handler.onResponseStart?.(controller, 200, {'content-length': String(yes.length)}, 'OK');
    handler.onResponseData?.(controller, yes);
    handler.onResponseEnd?.(controller, {});
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  #controllerOf(): Dispatcher.DispatchController {
    if (this.#controller === undefined) throw new Error('Expected a request under way');
    return this.#controller;
  }
}

/** Callers to a model. */
export interface ModelHarness {
  readonly server: ModelServer;
  readonly clock: SimulatedClock;
  call(call: Call, take: (answer: Answer) => void): void;
  withdraw(call: Call): void;
  /** Lets time pass; what the caller does in microtasks happens in between. */
  advance(ms: number): Promise<void>;
}

/** `workers`: callers there are; calls go to each in turn, as upstream-pool.ts hands them out. */
export function createModel(
  capacity: number,
  duration: Duration,
  changes: Partial<UpstreamSettings> = {},
  workers = 1,
): ModelHarness {
  const server = new ModelServer(capacity, duration);
  const {clock} = server;
  const settings = settingsOf('http://business.test', {callTimeoutMs: 10_000, socketsMax: 128, ...changes});
  const callers = Array.from({length: workers}, () => new Caller(settings, clock, new SeededRandom(1), server.connect));
  let calls = 0;
  return {
    server,
    clock,
    call: (call, take) => callers[calls++ % workers]?.start([call], take),
    withdraw({call}) {
      for (const caller of callers) caller.withdraw([call]);
    },
    async advance(ms) {
      const end = clock.now() + ms;
      for (let dueAt = clock.nextDueAt; dueAt !== undefined && dueAt <= end; dueAt = clock.nextDueAt) {
        clock.fireNext();
        await Promise.resolve();
      }
      clock.advance(end - clock.now());
    },
  };
}
