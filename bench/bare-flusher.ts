// The bare reference's one cleverness: what was sent to a socket in one turn of the event loop is written at once, and
// sockets that were sent the same share the joined bytes.

import type {Socket} from 'node:net';

interface Sink {
  readonly socket: Socket | undefined;
  readonly pending: Uint8Array[];
}

export class BareFlusher {
  /** Writes so far. */
  writes = 0;
  #dirty: Sink[] = [];
  #latest: readonly Uint8Array[] = [];
  #joined: Uint8Array = new Uint8Array(0);

  send(sink: Sink, frame: Uint8Array): void {
    if (sink.pending.push(frame) > 1) return;
    if (this.#dirty.push(sink) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const sinks = this.#dirty;
    this.#dirty = [];
    for (const {socket, pending} of sinks) {
      this.writes++;
      socket?.write(this.#join(pending));
      pending.length = 0;
    }
    this.#latest = [];
  };

  #join(frames: readonly Uint8Array[]): Uint8Array {
    const [first] = frames;
    if (frames.length === 1 && first !== undefined) return first;
    const latest = this.#latest;
    let isSame = frames.length === latest.length;
    for (let index = 0; isSame && index < frames.length; index++) isSame = frames[index] === latest[index];
    if (!isSame) {
      this.#joined = Buffer.concat(frames);
      this.#latest = [...frames];
    }
    return this.#joined;
  }
}
