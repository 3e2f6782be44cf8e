// One call under way in a worker: undici's handler for it. It is answered exactly once, by whatever comes first of the
// whole answer, an error, the byte cap or the deadline; everything later is ignored.

import type {Dispatcher} from 'undici';
import type {Clock} from '../core/clock.ts';
import {AnswerBody} from './answer-body.ts';
import type {Answer, Call, FailedAnswer, FailureReason} from './call.ts';
import {type AnswerHeaders, judgeAnswer} from './call-answer.ts';
import {failureCause, failureReason, retryAfter} from './call-failure.ts';
import type {CallRequestMaker} from './call-request.ts';
import type {SocketPool, SocketUser} from './socket-pool.ts';
import type {CallSocket} from './upstream-socket.ts';

/** What the calls of one worker share. */
export interface CallContext {
  readonly clock: Clock;
  readonly requests: CallRequestMaker;
  readonly answerBytesMax: number;
  /** Called exactly once for each call. */
  readonly onAnswered: (run: CallRun, answer: Answer) => void;
}

/** See above. */
export class CallRun implements SocketUser, Dispatcher.DispatchHandler {
  readonly call: Call;
  /** Takes the answer; the worker's way to know which batch it belongs to. */
  readonly take: (answer: Answer) => void;
  readonly #sockets: SocketPool;
  readonly #context: CallContext;
  isAnswered = false;
  #socket: CallSocket | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #headers: AnswerHeaders = {};
  readonly #body = new AnswerBody();
  #received = 0;
  #announced = 0;

  constructor(call: Call, take: (answer: Answer) => void, sockets: SocketPool, context: CallContext) {
    this.call = call;
    this.take = take;
    this.#sockets = sockets;
    this.#context = context;
  }

  send(socket: CallSocket): void {
    this.#socket = socket;
    socket.send(this.#context.requests.make(this.call), this);
  }

  /** Nobody needs the answer any more. A call that was sent runs on. */
  withdraw(): void {
    if (this.isAnswered || this.#controller !== undefined) return;
    this.#answer(this.#failed('withdrawn'));
    this.#abort();
  }

  /** The deadline came. */
  expire(): void {
    this.#answer(this.#failed('timeout'));
    this.#abort();
    this.#sockets.dropAnswered();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.isAnswered) return;
    if (status === 101) this.#refuse('invalid', 'answer 101');
    // 103 and its like come before the answer; undici tells them in the same way.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#announced = Number(headers['content-length'] ?? 0);
    if (this.#announced > this.#context.answerBytesMax) this.#refuse('tooLarge', 'body over answer_max');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.isAnswered) return;
    this.#received += chunk.length;
    if (this.#received > this.#context.answerBytesMax) this.#refuse('tooLarge', 'body over answer_max');
    else if (this.call.kind !== 'close') this.#body.append(chunk, this.#announced);
  }

  onResponseEnd(): void {
    const status = this.#status ?? 0;
    if (status >= 200 && status < 300) this.#answer(judgeAnswer(this.call, status, this.#headers, this.#body.bytes));
    else this.#answer(this.#failed('status'));
    if (this.#socket !== undefined) this.#sockets.release(this.#socket);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#answer(this.#failed(failureReason(error), failureCause(error)));
    if (this.#socket !== undefined) this.#sockets.recover(this.#socket);
  }

  #refuse(reason: FailureReason, cause: string): void {
    this.#answer(this.#failed(reason, cause));
    this.#abort();
  }

  /** Ends what undici still does for this call; it comes back as `onResponseError`, which releases the client. */
  #abort(): void {
    if (this.#controller !== undefined) {
      // An answer not read to its end leaves a socket of no further use: undici closes it.
      this.#controller.abort(new Error('call was given up'));
    } else {
      // Not sent yet: it waits, or its socket is still connecting, and can only be given up as a whole.
      this.#socket?.destroy();
    }
  }

  #answer(answer: Answer): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#body.clear();
    this.#context.onAnswered(this, answer);
  }

  #failed(reason: FailureReason, cause?: string): FailedAnswer {
    const status = this.#status;
    return {
      kind: 'failed',
      call: this.call.call,
      reason,
      status,
      wasSent: this.#controller !== undefined,
      cause,
      retryAfterMs:
        status === 429 || status === 503
          ? retryAfter(this.#headers['retry-after'], this.#context.clock.wallNow())
          : undefined,
    };
  }
}
