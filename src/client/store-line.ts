// The store as the outbox uses it: one call after the other, so that what is told to it later is known to it later. Where
// there is no store, nothing is called and nothing waits.

import {RainbowClientError} from './errors.ts';
import type {Outgoing} from './outgoing.ts';
import type {Store, StoredMessage} from './store.ts';

type Take = (failure: RainbowClientError | undefined) => void;

export class StoreLine {
  readonly #store: Store | undefined;
  /** Told of each failure; none stops the line. */
  readonly #onFault: (cause: unknown) => void;
  #tail: Promise<void> = Promise.resolve();

  constructor(store: Store | undefined, onFault: (cause: unknown) => void) {
    this.#store = store;
    this.#onFault = onFault;
  }

  get isThere(): boolean {
    return this.#store !== undefined;
  }

  open(adopt: (messages: readonly StoredMessage[]) => void, take: Take): void {
    this.#add((store) => store.open(adopt), take);
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

  #add(call: (store: Store) => Promise<void>, take: Take = () => {}): void {
    const store = this.#store;
    if (store !== undefined) this.#tail = this.#tail.then(() => this.#call(store, call)).then(take);
  }

  async #call(store: Store, call: (store: Store) => Promise<void>): Promise<RainbowClientError | undefined> {
    try {
      await call(store);
      return undefined;
    } catch (cause) {
      this.#onFault(cause);
      return new RainbowClientError('RB_STORE', String(cause), {cause});
    }
  }
}

function stored({key, type, qos, payload, mayRepeat, dueAt, order}: Outgoing, isTransmitted: boolean): StoredMessage {
  return {key, type, qos: qos === 1 ? 1 : 2, payload, mayRepeat, dueAt, order, isTransmitted};
}
