// The calls of this thread to one other node: which wait, which are under way, and when each is given up. Knows nothing of
// what they mean (peer-node.ts).
//
//   call --> waiting --> under way --> answered                     a lane for calls that take their time, many at once;
//               |            |                                      one for QoS 0, one at a time: in the order accepted
//               +-- deadline +-- deadline, broken, node lost --> undefined
//
// A call may legitimately last until the clients acknowledge. So a node that was silent for half the peer timeout is
// not given up but doubted: the discovery asks it for /hello/, and notifies all threads if that is not answered.

import type {Clock, Timer} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import {ConcurrencyLimiter} from './concurrency-limiter.ts';
import type {NodeAnswer, NodeRequest, NodeTransport} from './node-transport.ts';

/** Calls to one node that wait or are under way, and the bytes in them: one more is refused. */
export const nodeCallsMax = 10_000;
export const nodeBytesMax = 64 * 1024 * 1024;
/** Calls under way at a time; a publication lasts until its clients have answered. */
const parallelMax = 256;

/** A call about to go out, and a check that an answer belongs to it. */
export interface SignedRequest {
  readonly request: NodeRequest;
  readonly isProved: (answer: NodeAnswer) => boolean;
}

/** One call. */
export interface NodeCall {
  /** Made when the call goes out: a signature made earlier could be too old by then. */
  readonly sign: () => SignedRequest;
  readonly bytes: number;
  /** Whether it goes out after those before it were answered. */
  readonly isOrdered: boolean;
  /** From now, waiting included. */
  readonly deadlineMs: number;
  /** Gets an answer of lines as it comes. */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined;
  /** Called at once with what gives the call up, as one whose answer is not needed any more. */
  readonly onBegin?: ((giveUp: () => void) => void) | undefined;
}

/** What a caller is made of. */
export interface NodeCallerParts {
  readonly transport: NodeTransport;
  readonly clock: Clock;
  readonly counters: Counters;
  /** Half of it is the silence after which the node is doubted. */
  readonly peerTimeoutMs: number;
  /** Whether the node still answers should be looked into. */
  readonly onDoubt: () => void;
}

interface Run {
  readonly call: NodeCall;
  readonly settle: (answer: NodeAnswer | undefined) => void;
  /** Set while it is under way. */
  cancel: (() => void) | undefined;
  sentAt: number;
  readonly deadlineAt: number;
}

/** The calls of this thread to one other node. */
export class NodeCaller {
  readonly #parts: NodeCallerParts;
  readonly #parallel = new ConcurrencyLimiter<Run>(parallelMax, (run) => this.#send(run));
  readonly #ordered = new ConcurrencyLimiter<Run>(1, (run) => this.#send(run));
  readonly #open = new Set<Run>();
  readonly #underWay = new Set<Run>();
  #bytes = 0;
  #heardAt = 0;
  #watch: Timer | undefined;
  #state: 'open' | 'ending' | 'closed' = 'open';

  constructor(parts: NodeCallerParts) {
    this.#parts = parts;
  }

  /** The answer; `undefined` if no answer comes in time, or there is no room for the call. */
  call(call: NodeCall): Promise<NodeAnswer | undefined> {
    const {clock, counters} = this.#parts;
    counters.nodeCalls++;
    const isFull = this.#open.size >= nodeCallsMax || this.#bytes + call.bytes > nodeBytesMax;
    if (this.#state !== 'open' || isFull) {
      counters.nodeCallsFailed++;
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const deadline = clock.startTimer(call.deadlineMs, () => run.settle(undefined));
      const run: Run = {
        call,
        cancel: undefined,
        sentAt: 0,
        deadlineAt: clock.now() + call.deadlineMs,
        settle: (answer) => {
          deadline.cancel();
          this.#end(run);
          if (answer === undefined) counters.nodeCallsFailed++;
          resolve(answer);
        },
      };
      this.#open.add(run);
      this.#bytes += call.bytes;
      this.#laneOf(run).add(run);
      call.onBegin?.(() => {
        deadline.cancel();
        this.#end(run);
        resolve(undefined);
      });
    });
  }

  /** Whether it takes no calls and has none. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Takes no more calls. Calls under way may finish if the node said goodbye; if it is lost they are given up. */
  close(isLost: boolean): void {
    this.#state = 'ending';
    if (isLost) for (const run of [...this.#open]) run.settle(undefined);
    this.#closeIfIdle();
  }

  #laneOf({call}: Run): ConcurrencyLimiter<Run> {
    return call.isOrdered ? this.#ordered : this.#parallel;
  }

  #send(run: Run): void {
    run.sentAt = this.#parts.clock.now();
    // Its turn comes with the end of another that was due at the same moment.
    if (run.sentAt >= run.deadlineAt) {
      run.settle(undefined);
      return;
    }
    this.#underWay.add(run);
    this.#watch ??= this.#parts.clock.startTimer(this.#parts.peerTimeoutMs / 2, this.#onWatchDue);
    const {request, isProved} = run.call.sign();
    const {onChunk} = run.call;
    const hear =
      onChunk &&
      ((chunk: Uint8Array): void => {
        this.#heardAt = this.#parts.clock.now();
        onChunk(chunk);
      });
    const settle = (received: NodeAnswer | undefined): void => {
      run.cancel = undefined;
      // An answer without proof may come from a third party on the way. It is ignored, and the node is doubted.
      const answer = received !== undefined && isProved(received) ? received : undefined;
      if (answer === undefined) this.#parts.onDoubt();
      else this.#heardAt = this.#parts.clock.now();
      run.settle(answer);
    };
    run.cancel = this.#parts.transport.send(request, settle, hear);
  }

  #end(run: Run): void {
    if (!this.#open.delete(run)) return;
    this.#bytes -= run.call.bytes;
    this.#underWay.delete(run);
    run.cancel?.();
    this.#laneOf(run).remove(run);
    if (this.#underWay.size === 0) {
      this.#watch?.cancel();
      this.#watch = undefined;
    }
    this.#closeIfIdle();
  }

  readonly #onWatchDue = (): void => {
    const {clock, peerTimeoutMs, onDoubt} = this.#parts;
    const [oldest] = this.#underWay;
    if (oldest === undefined) return;
    const silenceMs = clock.now() - Math.max(oldest.sentAt, this.#heardAt);
    const leftMs = peerTimeoutMs / 2 - silenceMs;
    this.#watch = clock.startTimer(leftMs > 0 ? leftMs : peerTimeoutMs / 2, this.#onWatchDue);
    if (leftMs <= 0) onDoubt();
  };

  #closeIfIdle(): void {
    if (this.#state !== 'ending' || this.#open.size > 0) return;
    this.#state = 'closed';
    this.#parts.transport.close();
  }
}
