// One client's socket: first an upgrade request that waits for its connect call, then a WebSocket. Packets go to the
// session as messages; frames come back and are written at the end of the turn, past ws, straight to the socket:
// ws writes its own frames (pong, ping, close) whole, so the two do not mix.

import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import {WebSocket} from 'ws';
import type {FrontNote} from '../../actors/front.ts';
import type {Deadline} from '../../core/deadline-queue.ts';
import {frameFaultText, type LateReason} from '../../protocol/close-code.ts';
import {type Packet, type PacketFault, parsePacket, textFault} from '../../protocol/packet.ts';
import type {ControlPacket} from '../../protocol/packet-v2.ts';
import {refuseBare} from './bare-answer.ts';
import type {ClientWebSocket, WebSocketOwner} from './client-web-socket.ts';
import {EarlyBytes} from './early-bytes.ts';
import type {Flushable, Outgoing} from './flusher.ts';
import {FrameReader, type MessageTaker} from './frame-reader.ts';
import type {HandshakeRefusal, Link, LinkMailbox} from './link.ts';
import type {LinkEnvironment} from './link-environment.ts';
import type {MessageSender} from './message-deadlines.ts';
import type {Gated} from './read-gate.ts';
import type {SlowReader} from './slow-reader.ts';

/** Messages waiting for a connection at which its socket is not read any further. */
const depthToPause = 1_024;
/** Of a message that is not whole, so much has come at least where its client is made to wait for memory. */
const starvedBytesMin = 16_384;

const heard: FrontNote = {kind: 'heard'};
const drained = {kind: 'drained'} as const;
const closing: FrontNote = {kind: 'closing'};
const broken: FrontNote = {kind: 'broken'};
const socketClosed: FrontNote = {kind: 'socketClosed'};

export class WebSocketLink implements Link, Flushable, Outgoing, MessageTaker, MessageSender, Gated, WebSocketOwner {
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
  deadline: Deadline<MessageSender> | undefined;
  onAnswered: (() => void) | undefined;
  readonly #environment: LinkEnvironment;
  readonly #socket: Socket;
  #mailbox: LinkMailbox | undefined;
  #webSocket: ClientWebSocket | undefined;
  #reader: FrameReader | undefined;
  /** What is needed until the upgrade is answered. */
  #handshake: EarlyBytes | undefined;
  #pendingBytes = 0;
  /** Where the network has not taken everything. */
  #slow: SlowReader | undefined;
  /** How far the frames that came are ahead of the pace: up to this time the client has used up its own. */
  #pacedUntil = 0;

