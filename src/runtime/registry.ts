// Actors by key: connections by identity, channels by name. One thread's, like everything in the runtime.

import type {ActorRef} from './actor.ts';

/** A map from keys to actors. Bounded by the code that adds to it. */
export class Registry<Message> {
  readonly #actors = new Map<string, ActorRef<Message>>();
  readonly #onChange: ((key: string, isPresent: boolean) => void) | undefined;

  /** `onChange` is called with each key that is added or removed. */
  constructor(onChange?: (key: string, isPresent: boolean) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#actors.size;
  }

  find(key: string): ActorRef<Message> | undefined {
    return this.#actors.get(key);
  }

  /** Adds `actor`; `false` where the key is taken, and then nothing has changed. */
  add(key: string, actor: ActorRef<Message>): boolean {
    if (this.#actors.has(key)) return false;
    this.#actors.set(key, actor);
    this.#onChange?.(key, true);
    return true;
  }

  /** Removes `key` if it still leads to `actor`. */
  remove(key: string, actor: ActorRef<Message>): void {
    if (this.#actors.get(key) !== actor) return;
    this.#actors.delete(key);
    this.#onChange?.(key, false);
  }

  entries(): IterableIterator<[string, ActorRef<Message>]> {
    return this.#actors.entries();
  }
}
