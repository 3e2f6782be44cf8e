// Keeps one caller from holding up the others: how many requests of one connection are handled in one turn is bounded. libuv
// reads a busy socket up to 32 times before the next one has its turn, and Node handles all that it read at once. Measured:
// 50,000 requests written in a row held up everybody for 5.4 s. Here a connection that has brought many is not read again
// before the next turn of the event loop.

import type {Socket} from 'node:net';

/** What Node has read already, up to 64 KiB, is handled all the same. */
const requestsInARow = 64;

/** Bounds the requests of one connection that are handled in one turn. */
export class HttpPace {
  /** What one connection brings in one go comes without anything from another in between, so that one count will do. */
  #socket: Socket | undefined;
  #requests = 0;
  #isResting = false;

  /** Whether `socket` is not read before the next turn. It cannot become a WebSocket now: Node would never read it again. */
  isResting(socket: Socket): boolean {
    return this.#isResting && socket === this.#socket;
  }

  /** A request began. */
  count(socket: Socket): void {
    if (socket !== this.#socket) {
      this.#socket = socket;
      this.#requests = 0;
      this.#isResting = false;
    }
    this.#requests++;
    if (this.#requests < requestsInARow || this.#isResting) return;
    this.#isResting = true;
    socket.pause();
    // Node resumes the socket at the end of each request, so of all that it has read already.
    const pauseAgain = (): void => void socket.pause();
    socket.on('resume', pauseAgain);
    setImmediate(() => {
      if (this.#socket === socket) this.#socket = undefined;
      socket.off('resume', pauseAgain).resume();
    });
  }
}
