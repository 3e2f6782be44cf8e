// The sockets of one worker to one origin, at most `socketsMax`, and the calls that wait for one. Called by caller.ts.
//
// undici's own Pool is not used. It has no way to take back a call whose deadline comes while it waits: it would still
// send it later, or kill the socket that it is given at last. And it makes an AsyncResource for each waiting call.
//
// The socket used last is used first, so that at low load few sockets are busy and the others fall idle and are closed.

import {type CallSocket, openSocket} from './upstream-socket.ts';

/** A call that needs a socket. */
export interface SocketUser {
  /** Whether it was answered meanwhile, by its deadline, and needs none any more. */
  readonly isAnswered: boolean;
  /** Sends the call; then calls {@link SocketPool.release} exactly once, whatever becomes of it. */
  send(socket: CallSocket): void;
}

/** Bounds of the sockets. */
export interface SocketSettings {
  readonly socketsMax: number;
  /** No connection attempt outlives this. */
  readonly callTimeoutMs: number;
}

/** See above. */
export class SocketPool {
  readonly #origin: string;
  readonly #settings: SocketSettings;
  readonly #idle: CallSocket[] = [];
  #sockets = 0;
  // First in, first out, and deadlines are equal: what is answered before its turn stands at the front.
  #waiting: SocketUser[] = [];
  #next = 0;

  constructor(origin: string, settings: SocketSettings) {
    this.#origin = origin;
    this.#settings = settings;
  }

  /** Sends at once where a socket is free, else when one is. */
  start(user: SocketUser): void {
    const socket = this.#idle.pop() ?? this.#open();
    if (socket !== undefined) user.send(socket);
    else this.#waiting.push(user);
  }

  /** Forgets the waiting calls that were answered; to be called when a deadline took one. */
  dropAnswered(): void {
    while (this.#waiting[this.#next]?.isAnswered === true) this.#shift();
  }

  /**
   * Takes a socket back and gives it to the next call. undici allows a dispatch from the end of an answer, and so keeps
   * the socket busy without a pause, but not from an error, where it is still clearing its queue: see {@link recover}.
   */
  release(socket: CallSocket): void {
    this.dropAnswered();
    const user = this.#shift();
    if (socket.isDestroyed) {
      this.#sockets--;
      if (user !== undefined) this.start(user);
    } else if (user === undefined) {
      this.#idle.push(socket);
    } else {
      user.send(socket);
    }
  }

  /** {@link release} after an error. */
  recover(socket: CallSocket): void {
    queueMicrotask(() => this.release(socket));
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

  #open(): CallSocket | undefined {
    if (this.#sockets === this.#settings.socketsMax) return undefined;
    this.#sockets++;
    return openSocket(this.#origin, this.#settings.callTimeoutMs);
  }
}
