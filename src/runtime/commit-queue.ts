// Effects that wait until what their turn has changed is stored: "commit, then acknowledge". The scheduler's; while nothing
// has to be stored, an effect runs at the end of its own turn, and a turn without effects costs one comparison.

/** Stores what a turn has changed. Returns nothing where that is done at once, else a promise of it. */
export type Commit = () => Promise<void> | undefined;

/** Runs once its turn is committed; with the error where it could not be. */
export type CommittedEffect = (error?: unknown) => void;

/** The effects of one turn that is being stored. */
interface Batch {
  readonly effects: readonly CommittedEffect[];
  isOver: boolean;
  error: unknown;
}

/** Effects that wait for a commit. Turns are committed in their order, whatever order their stores finish in. */
export class CommitQueue {
  readonly #requestTurn: () => void;
  readonly #commits = new Set<Commit>();
  #effects: CommittedEffect[] = [];
  #batches: Batch[] = [];

  /** `requestTurn`: asks for a turn, at whose end effects that have waited run. */
  constructor(requestTurn: () => void) {
    this.#requestTurn = requestTurn;
  }

  /** Calls `commit` at the end of every turn; the result takes it out again. */
  add(commit: Commit): () => void {
    this.#commits.add(commit);
    return () => this.#commits.delete(commit);
  }

  /** Runs `effect` after the commit of the current turn. */
  after(effect: CommittedEffect): void {
    this.#effects.push(effect);
  }

  /** The turn has ended: begins its commit, and runs what is committed. */
  turnEnded(): void {
    if (this.#commits.size > 0) this.#commit();
    else if (this.#effects.length > 0) this.#batches.push({effects: this.#take(), isOver: true, error: undefined});
    if (this.#batches.length > 0) this.#run();
  }

  #commit(): void {
    const pending: Promise<void>[] = [];
    for (const commit of this.#commits) {
      const promise = commit();
      if (promise !== undefined) pending.push(promise);
    }
    const effects = this.#take();
    if (effects.length === 0) {
      // The store reports its failures itself; no other turn waits for this one.
      for (const promise of pending) promise.catch(() => {});
      return;
    }
    const batch: Batch = {effects, isOver: pending.length === 0, error: undefined};
    this.#batches.push(batch);
    if (batch.isOver) return;
    const end = (error?: unknown): void => {
      batch.isOver = true;
      batch.error = error;
      this.#requestTurn();
    };
    Promise.all(pending).then(() => end(), end);
  }

  #run(): void {
    while (this.#batches[0]?.isOver === true) {
      const {effects, error} = this.#batches.shift() as Batch;
      for (const effect of effects) effect(error);
    }
  }

  #take(): readonly CommittedEffect[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }
}
