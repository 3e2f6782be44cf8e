// The store as the outbox uses it: one call after the other, so that what is said later is known to it later. Where there
// is no store, nothing is called and nothing waits.
//
// A store that does not open is given up for the memory of this page until the client blooms again: browsers have none in
// private windows and on plain http, and an application that could not send would be of no use there. Later a failure is
// that of one message: what a store knows as unsent must not go out behind its back, or a reload would send it twice.

import type {Clock} from '../core/clock.ts';
import {RainbowClientError} from './errors.ts';
import type {Outgoing} from './outgoing.ts';
import type {Store, StoredMessage} from './store.ts';

type Take = (failure: RainbowClientError | undefined) => void;
type Outcome = {readonly cause: unknown; readonly isFatal: boolean} | undefined;

/** For one call of a store. */
const callMs = 5_000;

export class WriteQueue {
  readonly #given: Store | undefined;
  readonly #clock: Clock;
  /** Gets each failure; none stops the line. */
  readonly #onFault: (cause: unknown) => void;
  #store: Store | undefined;
  #tail: Promise<void> = Promise.resolve();
  /** Why nothing is asked of it: a call that it has not answered. */
  #stuck: Error | undefined;

  constructor(store: Store | undefined, clock: Clock, onFault: (cause: unknown) => void) {
    this.#given = store;
    this.#store = store;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  get isThere(): boolean {
    return this.#store !== undefined;
  }

  open(adopt: (messages: readonly StoredMessage[]) => void, take: Take): void {
    this.#store = this.#given;
    this.#add(
      (store) =>
        store.open((messages) => {
          // One that was given up may open after all: what it kept stays there, for the next page.
          if (this.#store === store) adopt(messages);
        }),
      take,
      true,
    );
  }

  /** Keeps a message that waits. */
  put(message: Outgoing, take: Take): void {
    this.#add((store) => store.put(stored(message, message.isMarked)), take);
  }

  /** Keeps that the message may have been transmitted, if it is not known yet. */
  mark(message: Outgoing, take: Take): void {
    this.#add((store) => {
      if (message.isMarked) return Promise.resolve();
      message.isMarked = true;
      return store.put(stored(message, true));
    }, take);
  }

  remove({key, qos}: Outgoing): void {
    if (qos > 0) this.#add((store) => store.remove(key));
  }

  close(): void {
    this.#add((store) => store.close());
  }

  /** Calls `run` when all that was asked for so far is done; at once where there is no store. */
  after(run: () => void): void {
    if (this.#store === undefined) run();
    else this.#tail = this.#tail.then(run);
  }

  #add(call: (store: Store) => Promise<void>, take: Take = () => {}, isOpening = false): void {
    if (this.#store === undefined) return;
    this.#tail = this.#tail.then(async () => {
      const store = this.#store;
      if (store === undefined) {
        take(undefined);
        return;
      }
      const outcome = await this.#call(store, call, isOpening);
      if (outcome !== undefined) this.#onFault(outcome.cause);
      if (outcome?.isFatal === true) {
        this.#store = undefined;
        take(undefined);
      } else {
        take(outcome && new RainbowClientError('RB_STORE', String(outcome.cause), {cause: outcome.cause}));
      }
    });
  }

  async #call(store: Store, call: (store: Store) => Promise<void>, isOpening: boolean): Promise<Outcome> {
    if (this.#stuck !== undefined) return {cause: this.#stuck, isFatal: isOpening};
    const {promise, resolve} = Promise.withResolvers<Outcome>();
    const called = (async () => call(store))();
    const timer = this.#clock.startTimer(callMs, () => {
      const late = new Error(`The store did not answer within ${callMs / 1000} s`);
      this.#stuck = late;
      resolve({cause: late, isFatal: isOpening});
      // Should it open yet, it is to let go.
      const free = (): Promise<void> | void => {
        this.#stuck = undefined;
        if (isOpening) return store.close();
      };
      called.then(free, free).catch(() => {});
    });
    called.then(
      () => resolve(undefined),
      (cause: unknown) => resolve({cause, isFatal: isOpening}),
    );
    const outcome = await promise;
    timer.cancel();
    return outcome;
  }
}

function stored({key, type, qos, payload, mayRepeat, dueAt, order}: Outgoing, isTransmitted: boolean): StoredMessage {
  return {key, type, qos: qos === 1 ? 1 : 2, payload, mayRepeat, dueAt, order, isTransmitted};
}
