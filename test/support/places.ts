// How much a business server can do: it works on so many calls at a time, on the others in the order in which they came, and
// for as long on each. One whose caller has gone is worked on like any other, as by a server that does not look.

import {answer, type RecordedCall, type Script} from './business-server.ts';

/** A business server with so many places; `script` is for a {@link BusinessServer}. */
export class Places {
  /** Bodies of the calls worked on to the end. */
  readonly done = new Set<string>();
  readonly #places: number;
  readonly #workMs: number;
  readonly #waiting: (() => void)[] = [];
  #working = 0;

  constructor(places: number, workMs: number) {
    this.#places = places;
    this.#workMs = workMs;
  }

  readonly script: Script = (response, call: RecordedCall) => {
    this.#waiting.push(() => {
      this.done.add(call.body.toString());
      void answer(200)(response, call);
    });
    this.#work();
  };

  #work(): void {
    while (this.#working < this.#places) {
      const finish = this.#waiting.shift();
      if (finish === undefined) return;
      this.#working++;
      setTimeout(() => {
        this.#working--;
        finish();
        this.#work();
      }, this.#workMs);
    }
  }
}