  constructor(environment: LinkEnvironment, request: IncomingMessage, socket: Socket, head: Buffer) {
    this.#environment = environment;
    this.#socket = socket;
    this.#handshake = new EarlyBytes(request, socket, head, environment.memory, () =>
      this.#mailbox?.tell(socketClosed),
    );
  }

  reportTo(mailbox: LinkMailbox): void {
    this.#mailbox = mailbox;
  }

  get bufferedBytes(): number {
    // Asked for every packet: the socket is only looked at while it holds something back.
    return this.#slow !== undefined ? this.#pendingBytes + this.#socket.writableLength : this.#pendingBytes;
  }

  admit(): void {
    const handshake = this.#takeHandshake();
    if (handshake === undefined) return;
    const {request, early} = handshake;
    this.#environment.webSockets.handleUpgrade(request, this.#socket, early, (webSocket) => {
      webSocket.attach(this);
      this.#webSocket = webSocket;
      this.#reader = new FrameReader(this.#socket, this, this.#environment.payloadBytesMax);
      // The handshake paused it, so that nothing got lost between its listener and that of ws.
      this.#socket.resume();
    });
    // ws destroys a socket whose peer has gone, without a word.
    if (this.#webSocket === undefined) this.#mailbox?.tell(socketClosed);
  }

  refuse(
    status: 401 | 503,
    code: HandshakeRefusal = status === 401 ? 'RB_CLIENT_REFUSED' : 'RB_BUSINESS_SERVER',
  ): void {
    if (this.#takeHandshake() !== undefined) refuseBare(this.#socket, {code});
  }

  send(frame: Uint8Array): void {
    this.#pendingBytes += frame.length;
    if (this.first === undefined) {
      this.first = frame;
      this.#environment.flusher.add(this);
    } else if (this.more === undefined) {
      this.more = [frame];
    } else {
      this.more.push(frame);
    }
  }

  flush(bytes: Buffer): void {
    const {sendBufferBytesMax} = this.#environment;
    const wasFull = this.bufferedBytes > sendBufferBytesMax;
    this.#pendingBytes = 0;
    if (!this.isOpen) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > 0) this.#holdBack(bytes);
    else if (this.#slow !== undefined) this.#settle();
    if (this.#socket.writableLength > sendBufferBytesMax) {
      this.#awaitDrain();
    } else if (wasFull) {
      // What one turn handed over was too much for the turn and not for the socket: what waited for it may go on.
      this.#mailbox?.tell(drained);
    }
  }

  ping(): void {
    if (this.isOpen) this.#webSocket?.ping();
  }

  close(code: number, reason: string): void {
    if (this.#webSocket === undefined) {
      this.refuse(503, 'RB_STOPPING');
      return;
    }
    const {flusher, gate} = this.#environment;
    flusher.flushOne(this);
    this.#webSocket.close(code, reason);
    // Its close frame is awaited, but not behind a message for which there is no memory.
    if (gate.isStarved(this)) return;
    gate.delete(this);
    this.#webSocket.resume();
  }

  terminate(): void {
    this.#takeHandshake();
    this.#socket.destroy();
  }

  get isOpen(): boolean {
    return this.#webSocket?.readyState === WebSocket.OPEN;
  }

  take(bytes: Buffer, start: number, end: number): void {
    this.#receive(this.parse(bytes, start, end));
  }

  protected parse(bytes: Uint8Array, start?: number, end?: number): Packet | ControlPacket | PacketFault {
    return parsePacket(bytes, start, end);
  }

  /** A WebSocket message came that ws has read. */
  receive(data: Buffer, isBinary: boolean): void {
    this.#receive(isBinary ? this.parse(data) : textFault);
  }

  #receive(packet: Packet | ControlPacket | PacketFault): void {
    const mailbox = this.#mailbox;
    if (mailbox === undefined) return;
    mailbox.tell(packet);
    if (mailbox.depth >= depthToPause) this.#environment.gate.pause(this);
  }

  count(frames: number, passedBytes: number): void {
    const {turn, clock, frameMs, burstMs, memory, gate} = this.#environment;
    if (passedBytes > starvedBytesMin && memory.isQuarterFull && this.isOpen) gate.yield(this);
    const until = Math.max(this.#pacedUntil, turn.now) + frames * frameMs;
    this.#pacedUntil = until;
    if (until - turn.now <= burstMs) return;
    // The turn's time may be long past, where no turn came of these frames.
    const now = clock.now();
    if (until < now) this.#pacedUntil = now;
    else if (until - now > burstMs) gate.pause(this);
  }

  unfinished(bytes: number, before: number, isNew: boolean): void {
    const {memory, messages, gate} = this.#environment;
    memory.hold(bytes - before);
    if (bytes === 0) {
      messages.end(this);
      return;
    }
    if (isNew) messages.begin(this);
    // Less may be the beginning of an acknowledgement, which makes room. A client that we have closed gets no more either.
    if (bytes > starvedBytesMin && memory.isTight) gate.starve(this);
  }

  messageLate(): void {
    this.#late('messageLate');
  }

  get mayRead(): boolean {
    if ((this.#mailbox?.depth ?? 0) >= depthToPause) return false;
    const {clock, burstMs} = this.#environment;
    return this.#pacedUntil - clock.now() <= burstMs;
  }

  get isHeldUp(): boolean {
    return this.#environment.gate.has(this);
  }

  holdUp(): void {
    if (this.isOpen) this.#environment.gate.starve(this);
  }

  pauseReading(): void {
    this.#webSocket?.pause();
  }

  resumeReading(): void {
    this.#webSocket?.resume();
  }

  heard(): void {
    this.#mailbox?.tell(heard);
  }

  pinged(payload: Buffer): void {
    // A turn follows, since the connection is notified.
    this.#environment.pongs.set(this, Buffer.from(payload));
    this.heard();
  }

  /** Answers a ping; `false` while the client does not read what was already sent. */
  pong(payload: Buffer): boolean {
    if (!this.isOpen) return true;
    if (this.#socket.writableLength > this.#environment.sendBufferBytesMax) return false;
    this.#webSocket?.pong(payload);
    return true;
  }

  faultCode(code: number): number {
    return code;
  }

  /** What the close frame says of a fault that ws found. */
  faultText(code: number): string {
    const {payloadBytesMax, fragmentsMax} = this.#environment;
    return frameFaultText(code, payloadBytesMax, fragmentsMax);
  }

  /** A close frame has gone out, ours or the answer to the client's; after ours the message means nothing. `isBroken`: the client broke the protocol. */
  closing(isBroken: boolean): void {
    this.#mailbox?.tell(isBroken ? broken : closing);
  }

  closed(): void {
    const {gate, pongs} = this.#environment;
    gate.delete(this);
    pongs.delete(this);
    this.#reader?.stop();
    if (this.#slow !== undefined) this.#settle();
    this.#mailbox?.tell(socketClosed);
  }

  failed(): void {
    this.#reader?.stop();
    this.#environment.counters.framesInvalid++;
  }

  #takeHandshake(): EarlyBytes | undefined {
    const handshake = this.#handshake;
    this.#handshake = undefined;
    handshake?.end();
    this.onAnswered?.();
    this.onAnswered = undefined;
    return handshake;
  }

  #late(reason: LateReason): void {
    this.#mailbox?.tell({kind: 'late', reason});
  }

  #holdBack(bytes: Buffer): void {
    const {slowReaders} = this.#environment;
    let slow = this.#slow;
    if (slow === undefined || slow.isSettled) slow = slowReaders.add(this.#socket, () => this.#late('stalled'));
    else slowReaders.settle(slow);
    this.#slow = slow;
    slowReaders.hold(slow, bytes);
  }

  #settle(): void {
    if (this.#slow !== undefined && this.#environment.slowReaders.settle(this.#slow)) this.#slow = undefined;
  }

  #awaitDrain(): void {
    const slow = this.#slow;
    if (slow === undefined || slow.isDrainAwaited) return;
    slow.isDrainAwaited = true;
    this.#socket.once('drain', () => {
      slow.isDrainAwaited = false;
      this.#settle();
      this.#mailbox?.tell(drained);
    });
  }
}
