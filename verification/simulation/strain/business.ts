// The business server of a node under strain: works on a fixed number of requests at a time, on the others in the order
// in which they came, and goes on with one whose caller has given up. Remembers what was asked and the recipient of
// each answer.

import type {Dispatcher} from 'undici';
import {headerIdentity, headerJoin, headerMessage} from '../../../src/protocol/header-name.ts';
import type {CallRequest} from '../../../src/upstream/call-request.ts';
import type {CallSocket} from '../../../src/upstream/upstream-socket.ts';
import {ScriptedController} from '../../../test/support/scripted-controller.ts';
import type {StrainHarness} from './harness.ts';
import type {SimulatedThread} from './thread.ts';

/** What everything takes in the calm. */
const quickMs = 5;

export type Kind = 'connect' | 'message' | 'close';

/** One request, from when it was written. */
export interface Job {
  readonly kind: Kind;
  /** RAINBOWCLIENTIDENTITY. */
  readonly identity: string;
  /** RAINBOWMESSAGEID; empty for a connect call. */
  readonly message: string;
  /** The number in a message's payload; 0 for other calls. */
  readonly serial: number;
  readonly sentAt: number;
  readonly socket: BusinessSocket;
  /** The worker that made it. */
  readonly worker: SimulatedThread;
  /** When its caller gave it up. */
  abandonedAt: number | undefined;
}

/** The channel of all clients. */
export const room = 'room';

/** What the run gets. */
export interface BusinessEvents {
  /** A request has come. */
  asked(job: Job): void;
  /** It was carried out, whether or not anybody hears of it. */
  done(job: Job): void;
  /** The answer, a yes, has reached the gateway's worker. */
  heard(job: Job): void;
  /** The identity that a connect answer names. */
  nameOf(identity: string): string | undefined;
}

export class BusinessServer {
  /** By kind, since the start. */
  readonly done: Record<Kind, number> = {connect: 0, message: 0, close: 0};
  readonly open = new Set<Job>();
  /** Whether it can do whatever is asked. */
  isCalm = false;
  readonly #harness: StrainHarness;
  readonly #events: BusinessEvents;
  readonly #queue: Job[] = [];
  #working = 0;

  constructor(harness: StrainHarness, events: BusinessEvents) {
    this.#harness = harness;
    this.#events = events;
  }

  connect(thread: SimulatedThread): CallSocket {
    return new BusinessSocket(this, thread);
  }

  /** Requests of a worker that run here, those included that it gave up and that came less than `lingerMs` ago. */
  countOpen(worker: SimulatedThread, lingerMs: number): number {
    const since = this.#harness.clock.now() - lingerMs;
    let count = 0;
    for (const job of this.open) {
      if (job.worker === worker && (job.abandonedAt === undefined || job.sentAt > since)) count++;
    }
    return count;
  }

  take(request: CallRequest, socket: BusinessSocket): Job {
    const {rng, clock, plan} = this.#harness;
    const kind = kindOf(request);
    const job: Job = {
      kind,
      identity: headerOf(request, headerIdentity),
      message: headerOf(request, headerMessage),
      serial: kind === 'message' ? serialOf(request) : 0,
      sentAt: clock.now(),
      socket,
      worker: socket.thread,
      abandonedAt: undefined,
    };
    this.open.add(job);
    this.#events.asked(job);
    if (kind === 'close' && !this.isCalm && rng.business.chance(plan.closesRefused)) {
      this.#harness.later(1, () => this.#answer(job, 503));
    } else {
      this.#queue.push(job);
      this.#work();
    }
    return job;
  }

  #work(): void {
    const {plan, rng} = this.#harness;
    while (this.isCalm || this.#working < plan.capacity) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#working++;
      const usualMs = job.kind === 'close' ? plan.closeMs : plan.serviceMs;
      const meanMs = this.isCalm ? quickMs : usualMs;
      const ms = Math.max(1, rng.business.integer(Math.floor(meanMs * 0.8), Math.ceil(meanMs * 1.2)));
      this.#harness.later(ms, () => {
        this.#working--;
        this.done[job.kind]++;
        this.#events.done(job);
        this.#answer(job, 200);
        this.#work();
      });
    }
  }

  #answer(job: Job, status: number): void {
    const {plan} = this.#harness;
    this.open.delete(job);
    const named = job.kind === 'connect' ? this.#events.nameOf(job.identity) : undefined;
    const answer = {status: 'success', ...(named !== undefined && {identity: named})};
    const body = job.kind === 'message' ? Buffer.alloc(plan.replyBytes) : Buffer.from(JSON.stringify(answer));
    const headers: Record<string, string> = job.kind === 'connect' ? {[headerJoin.toLowerCase()]: room} : {};
    job.socket.answer(status, headers, body, () => {
      if (status === 200) this.#events.heard(job);
    });
  }
}

function kindOf({path}: CallRequest): Kind {
  if (path.startsWith('/connect/')) return 'connect';
  return path.startsWith('/close/') ? 'close' : 'message';
}

function serialOf({body}: CallRequest): number {
  return body === null ? 0 : Number(Buffer.from(body).toString('latin1', 1, 12).split(' ')[0]);
}

function headerOf({headers}: CallRequest, name: string): string {
  for (let place = 0; place + 1 < headers.length; place += 2)
    if (headers[place] === name) return headers[place + 1] ?? '';
  return '';
}

/** The connection of a worker to it. */
class BusinessSocket implements CallSocket {
  isDestroyed = false;
  readonly #server: BusinessServer;
  readonly thread: SimulatedThread;
  #handler: Dispatcher.DispatchHandler | undefined;
  #controller: ScriptedController | undefined;
  #job: Job | undefined;

  constructor(server: BusinessServer, thread: SimulatedThread) {
    this.#server = server;
    this.thread = thread;
    thread.onEnd(() => this.#break());
  }

  send(request: CallRequest, handler: Dispatcher.DispatchHandler): void {
    const controller = new ScriptedController((error) => {
      this.#break();
      handler.onResponseError?.(controller, error);
    });
    this.#handler = handler;
    this.#controller = controller;
    handler.onRequestStart?.(controller, {});
    this.#job = this.#server.take(request, this);
  }

  /** The answer reaches the worker once that can read; `heard` is called then. */
  answer(status: number, headers: Record<string, string>, body: Uint8Array, heard: () => void): void {
    this.thread.defer(() => {
      const [handler, controller] = [this.#handler, this.#controller];
      if (this.isDestroyed || handler === undefined || controller === undefined) return;
      this.#job = undefined;
      heard();
      handler.onResponseStart?.(controller, status, {...headers, 'content-length': String(body.length)}, '');
      handler.onResponseData?.(controller, Buffer.from(body));
      handler.onResponseEnd?.(controller, {});
    });
  }

  destroy(): void {
    this.#break();
  }

  #break(): void {
    this.isDestroyed = true;
    if (this.#job !== undefined) this.#job.abandonedAt ??= this.thread.clock.now();
  }
}
