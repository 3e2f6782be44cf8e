// One client's socket: first an upgrade request that waits for its connect call, then a WebSocket. Packets go to the
// connection actor as messages; frames come back and are written at the end of the turn, past ws, straight to the socket:
// ws writes its own frames (pong, ping, close) whole, so the two do not mix.

import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import {type Server, WebSocket} from 'ws';
import type {HandshakeRefusal, Link} from '../actors/link.ts';
import type {ConnectionMessage} from '../actors/messages.ts';
import type {Counters} from '../core/counters.ts';
import {type Packet, type PacketFault, parsePacket, textFault} from '../protocol/packet.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {refuseBare} from './bare-answer.ts';
import type {Flushable, Flusher, Outgoing} from './flusher.ts';
import {FrameReader, type MessageTaker} from './frame-reader.ts';

/** Messages waiting for a connection at which its socket is not read any further. */
const depthToPause = 1_024;
/** Bytes a client may send before its upgrade is answered; beyond that its socket is not read. [RB-56] */
const earlyBytesMax = 65_536;

const heard: ConnectionMessage = {kind: 'heard'};
const drained: ConnectionMessage = {kind: 'drained'};
const closing: ConnectionMessage = {kind: 'closing'};
const socketClosed: ConnectionMessage = {kind: 'socketClosed'};

/** What the links of one thread share. */
export interface LinkEnvironment {
  readonly counters: Counters;
  readonly flusher: Flusher;
  readonly webSockets: Server<typeof ClientWebSocket>;
  readonly sendBufferBytesMax: number;
  readonly payloadBytesMax: number;
  /** Links whose socket is not read until their actor has caught up; looked through at the end of each turn. */
  readonly paused: Set<WebSocketLink>;
}

/** ws's socket with the way back to its link, so that all sockets share the same listeners. */
export class ClientWebSocket extends WebSocket {
  link: WebSocketLink | undefined;

  /** Called by the link, and by ws itself to answer the client's close frame: its only word of that frame. */
  override close(code?: number, data?: string | Buffer): void {
    super.close(code, data);
    this.link?.closing();
  }
}

export class WebSocketLink implements Link, Flushable, Outgoing, MessageTaker {
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
  /** Called once, when the upgrade has been answered. */
  onAnswered: (() => void) | undefined;
  readonly #environment: LinkEnvironment;
  readonly #socket: Socket;
  #connection: ActorRef<ConnectionMessage> | undefined;
  #webSocket: ClientWebSocket | undefined;
  #reader: FrameReader | undefined;
  /** What is needed until the upgrade is answered. */
  #handshake: Handshake | undefined;
  #pendingBytes = 0;
  #isDrainAwaited = false;
  /** Whether the network had not taken everything at the last write. */
  #isHeldBack = false;

  constructor(environment: LinkEnvironment, request: IncomingMessage, socket: Socket, head: Buffer) {
    this.#environment = environment;
    this.#socket = socket;
    this.#handshake = new Handshake(request, socket, head, () => this.#connection?.tell(socketClosed));
  }

  /** Tells the link whose socket it is; called once, before anything can come. */
  attach(connection: ActorRef<ConnectionMessage>): void {
    this.#connection = connection;
  }

  get bufferedBytes(): number {
    // Asked for every packet: the socket is only looked at while it holds something back.
    return this.#isHeldBack ? this.#pendingBytes + this.#socket.writableLength : this.#pendingBytes;
  }

  admit(): void {
    const handshake = this.#takeHandshake();
    if (handshake === undefined) return;
    const {request, early} = handshake;
    this.#environment.webSockets.handleUpgrade(request, this.#socket, early, (webSocket) => {
      webSocket.link = this;
      this.#webSocket = webSocket;
      webSocket.on('message', onMessage);
      webSocket.on('ping', onHeard);
      webSocket.on('pong', onHeard);
      webSocket.on('error', onError);
      webSocket.on('close', onClose);
      this.#reader = new FrameReader(this.#socket, this, this.#environment.payloadBytesMax);
      // The handshake paused it, so that nothing got lost between its listener and that of ws.
      this.#socket.resume();
    });
    // ws destroys a socket whose peer has gone, without a word.
    if (this.#webSocket === undefined) this.#connection?.tell(socketClosed);
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
    this.#isHeldBack = this.#socket.writableLength > 0;
    if (this.#socket.writableLength > sendBufferBytesMax) {
      if (!this.#isDrainAwaited) this.#awaitDrain();
    } else if (wasFull) {
      // What one turn handed over was too much for the turn and not for the socket: what waited for it may go on.
      this.#connection?.tell(drained);
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
    this.#environment.flusher.flushOne(this);
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#takeHandshake();
    this.#socket.destroy();
  }

  get isOpen(): boolean {
    return this.#webSocket?.readyState === WebSocket.OPEN;
  }

  take(bytes: Buffer, start: number, end: number): void {
    this.#receive(parsePacket(bytes, start, end));
  }

  /** A WebSocket message came that ws has read. */
  receive(data: Buffer, isBinary: boolean): void {
    this.#receive(isBinary ? parsePacket(data) : textFault);
  }

  #receive(packet: Packet | PacketFault): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.tell(packet);
    if (connection.depth < depthToPause || this.#environment.paused.has(this)) return;
    this.#environment.paused.add(this);
    this.#webSocket?.pause();
  }

  /** Reads on where the actor has caught up. */
  resume(): void {
    if ((this.#connection?.depth ?? 0) >= depthToPause) return;
    this.#environment.paused.delete(this);
    this.#webSocket?.resume();
  }

  heard(): void {
    this.#connection?.tell(heard);
  }

  /** A close frame has gone out, ours or the answer to the client's; after ours the message means nothing. */
  closing(): void {
    this.#connection?.tell(closing);
  }

  closed(): void {
    this.#environment.paused.delete(this);
    this.#connection?.tell(socketClosed);
  }

  failed(): void {
    this.#reader?.stop();
    this.#environment.counters.framesInvalid++;
  }

  #takeHandshake(): Handshake | undefined {
    const handshake = this.#handshake;
    this.#handshake = undefined;
    handshake?.end();
    this.onAnswered?.();
    this.onAnswered = undefined;
    return handshake;
  }

  #awaitDrain(): void {
    this.#isDrainAwaited = true;
    this.#socket.once('drain', () => {
      this.#isDrainAwaited = false;
      this.#connection?.tell(drained);
    });
  }
}

/** A socket whose upgrade has not been answered: keeps what comes early, and notices when the client goes. */
class Handshake {
  readonly request: IncomingMessage;
  readonly #socket: Socket;
  readonly #chunks: Buffer[];
  readonly #onGone: () => void;
  #bytes: number;
  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > earlyBytesMax) this.#socket.pause();
  };

  constructor(request: IncomingMessage, socket: Socket, head: Buffer, onGone: () => void) {
    this.request = request;
    this.#socket = socket;
    this.#chunks = head.length > 0 ? [head] : [];
    this.#bytes = head.length;
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
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onGone);
    this.#socket.off('close', this.#onGone);
    this.#socket.pause();
  }
}

function ignoreError(): void {
  // `close` follows and is what counts.
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  if (this instanceof ClientWebSocket && Buffer.isBuffer(data)) this.link?.receive(data, isBinary);
}

function onHeard(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.heard();
}

function onClose(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.closed();
}

function onError(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.failed();
}
