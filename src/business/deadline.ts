// A wait with a bound.

import type {Clock} from '../core/clock.ts';

/** What `promise` settles with, or `undefined` where that takes longer than `ms`. */
export function settleWithin<Value>(clock: Clock, ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.startTimer(ms, () => resolve(undefined));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
