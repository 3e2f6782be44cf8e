// More calls than the business server can work on, on the simulated clock: its capacity goes to clients that still
// wait, each gets a share, and no call is made for a client that has left. The models take their
// turns: all at once they keep so much alive that half of the time goes into collecting garbage.

import test from 'ava';
import {nextStanding} from '../../src/actors/standing.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Answer, Standing} from '../../src/upstream/call.ts';
import {closeCall, connectCall, messageCall, outcome} from './harness.ts';
import {quantiles, sendForEver, total} from './model-clients.ts';
import {createModel, type ModelHarness} from './model-harness.ts';

for (const [name, capacity, durationMs] of [
  ['128 at a time for a second each', 128, 1_000],
  ['one at a time, 128 in a second', 1, 1_000 / 128],
  ['16 at a time, 128 in a second', 16, 125],
] as const) {
  test.serial(
    `at thirty times the load a server that works on ${name} answers nine tenths of what it can, to everybody [RB-68] [RB-72]`,
    async (t) => {
      const harness = createModel(capacity, () => durationMs);
      const served = sendForEver(harness, 4_000);
      await harness.advance(10_000);
      const before = total(served);
      await harness.advance(90_000);
      const goodput = (total(served) - before) / 90;
      t.true(goodput >= 0.9 * 128, `${goodput}/s`);
      t.true(harness.server.openMax <= 128);
      t.true(Math.min(...served) >= 1);
      t.true(Math.max(...served) <= 4 * Math.ceil(total(served) / 4_000));
      t.true(harness.server.requests <= total(served) * 1.02 + 128, 'calls are made that are of no use');
    },
  );
}

test.serial(
  'a server that can work on few calls is handed few: the limit adapts until they are answered in time',
  async (t) => {
    const harness = createModel(1, () => 200);
    const served = sendForEver(harness, 500);
    await harness.advance(60_000);
    const before = total(served);
    await harness.advance(100_000);
    const goodput = (total(served) - before) / 100;
    t.true(goodput >= 0.9 * 5, `${goodput}/s`);
  },
);

// Where it was quick before, what is left of the burst that it was handed then is worked off first.
for (const [capacity, durationMs, quickMs, fromMs, share] of [
  [4, 6_000, 0, 240_000, 0.8],
  [8, 4_000, 0, 60_000, 0.9],
  [2, 3_000, 0, 180_000, 0.9],
  [16, 9_000, 0, 240_000, 0.8],
  [64, 6_000, 0, 60_000, 0.85],
  [1, 4_000, 0, 240_000, 0.8],
  [16, 2_000, 0, 0, 0.9],
  [4, 6_000, 30_000, 240_000, 0.75],
  [8, 4_000, 30_000, 150_000, 0.9],
  [64, 6_000, 30_000, 120_000, 0.85],
  [128, 8_000, 30_000, 90_000, 0.85],
] as const) {
  test.serial(
    `at ten times the load a server that works on ${capacity} calls of ${durationMs} ms${quickMs > 0 ? ', and was quick before,' : ''} answers ${100 * share} % of what it can after ${(fromMs - quickMs) / 1_000} s [RB-68]`,
    async (t) => {
      const harness: ModelHarness = createModel(capacity, () => (harness.clock.now() < quickMs ? 20 : durationMs));
      const rate = (capacity * 1_000) / durationMs;
      const served = sendForEver(harness, Math.round(rate * 10 * 11.5));
      await harness.advance(fromMs);
      const before = total(served);
      await harness.advance(360_000);
      const goodput = (total(served) - before) / 360;
      t.true(goodput >= share * rate, `${goodput}/s of ${rate}/s`);
    },
  );
}

