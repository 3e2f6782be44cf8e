// A question to an actor, for code outside the actors (the HTTP API): a promise with a deadline. Actors among themselves
// only send messages.

import type {Clock} from '../core/clock.ts';
import {RainbowError} from '../core/errors.ts';

/** Takes the answer to a question; only the first answer counts. */
export type Reply<Answer> = (answer: Answer) => void;

/**
 * Calls `tell` with a {@link Reply} and settles with what it is given. Rejects with `RB_OVERLOADED` where `tell` answers
 * `false` (the mailbox was full), and with `RB_INTERNAL` where no answer came within `deadlineMs`.
 */
export function ask<Answer>(
  clock: Clock,
  deadlineMs: number,
  tell: (reply: Reply<Answer>) => boolean,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = clock.startTimer(deadlineMs, () => {
      reject(new RainbowError('RB_INTERNAL', `The answer did not come within ${deadlineMs} ms.`));
    });
    const isTold = tell((answer) => {
      timer.cancel();
      resolve(answer);
    });
    if (isTold) return;
    timer.cancel();
    reject(new RainbowError('RB_OVERLOADED', 'The queue is full. Retry later.'));
  });
}
