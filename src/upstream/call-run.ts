// One call in a worker: undici's handler for it. It is answered exactly once, by whatever comes first of the whole
// answer, an error, the byte cap or the deadline. A call that was sent and is cut at its deadline keeps its socket until
// the business server has answered, for a while: there it still runs, and must count as running. What is answered then is
// of no use, except of a connect call, which is answered once more: a late yes has to be followed by a close call.

import type {Dispatcher} from 'undici';
import type {Clock} from '../core/clock.ts';
import type {Deadline, Expiring} from '../core/deadline-queue.ts';
import type {Identified} from '../core/id-table.ts';
import type {ListNode} from '../core/linked-list.ts';
import {isRefresh} from '../protocol/refresh.ts';
import {BodyBytes} from './body-bytes.ts';
import {type Answer, type Call, excerptBytesMax, type FailedAnswer, type FailureReason, unsent} from './call.ts';
import {type AnswerHeaders, excerptOf, isFailing, judgeAnswer} from './call-answer.ts';
import {failureCause, failureReason, retryAfter} from './call-failure.ts';
import type {CallRequestMaker} from './call-request.ts';
import type {LaneCall, LaneName} from './lane.ts';
import type {MessageType} from './message-types.ts';
import {lingersMax, type SocketPool, type SocketUser} from './socket-pool.ts';
import type {CallSocket} from './upstream-socket.ts';

/**
 * Chunks of one answer before the other calls of the worker have their turn. Measured: an answer of 1 MiB in chunks of one
 * byte takes 0.13 s, and up to 0.8 s on a busy machine.
 */
const chunksInARow = 16_384;

/** What the calls of one worker share. */
export interface CallContext {
  readonly clock: Clock;
  readonly requests: CallRequestMaker;
  readonly answerBytesMax: number;
  /** Called exactly once for each call, and once more where the answer `isPending`. */
  readonly onAnswered: (run: CallRun, answer: Answer) => void;
  /** A call was cut and holds its socket; {@link CallRun.reconsider} is called after a while. */
  readonly onLinger: (run: CallRun) => void;
  /** A call that was cut holds its socket no longer. */
  readonly onEnded: (run: CallRun) => void;
}

/** One call in a worker, from its request to its only answer. */
export class CallRun implements SocketUser, Dispatcher.DispatchHandler, Identified<CallRun>, Expiring<CallRun> {
  /** The number of the call. */
  readonly id: number;
  readonly call: Call;
  /** Takes the answer; the worker's way to know which batch it belongs to. */
  readonly take: (answer: Answer) => void;
  readonly arrivedAt: number;
  startedAt = 0;
  startedAs = 0;
  order = 0;
  sequence = 0;
  place = 0;
  running: ListNode<LaneCall> | undefined;
  lane: LaneName = 'new';
  type: MessageType | undefined;
  deadline: Deadline<CallRun> | undefined;
  next: CallRun | undefined;
  readonly #sockets: SocketPool;
  readonly #context: CallContext;
  #isAnswered = false;
  /** Answered at its deadline, with another answer to follow. */
  #isPending = false;
  #wasCut = false;
  #socket: CallSocket | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #headers: AnswerHeaders = {};
  /** Whether the head of the answer says so. */
  #isFailing = false;
  readonly #body = new BodyBytes();
  #received = 0;
  #chunks = 0;
  #announced = 0;
  #lingers = 0;

  constructor(
    call: Call,
    arrivedAt: number,
    take: (answer: Answer) => void,
    sockets: SocketPool,
    context: CallContext,
  ) {
    this.id = call.call;
    this.call = call;
    this.arrivedAt = arrivedAt;
    this.take = take;
    this.#sockets = sockets;
    this.#context = context;
  }

