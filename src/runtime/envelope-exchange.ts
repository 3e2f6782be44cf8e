// Messages between threads: gathered over a turn and posted as one envelope to each other thread, since a postMessage costs
// far more than a message. Knows nothing of what is in them but that it is plain data.
//
// All threads handle envelopes in one order, that of their numbers (shared-order.ts), whichever ports they came through:
//
//   thread 1   turn ends: number 7, posts to 2 and 3 ------+--> 2: 7, 8      Each port alone keeps its order; two ports do
//   thread 2   turn ends: number 8, posts to 1 and 3 --+---|--> 3: 7, 8      not, so the receiver takes from all ports
//                         and does its own part of 8   +--> 1: 7, 8          until nothing lower than what it has can come.

import type {Scheduler} from './scheduler.ts';
import type {SharedOrder} from './shared-order.ts';

/** What one thread sends another in one turn. */
export interface Envelope<Message> {
  /** Its place in the order of all threads. */
  readonly number: number;
  readonly messages: readonly Message[];
}

/** What is used of a `MessagePort`: copies of what is posted come out at the other end, in order. */
export interface ThreadPort<Outgoing, Incoming> {
  postMessage(envelope: Envelope<Outgoing>): void;
  close(): void;
  /** The next envelope that has arrived, if any; the listener is then not called for it. */
  take(): Envelope<Incoming> | undefined;
  on(event: 'message', listener: (envelope: Envelope<Incoming>) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** What an exchange is made of. */
export interface EnvelopeExchangeOptions {
  readonly scheduler: Scheduler;
  readonly order: SharedOrder;
}

interface Arrival {
  readonly number: number;
  readonly handle: () => void;
}

/** Times that the ports are looked through before sockets and timers have their turn. */
const roundsMax = 8;

/** The ports of one thread. */
export class EnvelopeExchange {
  readonly #scheduler: Scheduler;
  readonly #order: SharedOrder;
  readonly #ports = new Set<EnvelopePort<unknown, unknown>>();
  #arrivals: Arrival[] = [];
  #actions: (() => void)[] = [];

  constructor({scheduler, order}: EnvelopeExchangeOptions) {
    this.#scheduler = scheduler;
    this.#order = order;
    scheduler.onTurnEnd('dispatch', () => this.#flush());
  }

  /**
   * Makes `port` one end of a channel to another thread. `receive` is called with each message; `onGone` once, when the
   * other thread has ended.
   */
  open<Outgoing, Incoming>(
    port: ThreadPort<Outgoing, Incoming>,
    receive: (message: Incoming) => void,
    onGone: () => void,
  ): EnvelopePort<Outgoing, Incoming> {
    const handle = (messages: readonly Incoming[]): void => {
      for (const message of messages) receive(message);
    };
    const opened = new EnvelopePort(port, this.#scheduler, ({number, messages}) => {
      this.#arrivals.push({number, handle: () => handle(messages)});
    });
    const known = opened as EnvelopePort<unknown, unknown>;
    this.#ports.add(known);
    port.on('message', (envelope) => {
      opened.arrive(envelope);
      this.receive();
    });
    port.once('close', () => {
      this.#ports.delete(known);
      opened.end();
      onGone();
    });
    return opened;
  }

  /** Calls `action` with this turn's envelopes: every thread that they concern has its part at the same place of the order. */
  inOrder(action: () => void): void {
    this.#actions.push(action);
    if (this.#actions.length === 1) this.#scheduler.requestTurn();
  }

  /** Handles what has arrived. */
  receive(): void {
    for (let round = 0; round < roundsMax; round++) {
      this.#take();
      let newest = 0;
      for (const {number} of this.#arrivals) newest = Math.max(newest, number);
      if (newest === 0) return;
      // What has a lower number was posted before, perhaps to a port that had been looked into by then.
      this.#take();
      const due = this.#arrivals.filter(({number}) => number <= newest);
      this.#arrivals = this.#arrivals.filter(({number}) => number > newest);
      if (due.length > 1) due.sort((left, right) => left.number - right.number);
      for (const {handle} of due) handle();
      if (this.#arrivals.length === 0) return;
    }
    this.#scheduler.requestTurn();
  }

  #take(): void {
    for (const port of this.#ports) port.takeAll();
  }

  #flush(): void {
    let isIdle = this.#actions.length === 0;
    for (const port of this.#ports) isIdle &&= port.isEmpty;
    if (!isIdle) this.#order.post((number) => this.#post(number));
    if (this.#arrivals.length > 0) this.receive();
  }

  #post(number: number): void {
    for (const port of this.#ports) port.post(number);
    if (this.#actions.length === 0) return;
    const actions = this.#actions;
    this.#actions = [];
    this.#arrivals.push({
      number,
      handle: () => {
        for (const action of actions) action();
      },
    });
  }
}

/** One end of a channel to another thread. Made by {@link EnvelopeExchange.open}. */
export class EnvelopePort<Outgoing, Incoming> {
  readonly #port: ThreadPort<Outgoing, Incoming>;
  readonly #scheduler: Scheduler;
  /** What to do with an envelope, before its turn has come. */
  readonly arrive: (envelope: Envelope<Incoming>) => void;
  #messages: Outgoing[] = [];
  #posted: PromiseWithResolvers<boolean> | undefined;
  #hasEnded = false;

  constructor(
    port: ThreadPort<Outgoing, Incoming>,
    scheduler: Scheduler,
    arrive: (envelope: Envelope<Incoming>) => void,
  ) {
    this.#port = port;
    this.#scheduler = scheduler;
    this.arrive = arrive;
  }

  /** Adds `message` to this turn's envelope; a thread that has ended gets none. */
  send(message: Outgoing): void {
    if (this.#hasEnded) return;
    this.#messages.push(message);
    if (this.#messages.length === 1) this.#scheduler.requestTurn();
  }

  /** What was sent last, where it has not been posted yet: it may still be added to. */
  get last(): Outgoing | undefined {
    return this.#messages.at(-1);
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /**
   * Settles when what was sent so far has been posted: messages sent after that arrive later. `false` where
   * the other thread ended first.
   */
  posted(): Promise<boolean> {
    if (this.#messages.length === 0) return Promise.resolve(!this.#hasEnded);
    this.#posted ??= Promise.withResolvers();
    return this.#posted.promise;
  }

  close(): void {
    this.#port.close();
  }

  /** The exchange's: posts this turn's envelope. */
  post(number: number): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#scheduler.counters.envelopes++;
    this.#port.postMessage({number, messages});
    this.#posted?.resolve(true);
    this.#posted = undefined;
  }

  /** The exchange's: takes everything that has arrived. */
  takeAll(): void {
    for (let envelope = this.#port.take(); envelope !== undefined; envelope = this.#port.take()) this.arrive(envelope);
  }

  /** The exchange's: the other thread has ended. */
  end(): void {
    this.#hasEnded = true;
    this.#messages = [];
    this.#posted?.resolve(false);
    this.#posted = undefined;
  }
}
