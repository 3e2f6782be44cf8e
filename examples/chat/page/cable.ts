// The network as the page's sockets see it, with a switch. While it is cut, a socket that is open is silent in both
// directions, as one whose cable was pulled: it gets no event, and data in transit waits. A new socket fails at once.
// Made for the demonstration: the SDK is handed the class as its WebSocket, and knows nothing of the switch.

import type {Socket, SocketClass, SocketEvent} from '../../../src/client/client.ts';

/** A network that can be cut. */
export class Cable {
  /** For the SDK's option `WebSocket`. */
  readonly WebSocket: SocketClass;
  readonly #line: Line = {isCut: false, sockets: new Set()};

  constructor() {
    const line = this.#line;
    this.WebSocket = class extends CableSocket {
      constructor(url: string) {
        super(url, line);
      }
    };
  }

  get isCut(): boolean {
    return this.#line.isCut;
  }

  cut(): void {
    this.#line.isCut = true;
  }

  /** What waited goes on its way, on sockets that were not given up meanwhile. */
  mend(): void {
    this.#line.isCut = false;
    for (const socket of this.#line.sockets) socket.resume();
  }
}

interface Line {
  isCut: boolean;
  readonly sockets: Set<CableSocket>;
}

type Listener = (event: SocketEvent) => void;

const codeLost = 1006;
const eventTypes = ['open', 'message', 'close', 'error'] as const;

class CableSocket implements Socket {
  binaryType = 'arraybuffer';
  readonly #line: Line;
  readonly #socket: WebSocket | undefined;
  readonly #listeners = new Map<string, Listener[]>();
  /** What waits for the cable, in both directions; little, since a silent connection is soon given up. */
  #held: (() => void)[] = [];
  #heldBytes = 0;

  constructor(url: string, line: Line) {
    this.#line = line;
    if (line.isCut) {
      queueMicrotask(() => this.#tell({type: 'close', code: codeLost, reason: ''}));
      return;
    }
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    for (const type of eventTypes) socket.addEventListener(type, (event) => this.#pass(() => this.#tell(event)));
    this.#socket = socket;
    line.sockets.add(this);
  }

  get bufferedAmount(): number {
    return (this.#socket?.bufferedAmount ?? 0) + this.#heldBytes;
  }

  addEventListener(type: (typeof eventTypes)[number], listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#line.isCut) this.#heldBytes += bytes.length;
    this.#pass(() => this.#socket?.send(bytes));
  }

  /** Given up by its owner. Here the demonstration cheats: the gateway hears of it, though the network is cut. */
  close(code?: number, reason?: string): void {
    this.#line.sockets.delete(this);
    this.#held = [];
    this.#socket?.close(code, reason);
  }

  resume(): void {
    this.#heldBytes = 0;
    for (const act of this.#held.splice(0)) act();
  }

  #pass(act: () => void): void {
    if (this.#line.isCut) this.#held.push(act);
    else act();
  }

  #tell(event: SocketEvent): void {
    if (event.type === 'close') this.#line.sockets.delete(this);
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}
