// The store of browsers. Several pages share one database; each message in it has one owner, and an owner holds a lock of
// its name while its page lives. A page that gets the lock of another owner knows that it is gone, and adopts what it
// left: a page after a reload, or one that was open beside it. So two pages never send the same message.

import {invariant} from '../core/invariant.ts';
import type {Random} from '../core/random.ts';
import {webRandom} from '../core/random-web.ts';
import type {Store, StoredMessage} from './store.ts';

/** The platform's own types of both where the compiler knows them: without the lib `dom` it does not. */
type Factory = typeof globalThis extends {indexedDB: infer Known} ? Known : unknown;
type Locks = typeof globalThis extends {navigator: {locks: infer Known}} ? Known : unknown;

export interface IndexedDbStoreOptions {
  /** Of the database; clients with different users or gateways need different ones. @default 'rainbow' */
  readonly name?: string;
  /** @default the platform's own */
  readonly indexedDB?: Factory;
  /** Web Locks, which browsers have in secure contexts only. @default the platform's own */
  readonly locks?: Locks;
  readonly random?: Random;
}

type Adopt = (messages: readonly StoredMessage[]) => void;
type OwnedMessage = StoredMessage & {readonly owner: string};

const table = 'messages';
const ownerBytes = 16;

/** Keeps messages in IndexedDB. Its calls reject where there is no IndexedDB or there are no Web Locks. */
export function indexedDbStore(options: IndexedDbStoreOptions = {}): Store {
  return new IndexedDbStore(options);
}

class IndexedDbStore implements Store {
  readonly #options: IndexedDbStoreOptions;
  readonly #name: string;
  #database: IDBDatabase | undefined;
  #owner = '';
  /** Ends the waits for the locks of others. */
  #waits = new AbortController();
  #letGo: () => void = () => {};

  constructor(options: IndexedDbStoreOptions) {
    this.#options = options;
    this.#name = options.name ?? 'rainbow';
  }

  async open(adopt: Adopt): Promise<void> {
    const {indexedDB = globalThis.indexedDB, random = webRandom, locks = globalThis.navigator?.locks} = this.#options;
    if (indexedDB === undefined || locks === undefined)
      throw new Error('IndexedDB or Web Locks are missing here. Use a secure context (https), or another store.');
    this.#owner = random.hex(ownerBytes);
    this.#waits = new AbortController();
    await this.#holdOwn(locks);
    const opening = indexedDB.open(this.#name, 1);
    opening.addEventListener('upgradeneeded', () => {
      opening.result.createObjectStore(table, {keyPath: ['owner', 'key']});
    });
    this.#database = await settled(opening);
    const others = new Set((await this.#read()).map(({owner}) => owner));
    const isLeft = await Promise.all([...others].map((owner) => this.#tryAdopt(locks, owner, adopt)));
    for (const [place, owner] of [...others].entries()) {
      if (isLeft[place] !== true) this.#awaitEnd(locks, owner, adopt);
    }
  }

  async put(message: StoredMessage): Promise<void> {
    await this.#change((messages) => {
      messages.put({...message, owner: this.#owner});
    });
  }

  async remove(key: string): Promise<void> {
    await this.#change((messages) => {
      messages.delete([this.#owner, key]);
    });
  }

  close(): Promise<void> {
    this.#waits.abort();
    this.#database?.close();
    this.#database = undefined;
    this.#letGo();
    return Promise.resolve();
  }

  #lockName(owner: string): string {
    return `${this.#name}:${owner}`;
  }

  async #holdOwn(locks: LockManager): Promise<void> {
    const held = Promise.withResolvers<void>();
    const kept = Promise.withResolvers<void>();
    this.#letGo = kept.resolve;
    locks
      .request(this.#lockName(this.#owner), () => {
        held.resolve();
        return kept.promise;
      })
      .catch(held.reject);
    await held.promise;
  }

  /** Adopts at once what an owner left that is gone; `false` where it lives. */
  async #tryAdopt(locks: LockManager, owner: string, adopt: Adopt): Promise<boolean> {
    return await locks.request(this.#lockName(owner), {ifAvailable: true}, async (lock) => {
      if (lock === null) return false;
      await this.#adopt(owner, adopt);
      return true;
    });
  }

  // The page that was before a reload may be a moment in going.
  #awaitEnd(locks: LockManager, owner: string, adopt: Adopt): void {
    const {signal} = this.#waits;
    locks
      .request(this.#lockName(owner), {signal}, () => this.#adopt(owner, adopt))
      .catch(() => {
        // This client has ended first, or its database has: the next one adopts.
      });
  }

  /** In one transaction, so that they have one owner at any time. */
  async #adopt(owner: string, adopt: Adopt): Promise<void> {
    const left = (await this.#read()).filter((message) => message.owner === owner);
    if (left.length === 0) return;
    await this.#change((messages) => {
      for (const message of left) {
        messages.delete([owner, message.key]);
        messages.put({...message, owner: this.#owner});
      }
    });
    adopt(left.sort((one, other) => one.order - other.order));
  }

  async #read(): Promise<readonly OwnedMessage[]> {
    const database = this.#opened();
    return (await settled(database.transaction(table).objectStore(table).getAll())) as OwnedMessage[];
  }

  async #change(make: (messages: IDBObjectStore) => void): Promise<void> {
    const transaction = this.#opened().transaction(table, 'readwrite');
    const {promise, resolve, reject} = Promise.withResolvers<void>();
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('Expected it to complete')));
    make(transaction.objectStore(table));
    await promise;
  }

  #opened(): IDBDatabase {
    invariant(this.#database !== undefined, 'Expected the store to be open');
    return this.#database;
  }
}

function settled<Value>(request: IDBRequest<Value>): Promise<Value> {
  const {promise, resolve, reject} = Promise.withResolvers<Value>();
  request.addEventListener('success', () => resolve(request.result));
  request.addEventListener('error', () => reject(request.error ?? new Error('Expected it to succeed')));
  return promise;
}
