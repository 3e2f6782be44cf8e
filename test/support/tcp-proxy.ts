// A TCP proxy that does to what passes what a bad line does, from one seed: holds it back, cuts it into slices, loses the
// connection. It can also be taken down and put up again, or frozen: to who connects to it that is the server behind.

import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Lifetime} from './lifetime.ts';

/** What the line does. Without any of it everything passes at once. */
export interface NetworkModel {
  /** Each slice is held back by up to this long. */
  readonly delayMsMax?: number;
  /** Longest slice; each is written by itself. */
  readonly sliceBytesMax?: number;
  /** A connection is lost after this many bytes in one direction, at least and at most. */
  readonly lostAfterBytes?: readonly [least: number, most: number];
}

export class TcpProxy {
  /** Connections lost by the model. */
  lost = 0;
  /** Connections so far. */
  connections = 0;
  /** Pieces passed on. */
  slices = 0;
  #networkModel: NetworkModel;
  readonly #target: number;
  readonly #random: SeededRandom;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isFrozen = false;
  #thawed = Promise.withResolvers<void>();

  private constructor(target: number, networkModel: NetworkModel, seed: number) {
    this.#target = target;
    this.#networkModel = networkModel;
    this.#random = new SeededRandom(seed);
  }

  /** Listens before the server on port `target`. */
  static async start(lifetime: Lifetime, target: number, networkModel: NetworkModel = {}, seed = 1): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, networkModel, seed);
    lifetime.teardown(() => proxy.goDown());
    await proxy.comeBack();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Another model for what comes from now on. */
  set networkModel(networkModel: NetworkModel) {
    this.#networkModel = networkModel;
  }

  /** Refuses connections and resets those it has, as the kernel does for a server that was killed. */
  async goDown(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Listens, on the port it had. */
  async comeBack(): Promise<void> {
    const server = createServer({allowHalfOpen: true, pauseOnConnect: true}, (client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', 4096, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Resets all connections that there are. */
  async cut(): Promise<void> {
    await this.goDown();
    await this.comeBack();
  }

  /** Takes connections and passes nothing on, as the kernel does for a server that is stopped. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#thawed.resolve();
    this.#thawed = Promise.withResolvers();
  }

  #join(client: Socket): void {
    this.connections++;
    const server = connect({port: this.#target, host: '127.0.0.1', allowHalfOpen: true});
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // A connection that breaks on one side breaks on the other.
      socket.on('error', () => other.resetAndDestroy());
      socket.once('close', () => {
        this.#sockets.delete(socket);
        if (!socket.readableEnded) other.resetAndDestroy();
      });
    }
    void this.#pass(client, server);
    void this.#pass(server, client);
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    const {lostAfterBytes = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]} = this.#networkModel;
    let left =
      lostAfterBytes[0] < Number.POSITIVE_INFINITY ? this.#random.integer(...lostAfterBytes) : lostAfterBytes[0];
    try {
      // One half of a connection may end before the other.
      for await (const chunk of from.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
        for (const slice of this.#slices(chunk)) {
          left -= slice.length;
          if (left < 0) {
            this.lost++;
            from.resetAndDestroy();
            to.resetAndDestroy();
            return;
          }
          await this.#hold();
          await write(to, slice);
          this.slices++;
        }
      }
      to.end();
    } catch {
      // Broken on one side: the listeners above break the other.
    }
  }

  *#slices(chunk: Buffer): Iterable<Buffer> {
    const {sliceBytesMax = chunk.length} = this.#networkModel;
    for (let start = 0; start < chunk.length; ) {
      const length = sliceBytesMax === chunk.length ? chunk.length : this.#random.integer(1, sliceBytesMax);
      yield chunk.subarray(start, start + length);
      start += length;
    }
  }

  async #hold(): Promise<void> {
    const {delayMsMax = 0} = this.#networkModel;
    if (delayMsMax > 0) await new Promise((resolve) => setTimeout(resolve, this.#random.integer(0, delayMsMax)));
    while (this.#isFrozen) await this.#thawed.promise;
  }
}

/** Settles when the kernel has taken `bytes`: the next slice is then a segment of its own. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
