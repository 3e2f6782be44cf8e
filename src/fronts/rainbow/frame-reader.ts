// Reads what a client sends before ws does. Small whole messages, which is what acknowledgements are, are taken here where
// they lie; everything else, and everything that breaks a rule, goes on to ws as it came. One a connection.
//
// ws makes four views and two lists of each frame. With 64 publications outstanding they are a third of the cost of a
// QoS 1 delivery. Its public API cannot avoid them; docs/decisions/0012-small-frames-before-ws.md describes what was
// tried.

import type {Socket} from 'node:net';
import {invariant} from '../../core/invariant.ts';

/** Whose messages are read. */
export interface MessageTaker {
  /** Whether messages may still come; once `false` always so, and all bytes are for ws. [RB-57] */
  readonly isOpen: boolean;
  /** Takes a binary message: `bytes` from `start` to `end`, unmasked, which may be kept. */
  take(bytes: Buffer, start: number, end: number): void;
  /** After each chunk: frames that began in it, at least 1, since a chunk costs as much; and its bytes that went to ws. */
  count(frames: number, passedBytes: number): void;
  /** What ws keeps of a message that is not whole has changed, in bytes; 0: none is. `isNew`: it is another message. */
  unfinished(bytes: number, before: number, isNew: boolean): void;
}

type Listener = (this: Socket, chunk: Buffer) => void;

const finalBinary = 0x82;
const opcodeContinuation = 0;
/** What ws keeps for a chunk of a message, and for a frame of it, beside its bytes: a view and its place in a list. */
const pieceOverheadBytes = 256;
/** The least of the control frames. */
const opcodeClose = 8;
const masked = 0x80;
/** The largest length that fits in the second byte of a header. */
const smallMax = 125;
const smallHeaderBytes = 6;
/** FIN, opcode, length of 8 bytes, mask. */
const headerBytesMax = 14;

export class FrameReader {
  readonly #socket: Socket;
  readonly #taker: MessageTaker;
  readonly #bytesMax: number;
  /** ws's own listener. */
  readonly #passOn: Listener;
  /** Bytes of a frame under way that ws has not got yet. */
  #owed = 0;
  /** The beginning of a header whose end has not come; ws has got it already. */
  #header: Buffer | undefined;
  /** Whether a message in several frames is under way: until its last one, ws must see all. */
  #isFragmented = false;
  /** Bytes that ws holds of a message that is not whole. */
  #unfinishedBytes = 0;
  #frames = 0;
  /** Frames up to the last end of a message in the chunk that is being read; -1: none ended there. */
  #framesAtEnd = -1;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);

  /** Takes the place of ws on `socket`, right after the upgrade. Messages longer than `bytesMax` are for ws to refuse. */
  constructor(socket: Socket, taker: MessageTaker, bytesMax: number) {
    // A listener of `data` is called with a chunk, which its type does not say.
    const [passOn, ...others] = socket.rawListeners('data') as Listener[];
    invariant(passOn !== undefined && others.length === 0, 'Expected ws to be the one reader of its socket');
    this.#socket = socket;
    this.#taker = taker;
    this.#bytesMax = Math.min(bytesMax, smallMax);
    this.#passOn = passOn;
    socket.on('data', this.#onData);
    // In this order, and not by removeAllListeners: where none is left Node deletes the event's name, and V8 turns the
    // socket's table of listeners into one of 1 KB.
    socket.off('data', passOn);
  }

  /** Reads no further; for a client whose bytes ws has refused, or who has gone. */
  stop(): void {
    this.#keep(0);
    this.#socket.off('data', this.#onData);
  }

  #read(chunk: Buffer): void {
    // Bytes left in a socket that has ended are read by ws itself, with an event of which it does not want to know.
    if (this.#socket.destroyed) return;
    let offset = 0;
    this.#frames = 0;
    if (this.#taker.isOpen) {
      for (let end = this.#endOfSmall(chunk, 0); end > 0; end = this.#endOfSmall(chunk, offset)) {
        unmask(chunk, offset + 2, end);
        this.#taker.take(chunk, offset + smallHeaderBytes, end);
        offset = end;
        this.#frames++;
      }
    }
    if (offset < chunk.length) this.#pass(chunk, offset);
    this.#taker.count(this.#frames === 0 ? 1 : this.#frames, chunk.length - offset);
  }

  #pass(chunk: Buffer, offset: number): void {
    const framesAtStart = this.#frames;
    this.#framesAtEnd = -1;
    // The whole rest, small messages too, since ws reports a fault in it only after this chunk.
    for (let place = offset; place < chunk.length; ) place = this.#skip(chunk, place);
    const isWhole = this.#owed === 0 && this.#header === undefined && !this.#isFragmented;
    const hasEnded = this.#framesAtEnd >= 0;
    const pieces = 1 + this.#frames - (hasEnded ? this.#framesAtEnd : framesAtStart);
    const kept = hasEnded ? 0 : this.#unfinishedBytes;
    this.#keep(isWhole ? 0 : kept + chunk.length - offset + pieces * pieceOverheadBytes);
    this.#passOn.call(this.#socket, offset === 0 ? chunk : chunk.subarray(offset));
  }

