// Waiting with a bound: nothing in the suite waits for ever, and nothing sleeps and hopes. A wait that is not over in
// time fails loudly and says what it waited for.

import {performance} from 'node:perf_hooks';

/** How long anything may take that should happen at once; generous, since two cores run the whole suite. */
export const patienceMs = 15_000;

/** Settles as `promise` does; rejects with what was expected if that takes longer than `ms`. */
export async function within<Value>(promise: Promise<Value>, what: string, ms = patienceMs): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Expected ${what} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks `probe` again and again until it gives something other than `undefined`; for facts that announce themselves by no
 * event, such as a counter of the gateway or the start of a process. The pause only spares the machine.
 */
export async function until<Value>(
  probe: () => Promise<Value | undefined> | Value | undefined,
  what: string,
  ms = patienceMs,
): Promise<Value> {
  const start = performance.now();
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() - start > ms) throw new Error(`Expected ${what} within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A door that a test opens: whoever waits for `opened` goes on from there. */
export class Latch {
  readonly opened: Promise<void>;
  readonly #open: () => void;

  constructor() {
    const {promise, resolve} = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
  }

  release(): void {
    this.#open();
  }
}
