// Messages between threads: gathered over a turn and posted as one envelope, since a postMessage costs far more than a
// message. Knows nothing of what is in them but that it is plain data.

import type {Scheduler} from './scheduler.ts';

/** What is used of a `MessagePort`: copies of what is posted come out at the other end, in order. */
export interface ThreadPort<Outgoing, Incoming> {
  postMessage(envelope: readonly Outgoing[]): void;
  close(): void;
  on(event: 'message', listener: (envelope: readonly Incoming[]) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** One end of a channel to another thread. */
export class EnvelopePort<Outgoing, Incoming> {
  readonly #port: ThreadPort<Outgoing, Incoming>;
  readonly #scheduler: Scheduler;
  #envelope: Outgoing[] = [];
  #posted: PromiseWithResolvers<void> | undefined;

  /**
   * `receive` is called with each message, in the order in which they were sent; `onGone` once, when the other thread
   * has ended.
   */
  constructor(
    port: ThreadPort<Outgoing, Incoming>,
    scheduler: Scheduler,
    receive: (message: Incoming) => void,
    onGone: () => void,
  ) {
    this.#port = port;
    this.#scheduler = scheduler;
    port.on('message', (envelope: readonly Incoming[]) => {
      for (const message of envelope) receive(message);
    });
    const removeHook = scheduler.onTurnEnd(() => this.#flush());
    port.once('close', () => {
      removeHook();
      onGone();
    });
  }

  /** Adds `message` to this turn's envelope. */
  send(message: Outgoing): void {
    this.#envelope.push(message);
    if (this.#envelope.length === 1) this.#scheduler.requestTurn();
  }

  /** What was sent last, where it has not been posted yet: it may still be added to. */
  get last(): Outgoing | undefined {
    return this.#envelope.at(-1);
  }

  /** Settles when what was sent so far has been posted: what is told to anybody after that comes later than it. */
  posted(): Promise<void> {
    if (this.#envelope.length === 0) return Promise.resolve();
    this.#posted ??= Promise.withResolvers();
    return this.#posted.promise;
  }

  close(): void {
    this.#port.close();
  }

  #flush(): void {
    if (this.#envelope.length === 0) return;
    const envelope = this.#envelope;
    this.#envelope = [];
    this.#scheduler.counters.envelopes++;
    this.#port.postMessage(envelope);
    this.#posted?.resolve();
    this.#posted = undefined;
  }
}