  #keep(bytes: number): void {
    const before = this.#unfinishedBytes;
    const isNew = bytes > 0 && (before === 0 || this.#framesAtEnd >= 0);
    if (bytes === before && !isNew) return;
    this.#unfinishedBytes = bytes;
    this.#taker.unfinished(bytes, before, isNew);
  }

  /** The end of a small message that begins at `offset` and lies whole in `chunk`; 0 if there is no such message. */
  #endOfSmall(chunk: Buffer, offset: number): number {
    if (chunk[offset] !== finalBinary || this.#owed > 0 || this.#header !== undefined || this.#isFragmented) return 0;
    const size = (chunk[offset + 1] ?? 0) - masked;
    const end = offset + smallHeaderBytes + size;
    return size >= 0 && size <= this.#bytesMax && end <= chunk.length ? end : 0;
  }

  /** Goes over what ws is to get: to the end of the frame, or of `chunk`. */
  #skip(chunk: Buffer, offset: number): number {
    if (this.#owed === 0) {
      const begun = this.#header ?? Buffer.alloc(0);
      const header = Buffer.concat([begun, chunk.subarray(offset, offset + headerBytesMax)]);
      const size = frameBytes(header);
      if (size === undefined) {
        this.#header = header;
        return chunk.length;
      }
      this.#header = undefined;
      this.#frames++;
      this.#owed = size - begun.length;
      this.#note(header[0] as number);
    }
    const end = Math.min(chunk.length, offset + this.#owed);
    this.#owed -= end - offset;
    // Behind a control frame between two fragments the message is still the same.
    if (this.#owed === 0 && !this.#isFragmented) this.#framesAtEnd = this.#frames;
    return end;
  }

  /** Notes whether a frame begins or ends a message of several. */
  #note(first: number): void {
    const opcode = first & 0x0f;
    const isFinal = first >= 0x80;
    if (opcode === opcodeContinuation) this.#isFragmented = !isFinal;
    else if (opcode < opcodeClose && !isFinal) this.#isFragmented = true;
  }
}

/** The length of a frame, header included; `undefined` where its header is not whole. */
function frameBytes(header: Buffer): number | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const maskBytes = second >= masked ? 4 : 0;
  const marker = second & 0x7f;
  if (marker <= smallMax) return 2 + maskBytes + marker;
  if (marker === 126) return header.length < 4 ? undefined : 4 + maskBytes + header.readUInt16BE(2);
  return header.length < 10 ? undefined : 10 + maskBytes + Number(header.readBigUInt64BE(2));
}

/** Unmasks in place what follows the mask at `offset`. A mask of zeros, which is allowed, leaves it as it is. */
function unmask(bytes: Buffer, offset: number, end: number): void {
  const start = offset + 4;
  for (let index = start; index < end; index++) {
    bytes[index] = (bytes[index] as number) ^ (bytes[offset + ((index - start) & 3)] as number);
  }
}
