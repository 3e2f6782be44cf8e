// A store of the tests: keeps messages beyond the client that sent them, in an order of events that the test can see.

import type {Store, StoredMessage} from '../../src/client/client.ts';

export class KeepingStore implements Store {
  readonly kept = new Map<string, StoredMessage>();
  /** What was asked for, as `put key`, `put key transmitted` and `remove key`. */
  readonly calls: string[] = [];
  failing: 'open' | 'put' | 'remove' | undefined;
  /** Each call takes this long. */
  latch: Promise<void> | undefined;

  async open(adopt: (messages: readonly StoredMessage[]) => void): Promise<void> {
    await this.#take('open');
    if (this.kept.size > 0) adopt([...this.kept.values()]);
  }

  async put(message: StoredMessage): Promise<void> {
    await this.#take('put');
    this.calls.push(`put ${message.key}${message.isTransmitted ? ' transmitted' : ''}`);
    this.kept.set(message.key, structuredClone(message));
  }

  async remove(key: string): Promise<void> {
    await this.#take('remove');
    this.calls.push(`remove ${key}`);
    this.kept.delete(key);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #take(call: 'open' | 'put' | 'remove'): Promise<void> {
    await this.latch;
    if (this.failing === call) throw new Error('disk full');
  }
}
