// One connection of `rainbow connect`: takes lines, shows packets, and knows at the end whether all went well.

import type {Clock} from '../../core/clock.ts';
import {ClientFlows} from '../client-flows.ts';
import {PacketSocket} from '../packet-socket.ts';
import type {InputLine} from './input-line.ts';
import type {Occurrence} from './transcript.ts';

/** What a session is opened with. */
export interface SessionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes in each ACK and REC. */
  readonly reply: Uint8Array;
  readonly clock: Clock;
  readonly show: (occurrence: Occurrence) => void;
  /** Gives the attempt to connect up. */
  readonly signal: AbortSignal;
}

/** A message to send. */
export type Message = Extract<InputLine, {readonly kind: 'message'}>;

const openTimeoutMs = 15_000;
/** Longer than a gateway waits for its business server. */
const answerTimeoutMs = 12_000;

export class ConnectSession {
  readonly #socket: PacketSocket;
  readonly #flows: ClientFlows;
  readonly #clock: Clock;
  readonly #closed = Promise.withResolvers<void>();
  #isEnding = false;
  #isLost = false;

  private constructor(socket: PacketSocket, {clock, reply, show}: SessionOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#flows = new ClientFlows(
      clock,
      {
        send: (bytes, packet) => {
          socket.send(bytes);
          show({kind: 'packet', direction: 'out', packet, note: {}});
        },
        received: (packet, note) => show({kind: 'packet', direction: 'in', packet, note}),
        unreadable: (content) => show({kind: 'unreadable', content}),
      },
      {reply},
    );
  }

  /** Connects; rejects where the server refuses. */
  static async open(options: SessionOptions): Promise<ConnectSession> {
    const {url, headers, show, signal} = options;
    const opened = Promise.withResolvers<ConnectSession>();
    await PacketSocket.open(url, {headers, timeoutMs: openTimeoutMs, signal}, (socket) => {
      const session = new ConnectSession(socket, options);
      show({kind: 'open', url});
      opened.resolve(session);
      return {
        onBytes: (bytes) => session.#flows.receive(bytes),
        onText: (content) => show({kind: 'unreadable', content}),
        onClosed: (code, reason) => {
          show({kind: 'closed', code, reason});
          session.#flows.stop();
          session.#isLost = !session.#isEnding;
          session.#closed.resolve();
        },
      };
    });
    return await opened.promise;
  }

  /** Settles when the connection has ended, by whichever side. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Messages at QoS 1 and 2 that the business server has not answered. */
  get unanswered(): number {
    return this.#flows.unanswered;
  }

  /** Whether the server ended the connection, or the network did. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Sends a message as soon as there is room for it. */
  async submit({type, qos, payload}: Message): Promise<void> {
    await Promise.race([Promise.all([this.#flows.room(), this.#socket.written]), this.closed]);
    if (this.isOpen) void this.#flows.submit(type, qos, payload);
  }

  /** Settles when all is answered and every flow has ended, or when that has taken too long. */
  async settle(): Promise<void> {
    await Promise.race([this.#flows.quiet(), this.wait(answerTimeoutMs)]);
  }

  /** Settles after `ms`, at `signal`, or with the end of the connection. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const timer = this.#clock.startTimer(ms, resolve);
    signal?.addEventListener('abort', () => resolve());
    await Promise.race([promise, this.closed]);
    timer.cancel();
  }

  /** Ends the connection. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.isOpen) this.#socket.close(1000);
    await this.closed;
  }
}
