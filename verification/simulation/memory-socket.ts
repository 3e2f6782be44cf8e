// The gateway's socket of one simulated client: a socket of Node's, streams and all, on the simulated network in place of
// the system's. The one double of the simulation on the gateway's side; everything above it is the product.
//
// As with a real one, what is written goes to the network at once, as far as that takes it; a write is done when all of it
// was taken, and until then later ones wait in the stream. What arrives while the gateway does not read fills the
// stream, then the network.

import {Socket} from 'node:net';
import type {Ticks} from './ticks.ts';

/** The network as a socket has it. */
export interface SocketNetwork {
  /** Bytes written and not taken. */
  readonly queuedBytes: number;
  /** When it last took anything of them, or began to take less than was written. */
  readonly movedAt: number;
  write(bytes: Uint8Array): void;
  /** Nothing more will be written. */
  end(): void;
  /** The socket is destroyed. */
  break(): void;
  /** What arrives from now on stays in the network, until {@link readOn}. */
  stopReading(): void;
  readOn(): void;
}

type Done = (error?: Error | null) => void;

export class MemorySocket extends Socket {
  readonly #network: SocketNetwork;
  readonly #ticks: Ticks;
  #writtenBytes = 0;
  #onTaken: Done | undefined;
  #isReading = true;

  constructor(network: SocketNetwork, ticks: Ticks) {
    super({allowHalfOpen: true});
    this.#network = network;
    this.#ticks = ticks;
    const written = (): number => this.#writtenBytes;
    // By these numbers of its handle the gateway knows whether a slow reader takes anything.
    Object.assign(this, {
      _handle: {
        get bytesWritten() {
          return written();
        },
        get writeQueueSize() {
          return network.queuedBytes;
        },
      },
    });
  }

  /** From the network: bytes of the client. */
  arrive(bytes: Uint8Array): void {
    if (this.destroyed) return;
    // Who reads along is handed the bytes here; else a tick has to say that there are some.
    if (this.readableFlowing !== true || this.readableLength > 0) this.#ticks.areDue = true;
    // The gateway unmasks in place, and the network may bring the same bytes twice.
    if (this.push(Buffer.from(bytes))) return;
    this.#isReading = false;
    this.#network.stopReading();
  }

  /** From the network: the client has closed its socket. What it has not taken is answered with a reset. */
  arriveEnd(): void {
    if (this.#onTaken !== undefined) this.reset();
    if (this.destroyed || this.readableEnded) return;
    this.#ticks.areDue = true;
    this.push(null);
    this.read(0);
  }

  /** From the network: the connection is broken. */
  reset(): void {
    this.destroy(Object.assign(new Error('read ECONNRESET'), {code: 'ECONNRESET'}));
  }

  /** From the network: all that was written has been taken. */
  drained(): void {
    const done = this.#onTaken;
    this.#onTaken = undefined;
    this.#ticks.areDue = true;
    done?.();
  }

  override resume(): this {
    this.#ticks.areDue = true;
    return super.resume();
  }

  override destroy(error?: Error): this {
    this.#ticks.areDue = true;
    return super.destroy(error);
  }

  override _read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#network.readOn();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    this.#offer(chunk);
    this.#finish(done);
  }

  override _writev(entries: ReadonlyArray<{readonly chunk: Uint8Array}>, done: Done): void {
    for (const {chunk} of entries) this.#offer(chunk);
    this.#finish(done);
  }

  override _final(done: Done): void {
    this.#ticks.areDue = true;
    this.#network.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onTaken = undefined;
    this.#network.break();
    done(error);
    // A socket says this itself, for its streams do not.
    process.nextTick(() => this.emit('close', error !== null));
  }

  #offer(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#writtenBytes += chunk.length;
    this.#network.write(chunk);
  }

  #finish(done: Done): void {
    if (this.#network.queuedBytes === 0) done();
    else this.#onTaken = done;
  }
}
