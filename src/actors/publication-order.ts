// Holds publications back while one to several channels finds its recipients, and lets them begin in the order in which they
// came. Nearly always nothing is held, and asking costs one comparison.

/** The order in which the publications of a thread begin. Bounded by the API calls and other threads that wait for them. */
export class PublicationOrder {
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  /** Whether {@link whenFree} would wait. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Nothing begins until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Calls `begin` after all that came before it; it may hold the order again. */
  whenFree(begin: () => void): void {
    if (this.#isHeld) this.#waiting.push(begin);
    else begin();
  }

  release(): void {
    this.#isHeld = false;
    while (!this.#isHeld) {
      const begin = this.#waiting.shift();
      if (begin === undefined) return;
      begin();
    }
  }
}
