// Requests whose bodies are read as they come, and may last: Node's bound on the time of a whole request is not for them, and
// what its parser refuses of them cannot be answered any more, since their answers have begun.

import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';

/** The requests whose bodies are read as they come. */
export class StreamedBodies {
  readonly #requests = new WeakMap<Duplex, IncomingMessage>();

  /** The body of `request` is read as it comes from now on. */
  begin(request: IncomingMessage): void {
    this.#requests.set(request.socket, request);
  }

  /** Whether `error` of Node's parser on `socket` is dealt with: it came while such a body did. */
  settle({code}: NodeJS.ErrnoException, socket: Duplex): boolean {
    const request = this.#requests.get(socket);
    if (request === undefined || request.complete) return false;
    // Node looks at each request once, and reads on.
    if (code !== 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy();
    return true;
  }
}
