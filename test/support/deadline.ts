// Waiting with a bound: nothing in the suite waits for ever, and nothing sleeps and hopes. A wait that is not over in
// time fails loudly and says what it waited for. The bound is a net for faults: a test that passes never comes near it,
// however busy the machine is (patience.ts).

import {afterPatience} from './patience.ts';

/** How long anything may take that should happen at once, on a machine that has nothing else to do. */
export const patienceMs = 30_000;

const pauseMsMax = 50;

/** Settles as `promise` does; rejects with what was expected if that takes longer than `ms` of an idle machine. */
export async function within<Value>(promise: Promise<Value>, what: string, ms = patienceMs): Promise<Value> {
  const expired = Promise.withResolvers<never>();
  const callOff = afterPatience(ms, () => expired.reject(tooLate(what, ms)));
  try {
    return await Promise.race([promise, expired.promise]);
  } finally {
    callOff();
  }
}

/**
 * Asks `probe` again and again until it gives something other than `undefined`; for facts that announce themselves by no
 * event, such as a counter of the gateway or the start of a process. The pause only spares the machine, and grows with the
 * wait: many tests wait for processes that start, and share the cores with them.
 */
export async function until<Value>(
  probe: () => Promise<Value | undefined> | Value | undefined,
  what: string,
  ms = patienceMs,
): Promise<Value> {
  let isLate = false;
  let pauseMs = 2;
  const callOff = afterPatience(ms, () => {
    isLate = true;
  });
  try {
    for (;;) {
      const value = await probe();
      if (value !== undefined) return value;
      if (isLate) throw tooLate(what, ms);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(pauseMs * 1.25, pauseMsMax);
    }
  } finally {
    callOff();
  }
}

function tooLate(what: string, ms: number): Error {
  return new Error(`Expected ${what} within ${ms} ms of an idle machine`);
}

/** A door that a test opens: what waits for `opened` goes on from there. */
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
