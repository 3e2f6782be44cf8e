// Clients of a model (model-harness.ts) that send for ever, one message open each.

import {nextStanding} from '../../src/actors/standing.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Standing} from '../../src/upstream/call.ts';
import {messageCall} from './harness.ts';
import type {ModelHarness} from './model-harness.ts';

/** The next message follows the answer at once, a failed one is sent again within 3 s. Returns how often each was served. */
export function sendForEver(harness: ModelHarness, clients: number): number[] {
  const random = new SeededRandom(2);
  const served = Array.from({length: clients}, () => 0);
  function send(client: number, standing: Standing): void {
    harness.call(messageCall({identity: `c${client}`, standing}), (answer) => {
      const isServed = answer.kind === 'accepted';
      if (isServed) served[client] = (served[client] ?? 0) + 1;
      const pauseMs = random.integer(1, isServed ? 20 : 3_000);
      harness.clock.startTimer(pauseMs, () => send(client, nextStanding(answer, standing)));
    });
  }
  for (let client = 0; client < clients; client++)
    harness.clock.startTimer(random.integer(0, 200), () => send(client, 'new'));
  return served;
}

export function total(served: readonly number[]): number {
  return served.reduce((sum, count) => sum + count, 0);
}

/** The median and the 95th of a hundred waits, in milliseconds; a call that fails has waited for ever. */
export function quantiles(waits: readonly number[]): readonly [median: number, most: number] {
  const sorted = waits.toSorted((one, other) => one - other);
  return [sorted[sorted.length >> 1] ?? 0, sorted[Math.floor(sorted.length * 0.95)] ?? 0];
}