for (const [places, fromMs, toMs, share] of [
  [128, 4_000, 8_000, 0.8],
  [32, 4_000, 8_000, 0.85],
  [Number.POSITIVE_INFINITY, 4_000, 8_000, 0.85],
  // Some calls need all of their time: what has waited at all is cut.
  [Number.POSITIVE_INFINITY, 2_000, 10_000, 0.8],
  [32, 2_000, 10_000, 0.65],
] as const) {
  test.serial(
    `calls that take from ${fromMs} to ${toMs} of their 10,000 ms at a server that works on ${places} are answered, most of them [RB-68]`,
    async (t) => {
      const random = new SeededRandom(5);
      const socketsMax = places === 128 ? 128 : 32;
      const harness = createModel(places, () => random.integer(fromMs, toMs), {
        socketsMax: places === 32 ? 128 : socketsMax,
      });
      const rate = (Math.min(places, socketsMax) * 2_000) / (fromMs + toMs);
      const served = sendForEver(harness, Math.round(rate * 10 * 11.5));
      await harness.advance(240_000);
      const before = total(served);
      await harness.advance(180_000);
      const goodput = (total(served) - before) / 180;
      t.true(goodput >= share * rate, `${goodput}/s of ${rate}/s`);
    },
  );
}

test.serial(
  'a server that answers nothing for a minute, and is as quick as before then, has all its calls again',
  async (t) => {
    const harness: ModelHarness = createModel(Number.POSITIVE_INFINITY, () =>
      harness.clock.now() >= 30_000 && harness.clock.now() < 90_000 ? Number.POSITIVE_INFINITY : 1_000,
    );
    const served = sendForEver(harness, 1_000);
    await harness.advance(120_000);
    const before = total(served);
    await harness.advance(20_000);
    const goodput = (total(served) - before) / 20;
    t.true(goodput >= 0.9 * 128, `${goodput}/s`);
  },
);

const slowFrom = 10_000;
for (const [name, durationOf, share] of [
  ['always were as slow', () => 6_000, 0.9],
  ['were quick before', (now: number) => (now < slowFrom ? 20 : 6_000), 0.9],
  // The few that need longer than their client had waited for them to be sent are cut.
  [
    'were quick before, and take 5 to 7 s now',
    (now: number, random: SeededRandom) => (now < slowFrom ? 20 : random.integer(5_000, 7_000)),
    0.75,
  ],
] as const) {
  test.serial(
    `calls that take 6 of their 10 s however many run, and ${name}, are not made fewer of [RB-68]`,
    async (t) => {
      const random = new SeededRandom(5);
      const harness: ModelHarness = createModel(
        Number.POSITIVE_INFINITY,
        () => durationOf(harness.clock.now(), random),
        {
          socketsMax: 32,
        },
      );
      const served = sendForEver(harness, 300);
      await harness.advance(100_000);
      const before = total(served);
      await harness.advance(100_000);
      const goodput = (total(served) - before) / 100;
      t.true(goodput >= (share * 32) / 6, `${goodput}/s`);
    },
  );
}

/** Clients that knock until they are in, each time for `patienceMs`; when the last of them was. */
async function knockUntilIn(
  harness: ModelHarness,
  clients: number,
  patienceMs: number,
  pauseMs: number,
): Promise<number> {
  const random = new SeededRandom(2);
  let lastAt = 0;
  let outside = clients;
  function knock(): void {
    const call = connectCall();
    let hasLeft = false;
    const patience = harness.clock.startTimer(patienceMs, () => {
      hasLeft = true;
      harness.withdraw(call);
      again();
    });
    harness.call(call, (answer) => {
      patience.cancel();
      if (hasLeft) return;
      if (answer.kind !== 'accepted') again();
      else if (--outside === 0) lastAt = harness.clock.now();
    });
  }
  function again(): void {
    harness.clock.startTimer(random.integer(1, 2 * pauseMs), knock);
  }
  for (let client = 0; client < clients; client++) harness.clock.startTimer(random.integer(0, 100), knock);
  for (let seconds = 0; seconds < 120 && outside > 0; seconds++) await harness.advance(1_000);
  return outside === 0 ? lastAt : Number.POSITIVE_INFINITY;
}

