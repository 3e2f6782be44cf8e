// The order in which the lines of a batch begin, where some have to ask for something first: each begins when those before it
// have begun, or never will.

/** The order in which the lines of one batch begin. */
export class StartOrder {
  #last: Promise<unknown> | undefined;

  /** The lines before the next one; `undefined`: all of them have begun. */
  get before(): Promise<unknown> | undefined {
    return this.#last;
  }

  /** A line that begins later takes its place. Returns what is to be called when it begins, or will not; also twice. */
  enter(): () => void {
    const {promise, resolve} = Promise.withResolvers<void>();
    const last = Promise.all([this.#last, promise]).then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
    return resolve;
  }
}
