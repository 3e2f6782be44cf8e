// The end of a command that runs until the user interrupts it.

import {systemClock} from '../core/clock.ts';

/** Aborted by the first SIGINT or SIGTERM, or after so many seconds; a second signal kills as usual. */
export function untilInterrupted(seconds: number = Number.POSITIVE_INFINITY): AbortController {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (seconds < Number.POSITIVE_INFINITY) systemClock.startTimer(seconds * 1_000, stop);
  return controller;
}
