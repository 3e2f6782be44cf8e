// Answers that wait for their turn. A caller may send its next request before it has the answer to the one before
// (pipelining, RFC 9112 section 9.3.2); the answers go out in order. If the connection goes meanwhile, Node closes the answer
// whose turn it is and none of those behind it, so that whatever is released when an answer closes would be held for ever.

import type {ServerResponse} from 'node:http';
import type {Socket} from 'node:net';

export class HttpQueue {
  readonly #waiting = new WeakMap<Socket, Set<ServerResponse>>();

  /** A request came on `socket`; `response` is the answer to it. */
  add(socket: Socket, response: ServerResponse): void {
    // Its turn has come: nearly always.
    if (response.socket !== null) return;
    const waiting = this.#waitingOn(socket);
    waiting.add(response);
    response.once('close', () => waiting.delete(response));
  }

  #waitingOn(socket: Socket): Set<ServerResponse> {
    const known = this.#waiting.get(socket);
    if (known !== undefined) return known;
    const waiting = new Set<ServerResponse>();
    this.#waiting.set(socket, waiting);
    socket.once('close', () => {
      for (const response of waiting) {
        if (response.socket === null) response.destroy().emit('close');
      }
    });
    return waiting;
  }
}
