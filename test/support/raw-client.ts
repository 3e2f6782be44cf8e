// A WebSocket client with every byte in the test's hand: it answers nothing of itself, may break any rule, and keeps
// what the gateway sends apart by kind. Frames are written and read here by hand, apart from the gateway's library.

import {randomBytes} from 'node:crypto';
import {connect as connectSocket, type Socket} from 'node:net';
import {performance} from 'node:perf_hooks';
import {within} from './deadline.ts';
import {type FrameFields, frame, opcodes, type ReceivedFrame, readFrame} from './frame.ts';
import {Inbox} from './inbox.ts';
import type {Lifetime} from './lifetime.ts';
import {answer, type Parsed, packet, parse, type SendFields, send, spell} from './packets.ts';
import {acceptOf, type HandshakeAnswer, type HandshakeOptions, readAnswer, writeRequest} from './upgrade.ts';

/** The close frame's content. */
export interface CloseFrame {
  /** `undefined` where the frame was empty. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** A connection to the gateway, before and after its upgrade. */
export class RawClient {
  readonly socket: Socket;
  /** Binary messages. */
  readonly packets = new Inbox<Buffer>('a packet');
  /** Text messages: the gateway never sends one. */
  readonly texts = new Inbox<string>('a text message');
  readonly pings = new Inbox<Buffer>('a ping');
  readonly pongs = new Inbox<Buffer>('a pong');
  /** Given each binary message instead of {@link packets}, where set. */
  onPacket: ((bytes: Buffer) => void) | undefined;
  /** Given each ping's payload besides {@link pings}, where set. */
  onPing: ((payload: Buffer) => void) | undefined;
  /** The gateway's FIN, or the end of the connection by other means; its monotonic time. */
  readonly ended: Promise<number>;
  /** Bytes received, the answer to the handshake included. */
  bytesReceived = 0;
  readonly #answer = Promise.withResolvers<HandshakeAnswer>();
  readonly #closeFrame = Promise.withResolvers<CloseFrame>();
  #buffered: Buffer = Buffer.alloc(0);
  #isUpgraded = false;
  #fragments: Buffer[] = [];
  #key = randomBytes(16).toString('base64');
  #fences = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const {promise, resolve} = Promise.withResolvers<number>();
    this.ended = promise;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A reset is one of the ends that tests look for, and `close` follows it.
    socket.on('error', () => {});
    const end = () => {
      resolve(performance.now());
      const reason = 'the gateway ended the connection';
      for (const inbox of [this.packets, this.texts, this.pings, this.pongs]) inbox.end(reason);
      this.#answer.reject(new Error(`Expected an answer to the handshake, got the end`));
      this.#closeFrame.reject(new Error('Expected a close frame, got the end of the connection'));
    };
    socket.once('end', end);
    socket.once('close', end);
    // Most tests do not look at these, and their rejection then does not matter.
    this.#answer.promise.catch(() => {});
    this.#closeFrame.promise.catch(() => {});
  }

