// The sockets of one worker to one origin: at most `socketsMax` undici clients of one socket each, and the calls that
// wait for one. Called by caller.ts.
//
// undici's own Pool is not used. It has no way to take back a call whose deadline comes while it waits: it would still
// send it later, or kill the socket that it is given at last. And it makes an AsyncResource for each waiting call.
//
// The socket used last is used first, so that at low load few sockets are busy and the others fall idle and are closed.
//
// A server may close an idle socket at the very moment we write to it. undici closes ours first, 4 s after its last use
// or 2 s before the server's `Keep-Alive: timeout`, and looks for a close that has already arrived before it writes to
// a socket that was idle (see also upstream-worker.ts). What remains is a close still on its way: that call fails as
// `unreachable`. It is not sent again: the server may have closed after it had processed the call, and a POST processed
// twice is a message doubled for every business server that does not look at RAINBOWMESSAGEID. The client's own repeat,
// at QoS 1 and 2, decides.

import {Client} from 'undici';

/** A call that needs a socket. */
export interface SocketUser {
  /** Whether it was answered meanwhile, by its deadline, and needs none any more. */
  readonly isAnswered: boolean;
  /** Sends the call; then calls {@link SocketPool.release} exactly once, whatever becomes of it. */
  send(client: Client): void;
}

/** Bounds of the sockets. */
export interface SocketSettings {
  readonly socketsMax: number;
  /** No connection attempt outlives this. */
  readonly callTimeoutMs: number;
}

/** Below the 5 s after which Node and Apache close an idle socket; gunicorn's 2 s are met as the comment above says. */
const keepAliveTimeoutMs = 4_000;
const keepAliveMarginMs = 2_000;
/** A server may promise to keep a socket longer; a middlebox on the way has made no such promise. */
const keepAliveTimeoutMsMax = 30_000;

/** Names and values together. */
const answerHeaderBytesMax = 16_384;

/** See above. */
export class SocketPool {
  readonly #origin: string;
  readonly #settings: SocketSettings;
  readonly #idle: Client[] = [];
  #clients = 0;
  // First in, first out, and deadlines are equal: what is answered before its turn stands at the front.
  #waiting: SocketUser[] = [];
  #next = 0;

  constructor(origin: string, settings: SocketSettings) {
    this.#origin = origin;
    this.#settings = settings;
  }

  /** Sends at once where a socket is free, else when one is. */
  start(user: SocketUser): void {
    const client = this.#idle.pop() ?? this.#makeClient();
    if (client !== undefined) user.send(client);
    else this.#waiting.push(user);
  }

  /** Forgets the waiting calls that were answered; to be called when a deadline took one. */
  dropAnswered(): void {
    while (this.#waiting[this.#next]?.isAnswered === true) this.#shift();
  }

  /**
   * Takes a client back and gives it to the next call. undici allows a dispatch from the end of an answer, and so keeps
   * the socket busy without a pause, but not from an error, where it is still clearing its queue: see {@link recover}.
   */
  release(client: Client): void {
    this.dropAnswered();
    const user = this.#shift();
    if (client.destroyed) {
      this.#clients--;
      if (user !== undefined) this.start(user);
    } else if (user === undefined) {
      this.#idle.push(client);
    } else {
      user.send(client);
    }
  }

  /** {@link release} after an error. */
  recover(client: Client): void {
    queueMicrotask(() => this.release(client));
  }

  #shift(): SocketUser | undefined {
    const user = this.#waiting[this.#next];
    if (user === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#next >= 1_024 && this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return user;
  }

  #makeClient(): Client | undefined {
    if (this.#clients === this.#settings.socketsMax) return undefined;
    this.#clients++;
    return new Client(this.#origin, {
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: answerHeaderBytesMax,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
      keepAliveMaxTimeout: keepAliveTimeoutMsMax,
      // The one deadline of the whole call is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: this.#settings.callTimeoutMs,
    });
  }
}