  send(socket: CallSocket): void {
    this.#socket = socket;
    socket.send(this.#context.requests.make(this.call), this);
  }

  shed(): void {
    this.#answer(unsent(this.call.call, 'overloaded', 'no socket in time'));
  }

  /** The answer is no longer needed. A call that was sent continues. */
  withdraw(): void {
    if (this.#isAnswered) return;
    this.#sockets.learnLeaving(this);
    if (this.#controller === undefined) this.#abandon('withdrawn');
  }

  /** The deadline came. */
  expire(): void {
    if (this.#controller === undefined) {
      this.#abandon('timeout');
      return;
    }
    this.#wasCut = true;
    // A client that is in already is asked about again.
    this.#isPending = this.call.kind === 'connect' && !isRefresh(this.call.headers);
    const isSlow = !this.#sockets.isOfStuckType(this);
    this.#answer({...this.#failed('timeout'), isSlow, isPending: this.#isPending});
    // One that has run for long while others were answered hangs, and nothing is gained by waiting for it. One that waited
    // for long and was sent at last runs as any other.
    if (!this.#isPending && this.#sockets.isHanging(this) && this.#sockets.isSlow(this)) this.giveUp();
    else this.#context.onLinger(this);
  }

  /** It was cut some time ago, and still runs. */
  reconsider(): void {
    if (++this.#lingers >= lingersMax || this.#sockets.isLost(this)) this.giveUp();
    else this.#context.onLinger(this);
  }

  /** Holds its socket no longer. */
  giveUp(): void {
    this.#answer(this.#failed('timeout'));
    // An answer not read to its end leaves a socket of no further use: undici closes it, and comes back with an error.
    this.#controller?.abort(new Error('call was given up'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It could be taken back until now, had it not been for undici's own queue.
    if (this.#isAnswered) this.giveUp();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (!this.#isAwaited) return;
    if (status === 101) this.#refuse('invalid', 'answer 101');
    // 103 and its like come before the answer; undici passes them in the same way.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#isFailing = isFailing(status, headers);
    this.#announced = Number(headers['content-length'] ?? 0);
    if (this.#announced > this.#context.answerBytesMax) this.#refuse('tooLarge', 'body over answer_max');
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#received += chunk.length;
    if (++this.#chunks % chunksInARow === 0) {
      controller.pause();
      setImmediate(() => controller.resume());
    }
    if (this.#received > this.#context.answerBytesMax) this.#refuse('tooLarge', 'body over answer_max');
    else if (this.#isAwaited) this.#keep(chunk);
  }

  onResponseEnd(): void {
    const status = this.#status ?? 0;
    if (this.#isAwaited) {
      const isSlow = this.#sockets.isSlow(this) && !this.#sockets.isOfStuckType(this);
      const answer =
        status >= 200 && status < 300
          ? judgeAnswer(this.call, status, this.#headers, this.#body.bytes)
          : this.#failed('status');
      this.#answer(isSlow && answer.kind !== 'refused' ? {...answer, isSlow} : answer);
    }
    this.#end(true);
    if (this.#socket !== undefined) this.#sockets.release(this, this.#socket);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#answer(this.#failed(failureReason(error), failureCause(error)));
    this.#end(false);
    if (this.#socket !== undefined) this.#sockets.recover(this, this.#socket);
  }

  /** Of a body that is not delivered, only the beginning. */
  #keep(chunk: Uint8Array): void {
    if (this.#isFailing && !this.#keepsFailure) {
      const room = excerptBytesMax - this.#body.length;
      if (room > 0) this.#body.append(chunk.subarray(0, room), this.#announced);
    } else if (this.call.kind !== 'close' && this.call.kind !== 'events') {
      this.#body.append(chunk, this.#announced);
    }
  }

  /** Whether the client is sent the body of an answer that refuses its message. */
  get #keepsFailure(): boolean {
    return this.call.kind === 'message' && this.call.session !== undefined;
  }

  get #isAwaited(): boolean {
    return !this.#isAnswered || this.#isPending;
  }

  /** Nothing was sent: it waits, or its socket is still connecting, and can only be given up as a whole. */
  #abandon(reason: FailureReason): void {
    if (this.#isAnswered) return;
    if (this.#socket === undefined) this.#sockets.drop(this);
    this.#answer(
      unsent(this.call.call, reason, this.#socket === undefined ? 'no socket in time' : 'no connection in time'),
    );
    this.#socket?.destroy();
  }

  #refuse(reason: FailureReason, cause: string): void {
    this.#answer(this.#failed(reason, cause));
    this.#controller?.abort(new Error('answer was refused'));
  }

  /** The pool learns from how it went, once. */
  #end(wasAnswered: boolean): void {
    if (wasAnswered || this.#wasCut) this.#sockets.learn(this, wasAnswered, this.#wasCut);
    if (this.#wasCut) this.#context.onEnded(this);
  }

  #answer(answer: Answer): void {
    if (!this.#isAwaited) return;
    // The first answer of a pending call is not its last.
    if (this.#isAnswered) this.#isPending = false;
    this.#isAnswered = true;
    if (!this.#isPending) this.#body.clear();
    this.#context.onAnswered(this, answer);
  }

  #failed(reason: FailureReason, cause?: string): FailedAnswer {
    const status = this.#status;
    const mayRetryLater = status === 429 || status === 503;
    return {
      kind: 'failed',
      call: this.call.call,
      reason,
      status,
      wasSent: this.#controller !== undefined,
      cause,
      retryAfterMs: mayRetryLater ? retryAfter(this.#headers['retry-after'], this.#context.clock.wallNow()) : undefined,
      ...excerptOf(this.#body.bytes),
      ...(this.#keepsFailure && this.#body.length > 0 && {body: this.#body.bytes}),
    };
  }
}
