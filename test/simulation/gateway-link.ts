// The gateway's end of one simulated connection: does what src/gateway/websocket-link.ts does with ws and a socket, on two
// pipes. First an upgrade request that waits, then a WebSocket; frames go out through the product's own flusher.

import type {Link} from '../../src/actors/link.ts';
import type {ConnectionMessage} from '../../src/actors/messages.ts';
import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import type {Flushable, Flusher, Outgoing} from '../../src/gateway/flusher.ts';
import {parsePacket, textFault} from '../../src/protocol/packet.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import {
  controlFrame,
  type Frame,
  FrameReader,
  numberFrame,
  opcodeBinary,
  opcodeClose,
  opcodePing,
  opcodePong,
  opcodeStatus,
} from './frame-reader.ts';
import type {ObservedConnection} from './observed-connection.ts';
import type {Trace} from './trace.ts';

/** A failure that the simulation made; every other one is a violation. */
export class CrashError extends Error {}

/** What a link needs of the network. */
export interface LinkNetwork {
  /** Bytes that wait to be taken. */
  readonly queuedBytes: number;
  write(bytes: Uint8Array): void;
  /** Nothing more will be written. */
  end(): void;
  /** The socket is destroyed. */
  break(): void;
}

export interface LinkOptions {
  readonly clock: SimulatedClock;
  readonly trace: Trace;
  readonly flusher: Flusher;
  readonly network: LinkNetwork;
  readonly sendBufferBytesMax: number;
  readonly observed: ObservedConnection;
  /** Called once, when the upgrade has been answered. */
  readonly onAnswered: () => void;
}

export class GatewayLink implements Link, Flushable, Outgoing {
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
  readonly #options: LinkOptions;
  readonly #reader = new FrameReader();
  readonly #sentReader = new FrameReader();
  readonly #early: Frame[] = [];
  /** The simulated node has memory without end. */
  readonly isHeldUp = false;
  #actor: ActorRef<ConnectionMessage> | undefined;
  #state: 'handshake' | 'open' | 'closing' | 'gone' = 'handshake';
  #isAdmitted = false;
  #isSocketGone = false;
  #pendingBytes = 0;
  #isDrainAwaited = false;
  #isFailing = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  attach(actor: ActorRef<ConnectionMessage>): void {
    this.#actor = actor;
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#options.network.queuedBytes;
  }

  admit(): void {
    if (this.#state !== 'handshake') return;
    this.#options.onAnswered();
    if (this.#isSocketGone) {
      this.#state = 'gone';
      this.#options.observed.ends();
      this.#actor?.tell({kind: 'socketClosed'});
      return;
    }
    this.#state = 'open';
    this.#isAdmitted = true;
    this.#options.observed.admitted();
    this.#write(numberFrame(opcodeStatus, 101));
    // What came early is read as any data is: by an event of its own.
    this.#later(() => {
      for (const frame of this.#early.splice(0)) this.#take(frame);
    });
  }

  refuse(status: 401 | 503): void {
    if (this.#state !== 'handshake') return;
    this.#options.onAnswered();
    this.#state = 'gone';
    this.#options.observed.refused(status);
    if (this.#isSocketGone) return;
    this.#write(numberFrame(opcodeStatus, status));
    this.#options.network.end();
  }

  send(frame: Uint8Array): void {
    if (this.#isFailing) throw new CrashError('The simulation broke this connection');
    this.#options.observed.handsOver();
    this.#pendingBytes += frame.length;
    if (this.first === undefined) {
      this.first = frame;
      this.#options.flusher.add(this);
    } else if (this.more === undefined) {
      this.more = [frame];
    } else {
      this.more.push(frame);
    }
  }

  flush(bytes: Buffer): void {
    const wasFull = this.bufferedBytes > this.#options.sendBufferBytesMax;
    this.#pendingBytes = 0;
    if (this.#state !== 'open') return;
    const {observed, network, sendBufferBytesMax, trace} = this.#options;
    this.#sentReader.read(bytes, (frame) => {
      trace.frame('gateway', 'sends', observed.number, frame.bytes);
      observed.sends(parsePacket(frame.payload));
    });
    network.write(bytes);
    if (wasFull || network.queuedBytes > sendBufferBytesMax) observed.wasCongested = true;
    if (network.queuedBytes > sendBufferBytesMax) {
      this.#isDrainAwaited = true;
    } else if (wasFull) {
      // What one turn wrote was too much for the turn, and not for the socket: what waited for it may go on.
      this.#actor?.tell({kind: 'drained'});
    }
  }

  holdUp(): void {}

  ping(): void {
    if (this.#state === 'open') this.#write(controlFrame(opcodePing, new Uint8Array(0)));
  }

  close(code: number, reason: string): void {
    if (!this.#isAdmitted) {
      this.refuse(503);
      return;
    }
    const unreadBytes = this.bufferedBytes;
    this.#isFailing = false;
    this.#options.flusher.flushOne(this);
    this.#options.observed.closes(code, reason, unreadBytes);
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#write(numberFrame(opcodeClose, code));
    this.#actor?.tell({kind: 'closing'});
  }

  terminate(): void {
    if (this.#state === 'handshake') this.#options.onAnswered();
    this.#state = 'gone';
    this.#isSocketGone = true;
    this.#options.observed.ends();
    this.#options.network.break();
  }

  /** The next packet makes the actor fail, as a fault of its own would. */
  fail(): void {
    this.#isFailing = true;
    this.#options.observed.mayCrash = true;
  }

  /** From the network: bytes of the client. */
  receive(bytes: Uint8Array): void {
    if (this.#isSocketGone) return;
    this.#reader.read(bytes, (frame) => {
      if (this.#state === 'handshake') this.#early.push(frame);
      else this.#take(frame);
    });
  }

  /** From the network: what had to wait has been taken. */
  drained(): void {
    if (!this.#isDrainAwaited) return;
    this.#isDrainAwaited = false;
    this.#actor?.tell({kind: 'drained'});
  }

  /** From the network: the socket is no more. */
  socketClosed(): void {
    if (this.#isSocketGone) return;
    this.#isSocketGone = true;
    if (this.#state === 'gone') return;
    const {observed} = this.#options;
    this.#later(() => {
      observed.ends();
      this.#actor?.tell({kind: 'socketClosed'});
      if (this.#state !== 'handshake') this.#state = 'gone';
    });
  }

  #take(frame: Frame): void {
    if (this.#isSocketGone || this.#state === 'gone') return;
    const {observed, trace, network} = this.#options;
    trace.frame('gateway', 'gets', observed.number, frame.bytes);
    if (frame.opcode === opcodeClose) {
      // ws answers a close frame by itself, and ends the socket once both are through.
      if (this.#state === 'open') {
        this.#write(frame.bytes);
        observed.ends();
        this.#actor?.tell({kind: 'closing'});
      }
      this.#state = 'closing';
      network.end();
      return;
    }
    if (frame.opcode === opcodePing && this.#state === 'open') this.#write(controlFrame(opcodePong, frame.payload));
    if (frame.opcode === opcodePing || frame.opcode === opcodePong) {
      observed.heard();
      this.#actor?.tell({kind: 'heard'});
      return;
    }
    const packet = frame.opcode === opcodeBinary ? parsePacket(frame.payload) : textFault;
    observed.gets(packet);
    this.#actor?.tell(packet);
  }

  #write(bytes: Uint8Array): void {
    const {network, observed, trace} = this.#options;
    trace.frame('gateway', 'sends', observed.number, bytes);
    network.write(bytes);
  }

  #later(run: () => void): void {
    this.#options.clock.startTimer(0, run);
  }
}
