// A WebSocket of a command to a server of this protocol: opened within a bound, refused with a sentence that says why. What
// the packets mean is its caller's; it reads none. For `conformance`, `connect` and `bench`.

import type {IncomingMessage} from 'node:http';
import {type ClientOptions, WebSocket} from 'ws';
import {parseAnswer} from '../business/send-result.ts';
import {apiPaths} from '../protocol/api.ts';
import {describeRefusal} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';

/** Receives packets and the end. */
export interface PacketListener {
  /** A binary message; the bytes stay as they are. */
  onBytes(bytes: Uint8Array): void;
  /** A text message, which is no packet. */
  onText(text: string): void;
  /** Once, whichever side ended it. */
  onClosed(code: number, reason: string): void;
}

/** How to open one. */
export interface PacketSocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Address of this machine to come from. */
  readonly localAddress?: string;
  readonly timeoutMs: number;
  /** Gives the attempt up; without effect once the connection is open. */
  readonly signal?: AbortSignal;
}

/** How long a close frame may go unanswered. */
const closeTimeoutMs = 2_000;

/** A connection that is open, or was. */
export class PacketSocket {
  readonly #socket: WebSocket;
  #written: Promise<void> = Promise.resolve();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /**
   * Connects; rejects with the reason that there is no connection. `listen` is called once, when the connection is open
   * and before anything comes: the first packet may arrive before the promise has been looked at.
   */
  static async open(
    url: string,
    {headers = {}, localAddress, timeoutMs, signal}: PacketSocketOptions,
    listen: (socket: PacketSocket) => PacketListener,
  ): Promise<PacketSocket> {
    const {promise, resolve, reject} = Promise.withResolvers<PacketSocket>();
    const refuse = (why: string): void => reject(new Error(`cannot connect: ${why}`));
    // `closeTimeout` is not in the types yet.
    const settings: ClientOptions & {readonly closeTimeout: number} = {
      headers,
      handshakeTimeout: timeoutMs,
      closeTimeout: closeTimeoutMs,
      perMessageDeflate: false,
      localAddress,
    };
    const socket = new WebSocket(url, settings);
    const giveUp = (): void => {
      refuse('interrupted');
      socket.terminate();
    };
    signal?.addEventListener('abort', giveUp);
    socket.on('open', () => {
      signal?.removeEventListener('abort', giveUp);
      const opened = new PacketSocket(socket);
      const listener = listen(opened);
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) listener.onBytes(data);
        else listener.onText(data.toString());
      });
      socket.on('close', (code, reason) => listener.onClosed(code, reason.toString()));
      resolve(opened);
    });
    socket.on('unexpected-response', (request, response) => {
      void describeRefusedHandshake(response).then((text) => {
        refuse(text);
        request.destroy();
      });
    });
    // Once open, `close` follows and is what counts.
    socket.on('error', (error) => refuse(reasonOf(error)));
    return await promise;
  }

  /** Whether what is sent now may arrive. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a binary message; after the end of the connection nothing is sent. */
  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#written = promise;
    // Also called where the connection ends first.
    this.#socket.send(bytes, () => resolve());
  }

  /** Settles when the system has taken what was sent last. */
  get written(): Promise<void> {
    return this.#written;
  }

  sendText(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  /** Starts to close; {@link PacketListener.onClosed} reports the end. */
  close(code: number): void {
    this.#socket.close(code);
  }
}

const refusalBytesMax = 4_096;

/** `HTTP status 401: connection refused (RB_CLIENT_REFUSED). …`: the status, what the body says, and what it means. */
async function describeRefusedHandshake(response: IncomingMessage): Promise<string> {
  const status = `HTTP status ${response.statusCode}`;
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk;
      if (body.length > refusalBytesMax) break;
    }
  } catch {
    // Cut off: the status is there all the same.
    return status;
  }
  const answer = parseAnswer(body);
  if (answer === undefined) return `${status}, which is no answer of a Rainbow gateway: correct the host and port`;
  const meaning = meanings[String(answer.code)];
  return `${status}: ${describeRefusal(answer)}${meaning === undefined ? '' : `. ${meaning}`}`;
}

const meanings: Readonly<Record<string, string>> = {
  RB_BUSINESS_SERVER:
    'The business server did not answer the connect call as expected: run rainbow check, or look at the log of the gateway.',
  RB_CLIENT_REFUSED:
    'The business server answered the connect call and refused this client. Add the headers that it asks for with -H, ' +
    "as in -H 'name: ann'.",
  RB_NO_SUCH_PATH: 'Clients connect to /connect/.',
};

const adviceOn: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: start the gateway, or correct the host and port.',
  ENOTFOUND: 'There is no such host: correct its name.',
  EAI_AGAIN: 'The host name cannot be resolved at present: check the DNS settings of this machine.',
};

function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Node tries every address of a name, and then has many errors and no message.
  const message = error.message === '' && code !== undefined ? code : error.message;
  const advice = adviceOn[code ?? ''];
  return advice === undefined ? message : `${message}. ${advice}`;
}

/** The URL of a gateway's connections out of what a person writes: `ws://` and `/connect/` may be left out. */
export function readSocketUrl(text: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ws://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^(?:ws|http)s?:$/.test(url.protocol) || url.hash !== '') {
    throw new CommandFailure(exitCodes.usage, `expected a ws or wss URL, got ${text}`);
  }
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.pathname === '/') url.pathname = apiPaths.connect;
  return url.href;
}
