// One keep-alive connection to the business server: an undici client of one socket, and what it needs to know. Made by
// the socket pool.
//
// A server may close an idle socket at the very moment we write to it. undici closes ours first, 4 s after its last use
// or 2 s before the server's `Keep-Alive: timeout`, and looks for a close that has already arrived before it writes to
// a socket that was idle (see also upstream-worker.ts). What remains is a close still on its way: that call fails as
// `unreachable`. It is not sent again: the server may have closed after it had processed the call, and a POST processed
// twice is a message doubled for every business server that does not look at RAINBOWMESSAGEID. The client's own repeat,
// at QoS 1 and 2, decides.

import {Socket} from 'node:net';
import {buildConnector, Client, type Dispatcher} from 'undici';
import type {CallRequest} from './call-request.ts';
import {ContinueFilter} from './continue-filter.ts';

/** Where a call is sent; undici's, or a model of it in a test. */
export interface CallSocket {
  /** Whether it is of no more use. */
  readonly isDestroyed: boolean;
  /** Sends one request; the one before has ended. */
  send(request: CallRequest, handler: Dispatcher.DispatchHandler): void;
  /** Gives up whatever it does. */
  destroy(): void;
}

/** Below the 5 s after which Node and Apache close an idle socket; gunicorn's 2 s are met as the comment above says. */
const keepAliveTimeoutMs = 4_000;
const keepAliveMarginMs = 2_000;
/** A server may promise to keep a socket longer; a middlebox on the way has made no such promise. */
const keepAliveTimeoutMsMax = 30_000;

/** Names and values together. */
const answerHeaderBytesMax = 16_384;

/** Makes a socket to `origin`; connecting begins with the first call and takes at most `connectTimeoutMs`. */
export function openSocket(origin: string, connectTimeoutMs: number): CallSocket {
  return new UpstreamSocket(origin, connectTimeoutMs);
}

class UpstreamSocket implements CallSocket {
  readonly #client: Client;
  readonly #filter = new ContinueFilter();

  constructor(origin: string, connectTimeoutMs: number) {
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: answerHeaderBytesMax,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
      keepAliveMaxTimeout: keepAliveTimeoutMsMax,
      // The one deadline of the whole call is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: this.#connectorOf(connectTimeoutMs),
    });
  }

  get isDestroyed(): boolean {
    return this.#client.destroyed;
  }

  send(request: CallRequest, handler: Dispatcher.DispatchHandler): void {
    this.#filter.expectAnswer();
    // A header that HTTP cannot carry makes undici call onResponseError from here.
    this.#client.dispatch(request, handler);
  }

  destroy(): void {
    void this.#client.destroy();
  }

  #connectorOf(timeout: number): buildConnector.connector {
    const connect = buildConnector({timeout, allowH2: false});
    return (options, callback) => {
      connect(options, (...result) => {
        const [, socket] = result;
        if (socket instanceof Socket) this.#watch(socket);
        callback(...result);
      });
    };
  }

  /** undici takes what comes by `read`. */
  #watch(socket: Socket): void {
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => {
      const chunk: unknown = read(size);
      if (chunk instanceof Uint8Array) this.#filter.pass(chunk);
      return chunk;
    };
  }
}
