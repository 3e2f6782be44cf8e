// A socket whose upgrade has not been answered: keeps what comes early, and notices when the client goes. Holds it and the
// request against memory_max. Part of a link.

import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import type {MemoryBound} from '../../core/memory-bound.ts';

/** Bytes a client may send before its upgrade is answered; beyond that its socket is not read. [RB-56] */
export const earlyBytesMax = 65_536;

/**
 * What a handshake that waits is taken to cost beside what it sent: a socket, a request, a call. Its header is kept as
 * text here, once more by name, and as bytes of the connect call. Measured with 15 KB of header: 53 KB.
 */
const handshakeOverheadBytes = 4_096;
const headerCopies = 3;

export class EarlyBytes {
  readonly request: IncomingMessage;
  readonly #socket: Socket;
  readonly #chunks: Buffer[];
  readonly #onGone: () => void;
  readonly #memory: MemoryBound;
  #bytes: number;
  readonly #requestBytes: number;
  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#memory.hold(chunk.length);
    if (this.#bytes > earlyBytesMax) this.#socket.pause();
  };

  constructor(request: IncomingMessage, socket: Socket, head: Buffer, memory: MemoryBound, onGone: () => void) {
    this.request = request;
    this.#socket = socket;
    this.#chunks = head.length > 0 ? [head] : [];
    this.#bytes = head.length;
    this.#memory = memory;
    this.#requestBytes = handshakeOverheadBytes + headerCopies * headerLength(request);
    memory.hold(this.#bytes + this.#requestBytes);
    this.#onGone = onGone;
    socket.on('data', this.#onData);
    socket.on('end', onGone);
    socket.on('close', onGone);
    socket.on('error', ignoreError);
  }

  /** What came before the answer. */
  get early(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Lets go of the socket. It keeps an error listener until ws or the answer has its own. */
  end(): void {
    this.#memory.release(this.#bytes + this.#requestBytes);
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onGone);
    this.#socket.off('close', this.#onGone);
    this.#socket.pause();
  }
}

function headerLength({url = '', rawHeaders}: IncomingMessage): number {
  let length = url.length;
  for (const text of rawHeaders) length += text.length;
  return length;
}

function ignoreError(): void {
  // `close` follows and is what counts.
}