for (const [clients, durationMs, patienceMs, pauseMs] of [
  [3_000, 2_000, 5_000, 2_000],
  [3_000, 2_000, 5_000, 1_000],
  [3_000, 2_000, 5_000, 200],
  [3_000, 1_000, 5_000, 1_000],
  [6_000, 500, 5_000, 1_000],
] as const) {
  test.serial(
    `${clients} clients that give up after ${patienceMs} ms are all in within 1.2 times the time it takes, where a connect call takes ${durationMs} ms, and they pause for ${pauseMs} [RB-68]`,
    async (t) => {
      const harness = createModel(Number.POSITIVE_INFINITY, () => durationMs);
      const lastAt = await knockUntilIn(harness, clients, patienceMs, pauseMs);
      t.true(lastAt <= (1.2 * clients * durationMs) / 128, `${lastAt} ms`);
      t.true(harness.server.openMax <= 128);
      // How long clients wait is learnt from those that leave, and so at the price of one round.
      t.true(harness.server.requests <= clients + 130, `${harness.server.requests} calls`);
    },
  );
}

test.serial(
  'calls that take longer than their deadline are cut, and count at the server until it is done with them',
  async (t) => {
    const harness = createModel(Number.POSITIVE_INFINITY, () => 12_000);
    const outcomes = new Map<string, number>();
    for (let call = 0; call < 500; call++) {
      harness.call(messageCall({identity: `c${call}`}), (answer) => {
        const wasSent = answer.kind === 'failed' && answer.wasSent;
        const key = `${outcome(answer)} ${wasSent ? 'sent' : 'unsent'}`;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
      });
    }
    await harness.advance(11_000);
    const sent = outcomes.get('failed/timeout sent') ?? 0;
    t.deepEqual(
      outcomes,
      new Map([
        ['failed/timeout sent', sent],
        ['failed/timeout unsent', 500 - sent],
      ]),
    );
    t.is(harness.server.open, sent);
    for (let call = 0; call < 500; call++) harness.call(messageCall({identity: `d${call}`}), () => {});
    await harness.advance(20_000);
    t.true(harness.server.openMax <= 128);
  },
);

test.serial(
  'a connect call that is cut is answered once more: the late yes needs its close call [RB-64]',
  async (t) => {
    const harness = createModel(Number.POSITIVE_INFINITY, () => 12_000);
    const answers: Answer[] = [];
    harness.call(connectCall(), (answer) => answers.push(answer));
    await harness.advance(10_000);
    t.like(answers, [{kind: 'failed', reason: 'timeout', wasSent: true, isPending: true}]);
    await harness.advance(2_000);
    t.deepEqual(answers.map(outcome), ['failed/timeout', 'accepted']);
    await harness.advance(60_000);
    t.is(answers.length, 2);
  },
);

test.serial('a connect call that is never answered has its last answer when its socket is given up', async (t) => {
  const harness = createModel(1, () => Number.POSITIVE_INFINITY, {socketsMax: 1});
  const answers: Answer[] = [];
  harness.call(connectCall(), (answer) => answers.push(answer));
  await harness.advance(15_000);
  t.like(answers, [{isPending: true}, {kind: 'failed', reason: 'timeout', wasSent: true}]);
  t.true(answers.every((answer) => answer.kind === 'failed'));
});

test.serial(
  'a call that waits is withdrawn and never sent; one that was sent runs on to its answer [RB-68]',
  async (t) => {
    const harness = createModel(1, () => 1_000, {socketsMax: 1});
    const answers: string[] = [];
    const [sent, waiting] = [connectCall(), connectCall()];
    harness.call(sent, (answer) => answers.push(`sent ${outcome(answer)}`));
    harness.call(waiting, (answer) => answers.push(`waiting ${outcome(answer)}`));
    harness.withdraw(sent);
    harness.withdraw(waiting);
    harness.withdraw(waiting);
    t.deepEqual(answers, ['waiting failed/withdrawn']);
    await harness.advance(5_000);
    t.deepEqual(answers, ['waiting failed/withdrawn', 'sent accepted']);
    harness.withdraw(sent);
    t.is(harness.server.requests, 1);
  },
);

