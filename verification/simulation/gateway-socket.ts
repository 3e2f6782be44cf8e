// The socket at the gateway's end of one connection, with the observer's ears: everything that the product writes to it or
// reads from it is reported, frame by frame, as it passes.

import {parsePacket, textFault} from '../../src/protocol/packet.ts';
import {
  type Frame,
  FrameReader,
  frameNumber,
  frameText,
  opcodeBinary,
  opcodeClose,
  opcodePing,
  opcodePong,
  opcodeStatus,
} from './frame-reader.ts';
import {MemorySocket, type SocketNetwork} from './memory-socket.ts';
import type {ObservedConnection, Unread} from './observed-connection.ts';
import type {WrongFrames} from './sabotage.ts';
import type {Ticks} from './ticks.ts';
import type {Trace} from './trace.ts';

type Done = (error?: Error | null) => void;

export interface GatewaySocketOptions {
  readonly network: SocketNetwork;
  readonly ticks: Ticks;
  readonly trace: Trace;
  readonly observed: ObservedConnection;
  readonly sendBufferBytesMax: number;
  /** Does with each frame what is wrong, before the observer looks. */
  readonly wrong: WrongFrames | undefined;
}

export class GatewaySocket extends MemorySocket {
  readonly #options: GatewaySocketOptions;
  readonly #got = new FrameReader();
  readonly #sent = new FrameReader('answer');
  readonly #handed = new FrameReader('answer');
  #isAdmitted = false;
  /** Whether the client's close frame has come: ours is the answer to it. */
  #isClosing = false;
  #isClosed = false;

  constructor(options: GatewaySocketOptions) {
    super(options.network, options.ticks);
    this.#options = options;
  }

  override write(chunk: Uint8Array | string, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    const taken = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (taken !== undefined) this.#options.ticks.areDue = true;
    const {wrong} = this.#options;
    if (wrong === undefined) return this.#pass(bytes, taken);
    this.#handed.read(bytes, ({wire}) => {
      wrong(Uint8Array.from(wire), (frame) => void this.#pass(frame));
    });
    return super.write(Buffer.alloc(0), taken);
  }

  override end(chunkOrDone?: unknown, encodingOrDone?: unknown, done?: unknown): this {
    if (typeof chunkOrDone === 'string') this.write(chunkOrDone);
    const ended = [chunkOrDone, encodingOrDone, done].find((argument) => typeof argument === 'function');
    return super.end(ended as (() => void) | undefined);
  }

  // Where what has arrived is handed to the reader, now or when reading goes on.
  override emit(event: string | symbol, fact?: unknown): boolean {
    if (event === 'data') this.#observeData(fact);
    this.#isClosed ||= event === 'close';
    const isHeard = super.emit(event, fact);
    // What is left in a socket that is not read is read when it closes.
    if (event === 'end' || event === 'close') this.#options.observed.ends();
    return isHeard;
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    // It is an event no more then.
    if (this.#isClosed) this.#observeData(chunk);
    return chunk;
  }

  #pass(bytes: Uint8Array, done?: Done): boolean {
    if (!this.writable) return false;
    if (this.#options.network.queuedBytes > 0) this.#options.observed.checkStall(this.#unread);
    this.#sent.read(bytes, (frame) => this.#sends(frame));
    const {observed, sendBufferBytesMax} = this.#options;
    if (this.writableLength + bytes.length > sendBufferBytesMax) observed.wasCongested = true;
    return super.write(bytes, done);
  }

  get #unread(): Unread {
    const {movedAt, queuedBytes} = this.#options.network;
    return {bytes: this.writableLength, since: queuedBytes > 0 ? movedAt : Number.POSITIVE_INFINITY};
  }

  #sends(frame: Frame): void {
    const {observed, trace} = this.#options;
    trace.frame('gateway', 'sends', observed.number, frame.bytes);
    switch (frame.opcode) {
      case opcodeStatus:
        this.#isAdmitted = frameNumber(frame) === 101;
        if (this.#isAdmitted) observed.admitted();
        else observed.refused(frameNumber(frame));
        return;
      case opcodeBinary:
        observed.sends(parsePacket(frame.payload));
        return;
      case opcodeClose:
        if (this.#isClosing) observed.answersClose();
        else observed.closes(frameNumber(frame), frameText(frame), this.#unread);
        return;
      default:
    }
  }

  #observeData(chunk: unknown): void {
    if (!this.#isAdmitted || !(chunk instanceof Uint8Array)) return;
    const {observed, trace} = this.#options;
    this.#got.read(chunk, (frame) => {
      trace.frame('gateway', 'gets', observed.number, frame.bytes);
      switch (frame.opcode) {
        case opcodeClose:
          this.#isClosing = true;
          return;
        case opcodePing:
        case opcodePong:
          observed.heard();
          return;
        case opcodeBinary:
          observed.gets(parsePacket(frame.payload));
          return;
        default:
          observed.gets(textFault);
      }
    });
  }
}
