// One call under way in a worker: undici's handler for it. It is answered exactly once, by whatever comes first of the
// whole answer, an error, the byte cap or the deadline; everything later is ignored.

import type {Client, Dispatcher} from 'undici';
import type {Answer, Call, FailureReason} from './call.ts';
import {type AnswerHeaders, judgeAnswer} from './call-answer.ts';
import type {CallRequestMaker} from './call-request.ts';
import type {SocketPool, SocketUser} from './socket-pool.ts';

/** What the calls of one worker share. */
export interface CallContext {
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
  #client: Client | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #headers: AnswerHeaders = {};
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(call: Call, take: (answer: Answer) => void, sockets: SocketPool, context: CallContext) {
    this.call = call;
    this.take = take;
    this.#sockets = sockets;
    this.#context = context;
  }

  send(client: Client): void {
    this.#client = client;
    // A header that HTTP cannot carry makes undici call onResponseError from here.
    client.dispatch(this.#context.requests.make(this.call), this);
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
    // 103 and its like come before the answer; undici tells them in the same way.
    if (status < 200 || this.isAnswered) return;
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length'] ?? 0) > this.#context.answerBytesMax) this.#refuseBody();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.isAnswered) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#context.answerBytesMax) this.#refuseBody();
    else if (this.call.kind !== 'close') this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const status = this.#status ?? 0;
    if (status >= 200 && status < 300) this.#answer(judgeAnswer(this.call, status, this.#headers, this.#body()));
    else this.#answer(this.#failed('status'));
    if (this.#client !== undefined) this.#sockets.release(this.#client);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#answer(this.#failed(failureReason(error)));
    if (this.#client !== undefined) this.#sockets.recover(this.#client);
  }

  #refuseBody(): void {
    this.#answer(this.#failed('tooLarge'));
    this.#abort();
  }

  /** Ends what undici still does for this call; it comes back as `onResponseError`, which releases the client. */
  #abort(): void {
    if (this.#controller !== undefined) {
      // An answer not read to its end leaves a socket of no further use: undici closes it.
      this.#controller.abort(new Error('call was given up'));
    } else if (this.#client !== undefined) {
      // Not sent yet: still connecting. Only the client as a whole can be given up.
      void this.#client.destroy();
    }
  }

  #answer(answer: Answer): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#chunks = [];
    this.#context.onAnswered(this, answer);
  }

  #failed(reason: FailureReason): Answer {
    return {kind: 'failed', call: this.call.call, reason, status: this.#status};
  }

  #body(): Uint8Array {
    const [first] = this.#chunks;
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#bytes);
  }
}

function failureReason(error: Error): FailureReason {
  switch ('code' in error ? error.code : undefined) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'invalid';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'tooLarge';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
