// One connection between a client and the gateway: two pipes, and their faults. Made when a client connects; a
// client that connects again has a new one.

import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {type Frame, FrameReader, maskFrame} from './frame-reader.ts';
import type {MemorySocket, SocketNetwork} from './memory-socket.ts';
import {Pipe, type PipeNature} from './pipe.ts';
import type {Rng} from './rng.ts';
import type {Trace} from './trace.ts';

/** The client's end. */
export interface ClientEnd {
  receive(frame: Frame): void;
  /** The socket is gone. */
  ended(connection: Connection): void;
}

export interface ConnectionOptions {
  readonly clock: SimulatedClock;
  readonly trace: Trace;
  readonly rng: Rng;
  readonly number: number;
  readonly client: ClientEnd;
  readonly up: PipeNature;
  readonly down: PipeNature;
}

/** Spreads the bits of a counter: masks are to be as different as those of a client that draws them. */
const golden = 0x9e3779b1;

export class Connection {
  readonly number: number;
  readonly up: Pipe;
  readonly down: Pipe;
  /** As the gateway's socket sees it. */
  readonly network: SocketNetwork;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader('answer');
  #socket: MemorySocket | undefined;
  #isClientGone = false;
  /** The mask of zeros, which is allowed, comes first. */
  #masks = 0;

  constructor(options: ConnectionOptions) {
    const {clock, rng, number} = options;
    this.#options = options;
    this.number = number;
    const up = new Pipe({
      clock,
      rng,
      nature: options.up,
      awaited: 'frames',
      receive: (bytes) => this.#socket?.arrive(bytes),
      drained: () => {},
    });
    const down = new Pipe({
      clock,
      rng,
      nature: options.down,
      awaited: 'answer',
      receive: (bytes) => this.#receive(bytes),
      drained: () => this.#socket?.drained(),
    });
    this.up = up;
    this.down = down;
    this.network = {
      get queuedBytes() {
        return down.queuedBytes;
      },
      get movedAt() {
        return down.movedAt;
      },
      write: (bytes) => down.write(bytes),
      end: () => down.end(() => this.#clientEnds()),
      break: () => {
        up.break();
        down.end(() => this.#clientEnds());
      },
      stopReading: () => up.stall(),
      readOn: () => up.resume(),
    };
  }

  attach(socket: MemorySocket): void {
    this.#socket = socket;
  }

  /** The client sends one frame, here without its mask. */
  send(bytes: Uint8Array): void {
    if (this.#isClientGone) return;
    this.#options.trace.frame('client', 'sends', this.number, bytes);
    this.up.write(maskFrame(bytes, Math.imul(this.#masks++, golden)));
  }

  /** The client closes its socket: the gateway learns of it after what is on its way, if anything still arrives. */
  leave(): void {
    if (this.#isClientGone) return;
    this.#isClientGone = true;
    this.#options.trace.say('client', this.number, 'leaves');
    this.down.break();
    this.up.end(() => this.#socket?.arriveEnd());
  }

  /** The network between them breaks, and both notice, as far as word still arrives: what was on its way is lost. */
  cut(): void {
    this.#options.trace.say('client', this.number, 'is cut off');
    const isGatewayTold = !this.up.isVanishing;
    this.up.break();
    this.down.break();
    if (isGatewayTold) this.#socket?.reset();
    this.#clientEnds();
  }

  /** The run is over, whatever there is left of it. */
  end(): void {
    this.#socket?.destroy();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClientGone) return;
    this.#reader.read(bytes, (frame) => {
      if (this.#isClientGone) return;
      this.#options.trace.frame('client', 'gets', this.number, frame.bytes);
      this.#options.client.receive(frame);
    });
  }

  #clientEnds(): void {
    if (this.#isClientGone) return;
    this.#isClientGone = true;
    this.#options.trace.say('client', this.number, 'socket ended');
    this.up.end(() => this.#socket?.arriveEnd());
    this.#options.client.ended(this);
  }
}