  /** Writes the upgrade request and does not wait. */
  request(options: HandshakeOptions = {}): void {
    this.socket.write(writeRequest(this.#key, options));
  }

  /** The gateway's answer to the request. */
  async response(): Promise<HandshakeAnswer> {
    return within(this.#answer.promise, 'an answer to the handshake');
  }

  /** What Sec-WebSocket-Accept must be for our key. */
  get acceptExpected(): string {
    return acceptOf(this.#key);
  }

  /** The next binary message, as packets.ts spells it. */
  async packet(): Promise<string> {
    return spell(await this.packets.next());
  }

  /** The next binary message, taken apart. */
  async parsed(): Promise<Parsed> {
    return parse(await this.packets.next());
  }

  /** The gateway's close frame. */
  async closeFrame(): Promise<CloseFrame> {
    return within(this.#closeFrame.promise, 'a close frame');
  }

  /** The end of the connection, after whatever frames came before it; its monotonic time. */
  async end(): Promise<number> {
    return within(this.ended, 'the end of the connection');
  }

  /** One binary message in one frame. */
  sendBytes(payload: Uint8Array): void {
    this.sendFrame({opcode: opcodes.binary, payload});
  }

  /** One binary message, as packets.ts spells it. */
  send(written: string): void {
    this.sendBytes(packet(written));
  }

  sendText(text: string | Uint8Array): void {
    this.sendFrame({opcode: opcodes.text, payload: Buffer.from(text)});
  }

  /** A SEND. */
  sendMessage(fields: SendFields): void {
    this.sendBytes(send(fields));
  }

  /** An ACK, REC, REL or COM. */
  sendAnswer(kind: 'ack' | 'rec' | 'rel' | 'com', id: number, reply?: string | Uint8Array): void {
    this.sendBytes(answer(kind, id, reply));
  }

  sendFrame(fields: FrameFields): void {
    this.socket.write(frame(fields));
  }

  /** Bytes on the socket as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** One binary message in fragments, cut before each of `cuts`; `between` goes out after each but the last. */
  sendFragmented(payload: Uint8Array, cuts: readonly number[], between?: Uint8Array): void {
    const starts = [0, ...cuts];
    for (const [index, start] of starts.entries()) {
      const isLast = index === starts.length - 1;
      this.sendFrame({
        opcode: index === 0 ? opcodes.binary : opcodes.continuation,
        payload: payload.subarray(start, starts[index + 1] ?? payload.length),
        fin: isLast,
      });
      if (!isLast && between !== undefined) this.sendRaw(between);
    }
  }

  /** One binary message, each byte of its frame handed to the network by itself. */
  async sendByteByByte(payload: Uint8Array): Promise<void> {
    const bytes = frame({opcode: opcodes.binary, payload});
    for (let index = 0; index < bytes.length; index++) {
      const written = new Promise<void>((resolve) => {
        this.socket.write(bytes.subarray(index, index + 1), () => resolve());
      });
      await within(written, 'one byte to be written');
    }
  }

  sendPing(payload: string | Uint8Array = ''): void {
    this.sendFrame({opcode: opcodes.ping, payload: Buffer.from(payload)});
  }

  sendPong(payload: string | Uint8Array = ''): void {
    this.sendFrame({opcode: opcodes.pong, payload: Buffer.from(payload)});
  }

  /** A close frame, empty without `code`. */
  sendClose(code?: number, reason = ''): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.sendFrame({opcode: opcodes.close, payload: Buffer.concat([payload, Buffer.from(reason)])});
  }

  /** FIN: nothing more to say, still listening. */
  finish(): void {
    this.socket.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Stops reading, until {@link resume}. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Settles when the gateway has read all that was written so far, and what it wrote before that is here. */
  async fence(): Promise<void> {
    this.#fences += 1;
    const mark = `fence ${this.#fences}`;
    this.sendPing(mark);
    for (;;) {
      const pong = await this.pongs.next();
      if (pong.toString() === mark) return;
    }
  }

  #receive(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    if (!this.#isUpgraded) {
      const read = readAnswer(this.#buffered);
      if (read === undefined) return;
      this.#isUpgraded = read.answer.status === 101;
      this.#buffered = this.#buffered.subarray(read.length);
      this.#answer.resolve(read.answer);
    }
    while (this.#isUpgraded) {
      const received = readFrame(this.#buffered);
      if (received === undefined) return;
      this.#buffered = this.#buffered.subarray(received.length);
      this.#deliver(received);
    }
  }

  #deliver({opcode, isFinal, payload}: ReceivedFrame): void {
    switch (opcode) {
      case opcodes.continuation:
      case opcodes.binary:
      case opcodes.text: {
        this.#fragments.push(payload);
        if (!isFinal) return;
        const message = Buffer.concat(this.#fragments);
        this.#fragments = [];
        if (opcode === opcodes.text) this.texts.push(message.toString());
        else if (this.onPacket === undefined) this.packets.push(message);
        else this.onPacket(message);
        return;
      }
      case opcodes.ping:
        this.onPing?.(payload);
        this.pings.push(payload);
        return;
      case opcodes.pong:
        this.pongs.push(payload);
        return;
      case opcodes.close:
        this.#closeFrame.resolve({
          code: payload.length < 2 ? undefined : payload.readUInt16BE(0),
          reason: payload.toString('utf8', 2),
        });
        return;
      default:
        throw new Error(`Expected a known opcode from the gateway, got ${opcode}`);
    }
  }
}

/** A TCP connection to the gateway, with nothing written yet; it ends with the test. */
export async function dial(t: Lifetime, port: number, host = '127.0.0.1'): Promise<RawClient> {
  const socket = connectSocket({port, host, allowHalfOpen: true});
  t.teardown(() => {
    socket.destroy();
  });
  const client = new RawClient(socket);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  await within(connected, 'a connection to the gateway');
  return client;
}

/** Dials and asks for the upgrade; gives the client together with whatever the gateway answered. */
export async function handshake(
  t: Lifetime,
  port: number,
  options?: HandshakeOptions,
): Promise<{client: RawClient; answer: HandshakeAnswer}> {
  const client = await dial(t, port);
  client.request(options);
  return {client, answer: await client.response()};
}

/** Dials and upgrades; throws where the gateway refuses. */
export async function connect(t: Lifetime, port: number, options?: HandshakeOptions): Promise<RawClient> {
  const {client, answer: answered} = await handshake(t, port, options);
  if (answered.status !== 101) throw new Error(`Expected 101, got ${answered.statusLine} ${answered.body}`);
  return client;
}

/** What a well-behaved legacy client does: it acknowledges every SEND by its QoS, each with `reply`. [RB-60] */
export function acknowledgeAll(client: RawClient, reply: string | Uint8Array = ''): void {
  const handle = (bytes: Buffer) => {
    const packet = parse(bytes);
    if (packet.command === 'send' && packet.qos === 1) client.sendAnswer('ack', packet.id, reply);
    if (packet.command === 'send' && packet.qos === 2) client.sendAnswer('rec', packet.id, reply);
    if (packet.command === 'rel') client.sendAnswer('com', packet.id);
  };
  for (const bytes of client.packets.drain()) handle(bytes);
  client.onPacket = handle;
}
