// A store whose disk fails as a test says: commits that are refused, late, on a full disk, lost before their answer, or torn.
// What it keeps lies in a journal, each commit followed by a mark; a restart reads that as far as its commits are whole.

import {type Change, type Store, StoreError} from '../../src/store/store.ts';
import {MemoryStore} from '../../src/store/store-memory.ts';

/**
 * - `refused`: nothing is stored, and the caller learns so.
 * - `lost`: it is stored, and the process dies before it can answer.
 * - `{torn}`: the process dies when so many changes are written, and no mark.
 */
export type Fault = 'refused' | 'lost' | {readonly torn: number};

const mark = 'commit';
export type Journal = readonly (Change | typeof mark)[];

export class FaultyStore implements Store {
  /** Whether the disk is full: every commit is refused. */
  isFull = false;
  readonly #journal: (Change | typeof mark)[] = [];
  readonly #inner = new MemoryStore();
  readonly #faults: (Fault | undefined)[] = [];
  /** What every call waits for. */
  #gate = Promise.withResolvers<void>();
  #isDown = false;
  /** Set until the caller can know of it. */
  #failure: StoreError | undefined;

  /** `journal`: what a process that has ended left behind. */
  constructor(journal: Journal = []) {
    this.#gate.resolve();
    const whole = journal.slice(0, journal.lastIndexOf(mark) + 1);
    let begin = 0;
    for (const [end, record] of whole.entries()) {
      if (record !== mark) continue;
      void this.#inner.commit(whole.slice(begin, end) as readonly Change[]);
      begin = end + 1;
    }
    this.#journal.push(...whole);
  }

  get journal(): Journal {
    return this.#journal;
  }

  get publications(): number {
    return this.#inner.publications;
  }

  /** Whether the process has died: no call is answered any more. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** What happens to the next commits, one each. */
  fail(...faults: readonly (Fault | undefined)[]): void {
    this.#faults.push(...faults);
  }

  /** From now on the disk is slow: every call waits for {@link release}. */
  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate.resolve();
  }

  /** The store of the next process. */
  restart(): FaultyStore {
    return new FaultyStore(this.#journal);
  }

  async commit(changes: readonly Change[]): Promise<readonly string[]> {
    const fault = this.#faults.shift();
    await this.#gate.promise;
    if (this.#isDown) return never();
    if (fault === 'refused') this.#failure ??= new StoreError('failed', 'The disk does not answer.');
    if (this.isFull) this.#failure ??= new StoreError('full', 'The disk is full.');
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      // Whatever was handed in before the caller can know fails as well.
      await Promise.resolve();
      this.#failure = undefined;
      throw failure;
    }
    this.#isDown = fault !== undefined;
    if (typeof fault === 'object') {
      this.#journal.push(...changes.slice(0, fault.torn));
      return never();
    }
    const leftOut = await this.#inner.commit(changes);
    this.#journal.push(...changes, mark);
    return fault === 'lost' ? never() : leftOut;
  }

  sessions: Store['sessions'] = (...page) => this.#read((inner) => inner.sessions(...page));
  session: Store['session'] = (name) => this.#read((inner) => inner.session(name));
  messages: Store['messages'] = (...page) => this.#read((inner) => inner.messages(...page));
  deadLetters: Store['deadLetters'] = (...page) => this.#read((inner) => inner.deadLetters(...page));
  events: Store['events'] = (...page) => this.#read((inner) => inner.events(...page));
  history: Store['history'] = (...page) => this.#read((inner) => inner.history(...page));
  close: Store['close'] = () => this.#read((inner) => inner.close());

  async #read<Result>(read: (inner: Store) => Promise<Result>): Promise<Result> {
    await this.#gate.promise;
    return this.#isDown ? never() : read(this.#inner);
  }
}

/** The process that asked is gone. */
function never<Result>(): Promise<Result> {
  return new Promise(() => {});
}
