// What the business server said to a call that failed. The gateway has no use for it; a person has: where a redirect leads
// to, and the words of the refusal. Wraps the gateway's own sockets.

import type {Dispatcher} from 'undici';
import type {OpenSocket} from '../../upstream/socket-pool.ts';
import {openSocket} from '../../upstream/upstream-socket.ts';

/** Of the latest answer. */
export interface Seen {
  /** Its Location header. */
  readonly location: string | undefined;
  /** The beginning of its body. */
  readonly text: string;
}

const textBytesMax = 4_096;

/** Keeps the redirect and the text of an answer that the gateway would discard. */
export class Witness {
  #location: string | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  readonly #destroy: (() => void)[] = [];

  /** Makes sockets that are watched. */
  readonly open: OpenSocket = (origin, connectTimeoutMs) => {
    const socket = openSocket(origin, connectTimeoutMs);
    this.#destroy.push(() => socket.destroy());
    return {
      get isDestroyed() {
        return socket.isDestroyed;
      },
      send: (request, handler) => socket.send(request, this.#watch(handler)),
      destroy: () => socket.destroy(),
    };
  };

  get seen(): Seen {
    const text = Buffer.concat(this.#chunks).subarray(0, textBytesMax).toString();
    return {location: this.#location, text};
  }

  /** Closes the sockets, which would keep the process alive. */
  end(): void {
    for (const destroy of this.#destroy) destroy();
  }

  #watch(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
    this.#location = undefined;
    this.#chunks = [];
    this.#bytes = 0;
    return {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onResponseStart: (controller, status, headers, message) => {
        const {location} = headers;
        this.#location = typeof location === 'string' ? location : location?.[0];
        handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => {
        if (this.#bytes < textBytesMax) this.#chunks.push(Uint8Array.from(chunk));
        this.#bytes += chunk.length;
        handler.onResponseData?.(controller, chunk);
      },
      onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
      onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
    };
  }
}
