// A message type whose handler hangs, on the simulated clock. Its calls hold few sockets, for all clients together, so
// that those of other types are made: of the same clients, whose `unordered_types` let them have several open, and of
// all others.

import test from 'ava';
import {nextStanding} from '../../src/actors/standing.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Standing} from '../../src/upstream/call.ts';
import {messageCall} from './harness.ts';
import {quantiles} from './model-clients.ts';
import {createModel, type ModelHarness} from './model-harness.ts';

const goodType = 1;
const hangingType = 9;
const hangsFrom = 10_000;
const recoversAt = 100_000;
/** Until then it is not known that the type hangs. */
const knownFrom = hangsFrom + 2_000;

interface Traffic {
  readonly harness: ModelHarness;
  /** By who sent it: how long calls took that were made from {@link knownFrom} on. */
  readonly waits: {readonly same: number[]; readonly other: number[]; readonly hanging: number[]};
}

/** `senders` send both types, `others` only the good one: one message of each type open, the next within 2 s. */
function createTraffic(senders: number, others: number, neverAnswered: boolean): Traffic {
  const waits: Traffic['waits'] = {same: [], other: [], hanging: []};
  const isHanging = (now: number): boolean => now < recoversAt && (neverAnswered || now >= hangsFrom);
  const harness: ModelHarness = createModel(Number.POSITIVE_INFINITY, ({path}) =>
    path.startsWith(`/message/${hangingType}/`) && isHanging(harness.clock.now()) ? Number.POSITIVE_INFINITY : 10,
  );
  const random = new SeededRandom(3);
  const standings = new Map<string, Standing>();
  function send(identity: string, type: number, list: number[]): void {
    const startedAt = harness.clock.now();
    harness.call(messageCall({identity, type, standing: standings.get(identity) ?? 'new'}), (answer) => {
      standings.set(identity, nextStanding(answer, standings.get(identity) ?? 'new'));
      const tookMs = answer.kind === 'accepted' ? harness.clock.now() - startedAt : Number.POSITIVE_INFINITY;
      if (startedAt >= knownFrom) list.push(tookMs);
      harness.clock.startTimer(random.integer(1, 2_000), () => send(identity, type, list));
    });
  }
  function start(identity: string, type: number, list: number[], fromMs: number): void {
    harness.clock.startTimer(fromMs + random.integer(0, 2_000), () => send(identity, type, list));
  }
  for (let client = 0; client < senders; client++) {
    start(`s${client}`, goodType, waits.same, 0);
    start(`s${client}`, hangingType, waits.hanging, neverAnswered ? hangsFrom - 2_000 : 0);
  }
  for (let client = 0; client < others; client++) start(`o${client}`, goodType, waits.other, 0);
  return {harness, waits};
}

for (const [senders, others] of [
  [50, 50],
  [200, 50],
  [500, 100],
] as const) {
  for (const neverAnswered of [false, true]) {
    test.serial(
      `${senders} clients send a type that ${neverAnswered ? 'never answered' : 'begins to hang'}: their other messages, and those of ${others} others, do not wait [RB-72] [RB-72 broken]`,
      async (t) => {
        const {harness, waits} = createTraffic(senders, others, neverAnswered);
        await harness.advance(recoversAt - 10_000);
        for (const who of ['same', 'other'] as const) {
          const [median, most] = quantiles(waits[who]);
          t.true(waits[who].length > others * 20);
          t.true(median <= 10, `${who}: median ${median} ms`);
          t.true(most <= 10, `${who}: of 95 % ${most} ms`);
          t.true(Math.max(...waits[who]) < 10_000, `${who}: one failed`);
        }
      },
    );
  }
}

test.serial('a type that hung and is answered again is as quick as before [RB-72]', async (t) => {
  const {harness, waits} = createTraffic(200, 50, false);
  await harness.advance(recoversAt + 15_000);
  waits.hanging.length = 0;
  await harness.advance(20_000);
  t.true(waits.hanging.length > 1_000);
  t.true(Math.max(...waits.hanging) <= 10, `${Math.max(...waits.hanging)} ms`);
});
