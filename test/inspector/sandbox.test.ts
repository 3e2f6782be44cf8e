import test from 'ava';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {makeMove} from '../../src/inspector/sandbox/moves.ts';
import {Sandbox} from '../../src/inspector/sandbox/sandbox.ts';
import {stories} from '../../src/inspector/sandbox/stories.ts';
import {judge, type Verdict} from '../../src/inspector/sandbox/verdict.ts';
import type {Qos} from '../../src/protocol/packet.ts';

function verdicts(sandbox: Sandbox): Verdict[] {
  return sandbox.sender.messages.map(({number}) => judge(sandbox, number));
}

for (const {title, options, steps, expected} of stories) {
  test(`the story "${title}" comes to its verdict`, (t) => {
    const sandbox = new Sandbox(options);
    for (const {moves} of steps) for (const move of moves) makeMove(sandbox, move);
    t.deepEqual(
      verdicts(sandbox).map(({outcome, rule}) => ({outcome, rule})),
      [...expected],
    );
  });
}

test('there are ten stories, each with its own id', (t) => {
  t.is(new Set(stories.map(({id}) => id)).size, 10);
});

/** Everything that a person could do, at random. */
function walk(seed: number, qos: Qos): Sandbox {
  const sandbox = new Sandbox({seed});
  const random = new SeededRandom(seed);
  sandbox.wire.weather = {lossPercent: 20, copyPercent: 20, delayPercent: 20};
  for (let moves = 0; moves < 60; moves++) {
    const flights = sandbox.wire.flights;
    const flight = flights[random.integer(0, Math.max(0, flights.length - 1))]?.number ?? 0;
    const last = sandbox.sender.messages.length - 1;
    switch (random.integer(0, 9)) {
      case 0:
        if (last < 4) sandbox.send(qos);
        break;
      case 1:
        sandbox.wire.lose(flight);
        break;
      case 2:
        sandbox.wire.copy(flight);
        break;
      case 3:
        sandbox.wire.delay(flight);
        break;
      case 4:
        sandbox.arrive(flight);
        break;
      case 5:
        sandbox.answer(random.integer(0, 3) > 0);
        break;
      case 6:
        sandbox.sender.retry(random.integer(0, Math.max(0, last)));
        break;
      case 7:
        if (random.integer(0, 9) === 0) sandbox.crash(random.integer(0, 1) === 0 ? 'sender' : 'receiver');
        break;
      case 8:
        if (random.integer(0, 9) === 0) sandbox.cut();
        break;
      default:
        sandbox.advance(700);
    }
  }
  return sandbox;
}

test('whatever is done in the sandbox, a QoS 2 message is not delivered twice, nor confirmed and lost [RB-21]', (t) => {
  for (let seed = 1; seed <= 400; seed++) {
    for (const {outcome, deliveries, isConfirmed} of verdicts(walk(seed, 2))) {
      t.true(deliveries <= 1 && outcome !== 'twice', `seed ${seed}`);
      if (isConfirmed) t.is(deliveries, 1, `seed ${seed}`);
    }
  }
});

test('the same walks deliver QoS 1 messages twice, and confirm none that was not delivered [RB-12, RB-13]', (t) => {
  let twice = 0;
  for (let seed = 1; seed <= 400; seed++) {
    for (const {outcome, deliveries, isConfirmed} of verdicts(walk(seed, 1))) {
      if (outcome === 'twice') twice++;
      if (isConfirmed) t.true(deliveries >= 1, `seed ${seed}`);
    }
  }
  t.true(twice > 100, `${twice}`);
});

test('the same seed and the same moves give the same journal', (t) => {
  t.deepEqual(walk(7, 2).entries, walk(7, 2).entries);
});

test('left alone on a calm link, a message of each QoS is delivered once', (t) => {
  const sandbox = new Sandbox();
  for (const qos of [0, 1, 2] as const) sandbox.send(qos);
  sandbox.advance(10_000);
  t.deepEqual(
    verdicts(sandbox).map(({outcome, rule}) => `${outcome} ${rule}`),
    ['once RB-01', 'once RB-11', 'once RB-16'],
  );
  t.false(sandbox.step());
});