for (const isWarm of [true, false]) {
  test.serial(
    `two hundred clients whose messages hang delay no other client, ${isWarm ? 'in the midst of traffic' : 'from the first call on'} [RB-72] [RB-72 broken]`,
    async (t) => {
      const harness = createModel(Number.POSITIVE_INFINITY, ({headers}) =>
        headers.includes('hang') ? Number.POSITIVE_INFINITY : 10,
      );
      const random = new SeededRandom(3);
      function hang(client: number, standing: Standing): void {
        harness.call(messageCall({identity: `h${client}`, cookie: 'hang', standing}), (answer) => {
          harness.clock.startTimer(random.integer(1, 3_000), () => hang(client, nextStanding(answer, standing)));
        });
      }
      const waits: Record<string, number[]> = {connect: [], first: [], next: [], close: []};
      function tick(client: number): void {
        const startedAt = harness.clock.now();
        const calls = {
          connect: connectCall(),
          first: messageCall({identity: `f${client}`}),
          next: messageCall({identity: `n${client}`, standing: 'prompt'}),
          close: closeCall(),
        };
        for (const [name, call] of Object.entries(calls)) {
          harness.call(call, (answer) => {
            waits[name]?.push(answer.kind === 'accepted' ? harness.clock.now() - startedAt : Number.POSITIVE_INFINITY);
          });
        }
      }
      if (isWarm)
        for (let client = 0; client < 100; client++) harness.clock.startTimer(client * 50, () => tick(client));
      await harness.advance(5_000);
      for (const name of Object.keys(waits)) waits[name] = [];
      for (let client = 0; client < 200; client++)
        harness.clock.startTimer(random.integer(0, 10), () => hang(client, 'new'));
      for (let client = 0; client < 1_200; client++) harness.clock.startTimer(100 + client * 50, () => tick(client));
      await harness.advance(75_000);
      for (const [name, [median, most]] of Object.entries(waits).map(
        ([key, list]) => [key, quantiles(list)] as const,
      )) {
        t.true(median <= 20, `${name}: ${median} ms`);
        // A client that nothing is known of waits among those that hang, until these are known.
        t.true(most <= (name === 'first' ? 5_000 : 20), `${name}: ${most} ms`);
      }
    },
  );
}

for (const [hanging, others] of [
  ['connect', ['message', 'close']],
  ['close', ['connect', 'message']],
  ['message', ['connect', 'close']],
] as const) {
  test.serial(
    `where every ${hanging} call hangs, those of the other kinds are made without delay [RB-72]`,
    async (t) => {
      const make = {connect: connectCall, message: messageCall, close: closeCall};
      const harness = createModel(Number.POSITIVE_INFINITY, ({path}) =>
        path.startsWith(`/${hanging}/`) ? Number.POSITIVE_INFINITY : 10,
      );
      for (let call = 0; call < 1_000; call++) harness.call(make[hanging](), () => {});
      const waits: number[] = [];
      for (let call = 0; call < 300; call++) {
        harness.clock.startTimer(call * 100, () => {
          const startedAt = harness.clock.now();
          for (const kind of others) {
            harness.call(make[kind](), (answer) => {
              waits.push(answer.kind === 'accepted' ? harness.clock.now() - startedAt : Number.POSITIVE_INFINITY);
            });
          }
          harness.call(make[hanging](), () => {});
        });
      }
      await harness.advance(60_000);
      t.is(waits.length, 600);
      t.true(Math.max(...waits) <= 10, `${Math.max(...waits)} ms`);
      t.true(harness.server.requests > 600);
    },
  );
}

test.serial(
  'a client that makes a thousand calls at a time delays a client that makes one by no more than its own first ones [RB-72]',
  async (t) => {
    const harness = createModel(4, () => 10, {socketsMax: 4});
    const done: string[] = [];
    for (let call = 0; call < 1_000; call++) {
      harness.call(messageCall({identity: 'many', standing: 'prompt'}), () => done.push('many'));
    }
    harness.call(messageCall({identity: 'one', standing: 'prompt'}), () => done.push('one'));
    await harness.advance(10_000);
    t.is(done.length, 1_001);
    t.true(done.indexOf('one') <= 8, `place ${done.indexOf('one')}`);
  },
);

test.serial('while sockets are free nothing waits, whatever the order', async (t) => {
  const harness = createModel(Number.POSITIVE_INFINITY, () => 100);
  const done: number[] = [];
  for (let call = 0; call < 60; call++) harness.call(messageCall(), () => done.push(call));
  t.is(harness.server.open, 60);
  await harness.advance(100);
  t.deepEqual(
    done,
    Array.from({length: 60}, (_, call) => call),
  );
});
