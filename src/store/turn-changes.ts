// What a turn changes, gathered while it runs and stored as one commit at its end. `commit` is for Scheduler.onCommit, so
// that effects of Scheduler.afterCommit wait for it: store first, then acknowledge. [RB-70]

import type {Change, Store} from './store.ts';

export interface TurnChangesOptions {
  /** Bytes that may wait for the store. Beyond, {@link TurnChanges.hasRoom} is false, and callers refuse new work. */
  readonly unstoredBytesMax: number;
  /** A change of `session` was left out: it has another owner now. Called before the turn's effects run. [RB-39] */
  readonly onLeftOut: (session: string) => void;
}

/** What a change is taken to cost beside its bytes, in memory and on its way. */
const changeOverheadBytes = 256;

export class TurnChanges {
  readonly #store: Pick<Store, 'commit'>;
  readonly #options: TurnChangesOptions;
  #changes: Change[] = [];
  /** Of this turn, and of all turns whose commit is under way, this one included. */
  #bytes = 0;
  #unstoredBytes = 0;

  constructor(store: Pick<Store, 'commit'>, options: TurnChangesOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Whether the store keeps up. What must be stored anyway, such as an acknowledgement, need not ask. */
  get hasRoom(): boolean {
    return this.#unstoredBytes < this.#options.unstoredBytesMax;
  }

  add(change: Change): void {
    const bytes = changeOverheadBytes + bytesOf(change);
    this.#changes.push(change);
    this.#bytes += bytes;
    this.#unstoredBytes += bytes;
  }

  /** Hands the turn's changes to the store; `undefined` if there are no changes. */
  commit(): Promise<void> | undefined {
    if (this.#changes.length === 0) return undefined;
    const stored = this.#commit(this.#changes, this.#bytes);
    this.#changes = [];
    this.#bytes = 0;
    return stored;
  }

  async #commit(changes: readonly Change[], bytes: number): Promise<void> {
    try {
      const leftOut = await this.#store.commit(changes);
      for (const session of leftOut) this.#options.onLeftOut(session);
    } finally {
      this.#unstoredBytes -= bytes;
    }
  }
}

function bytesOf({verb, kind, row}: Change): number {
  if (verb !== 'put') return 0;
  if (kind === 'publication' || kind === 'message') return row.payload.length;
  return kind === 'receipt' ? (row.reply?.length ?? 0) : 0;
}
