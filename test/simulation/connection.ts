// One connection between a client and the gateway: two pipes, and what befalls them. Made when a client connects; a
// client that connects again has a new one.

import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import type {Dice} from './dice.ts';
import {type Frame, FrameReader} from './frame-reader.ts';
import type {GatewayLink, LinkNetwork} from './gateway-link.ts';
import {Pipe, type PipeNature} from './pipe.ts';
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
  readonly dice: Dice;
  readonly number: number;
  readonly client: ClientEnd;
  readonly up: PipeNature;
  readonly down: PipeNature;
}

export class Connection {
  readonly number: number;
  readonly up: Pipe;
  readonly down: Pipe;
  /** As the gateway's link sees it. */
  readonly network: LinkNetwork;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader();
  #link: GatewayLink | undefined;
  #isClientGone = false;

  constructor(options: ConnectionOptions) {
    const {clock, dice, number} = options;
    this.#options = options;
    this.number = number;
    this.up = new Pipe({
      clock,
      dice,
      nature: options.up,
      receive: (bytes) => this.#link?.receive(bytes),
      drained: () => {},
    });
    const down = new Pipe({
      clock,
      dice,
      nature: options.down,
      receive: (bytes) => this.#receive(bytes),
      drained: () => this.#link?.drained(),
    });
    this.down = down;
    this.network = {
      get queuedBytes() {
        return down.queuedBytes;
      },
      write: (bytes) => down.write(bytes),
      end: () => down.end(() => this.#clientEnds()),
      break: () => {
        this.up.break();
        down.end(() => this.#clientEnds());
      },
    };
  }

  attach(link: GatewayLink): void {
    this.#link = link;
  }

  /** The client sends one frame. */
  send(bytes: Uint8Array): void {
    if (this.#isClientGone) return;
    this.#options.trace.frame('client', 'sends', this.number, bytes);
    this.up.write(bytes);
  }

  /** The client closes its socket: the gateway learns of it after what is on its way, if anything still arrives. */
  leave(): void {
    if (this.#isClientGone) return;
    this.#isClientGone = true;
    this.#options.trace.say('client', this.number, 'leaves');
    this.down.break();
    this.up.end(() => this.#link?.socketClosed());
  }

  /** The network between them breaks, and both notice, as far as word still arrives: what was on its way is lost. */
  cut(): void {
    this.#options.trace.say('client', this.number, 'is cut off');
    const isGatewayTold = !this.up.isVanishing;
    this.up.break();
    this.down.break();
    if (isGatewayTold) this.#link?.socketClosed();
    this.#clientEnds();
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
    this.up.end(() => this.#link?.socketClosed());
    this.#options.client.ended(this);
  }
}
