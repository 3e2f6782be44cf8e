// Several workers at one business server, on the simulated clock: each has limits of its own and sees no other's calls.

import test from 'ava';
import {connectCall} from './harness.ts';
import {sendForEver, total} from './model-clients.ts';
import {createModel} from './model-harness.ts';

for (const [workers, capacity, durationMs, clients, fromMs, share] of [
  [2, 128, 1_000, 4_000, 10_000, 0.9],
  [4, 16, 125, 4_000, 10_000, 0.9],
  [2, 16, 2_000, 920, 60_000, 0.9],
  [2, 8, 4_000, 230, 180_000, 0.85],
] as const) {
  test.serial(
    `${workers} workers that know nothing of each other reach ${100 * share} % of what a server does that works on ${capacity} calls of ${Math.round(durationMs)} ms [RB-68] [RB-72]`,
    async (t) => {
      const harness = createModel(capacity, () => durationMs, {}, workers);
      const served = sendForEver(harness, clients);
      await harness.advance(fromMs);
      const before = total(served);
      await harness.advance(90_000);
      const goodput = (total(served) - before) / 90;
      const rate = (capacity * 1_000) / durationMs;
      t.true(goodput >= share * rate, `${goodput}/s of ${rate}/s`);
      // The bound on sockets is that of each worker.
      t.true(harness.server.openMax <= 128 * workers);
      // The calls of a client go to each worker in turn, and each is fair: no client goes empty, and none has several shares.
      const mean = total(served) / clients;
      if (mean >= 3) t.true(Math.min(...served) >= 1);
      t.true(Math.max(...served) <= 4 * Math.ceil(mean), `${Math.max(...served)} beside ${mean} on average`);
    },
  );
}

test.serial('a call that waits at one of several workers is withdrawn and never sent [RB-68]', async (t) => {
  const harness = createModel(Number.POSITIVE_INFINITY, () => 1_000, {socketsMax: 1}, 2);
  const calls = Array.from({length: 6}, () => connectCall());
  const answers: string[] = [];
  for (const call of calls) harness.call(call, ({kind}) => answers.push(kind));
  for (const call of calls) harness.withdraw(call);
  await harness.advance(5_000);
  t.is(harness.server.requests, 2);
  t.deepEqual(answers, ['failed', 'failed', 'failed', 'failed', 'accepted', 'accepted']);
});
