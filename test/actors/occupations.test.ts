// The fencing tokens of occupants: how they rise, what they outrank, and how they reach the business server.

import test from 'ava';
import {OccupationClock} from '../../src/actors/occupation-clock.ts';
import {Occupations} from '../../src/actors/occupations.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {readChannelToken, writeChannelTokens} from '../../src/protocol/channel-tokens.ts';
import {type Client, simulateGateway} from '../support/simulated-gateway.ts';

function makeTokens(clock = new SimulatedClock(), memory = new BigInt64Array(1), thread = 7): OccupationClock {
  return new OccupationClock(clock, memory, thread);
}

test('tokens rise: within a moment, over threads, after a restart, and above what another node has drawn', (t) => {
  const clock = new SimulatedClock();
  const memory = new BigInt64Array(1);
  const threads = [makeTokens(clock, memory, 1_023), makeTokens(clock, memory, 0)];
  let last = 0n;
  for (let count = 0; count < 5_000; count++) {
    const token = threads[count % 2]?.next() ?? 0n;
    t.true(token > last);
    last = token;
  }
  clock.advance(1_000);
  const restarted = makeTokens(clock);
  const next = restarted.next();
  t.true(next > last, 'the time of day stands above the count');
  restarted.heard(next + 5_000_000n);
  t.true(restarted.next() > next + 5_000_000n);
  restarted.heard(1n);
  t.true(restarted.next() > next + 5_000_000n, 'hearing of a lower one changes nothing');
});

test('a token fits 63 bits for centuries, and is read back from its digits alone', (t) => {
  const clock = new SimulatedClock();
  const token = makeTokens(clock).next();
  t.is(readChannelToken(String(token)), token);
  t.true(BigInt(Date.UTC(2240, 0)) << 20n < 2n ** 63n);
  t.is(readChannelToken(String(2n ** 63n - 1n)), 2n ** 63n - 1n);
  for (const wrong of ['', '-1', '01', '1.5', '0x1', ' 1', String(2n ** 63n), '9'.repeat(20), 7, undefined, null]) {
    t.is(readChannelToken(wrong), undefined, String(wrong));
  }
});

test('a claim expires if its caller is gone', (t) => {
  const clock = new SimulatedClock();
  const occupations = new Occupations(clock, makeTokens(clock));
  const [first, second] = ['a', 'b'].map((name) => ({name, depth: 0, isStopped: false, tell: () => true}));
  if (first === undefined || second === undefined) throw new Error('Expected two');
  const token = occupations.claim('seat', first) ?? 0n;
  t.is(occupations.claim('seat', second), undefined);
  clock.advance(10_000);
  t.false(occupations.settle('seat', first, token));
  t.truthy(occupations.claim('seat', second));
});

/** The RAINBOWCHANNELTOKEN of the call for the next message of `client`. */
function tokensOnCall(kit: ReturnType<typeof simulateGateway>, client: Client): string | undefined {
  client.receive('SEND q0');
  const call = kit.transport.accept('message');
  kit.run();
  return call.kind === 'message' ? call.channelTokens : undefined;
}

async function occupy(kit: ReturnType<typeof simulateGateway>, client: Client, channel: string): Promise<bigint> {
  const asked = kit.router.subscribe({identity: client.actor.name, channel, occupy: true});
  kit.run();
  return (await asked).token ?? 0n;
}

test('the calls of an occupant carry its tokens, the latest first, until it is evicted or leaves', async (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('seat'), kit.connect('seat')];
  t.is(tokensOnCall(kit, first), undefined, 'a mere member has none');
  const seat = await occupy(kit, first, 'seat');
  t.is(tokensOnCall(kit, first), `seat=${seat}`);
  const room = await occupy(kit, first, 'комната=1');
  const name = Buffer.from('комната=1').toString('latin1');
  t.is(tokensOnCall(kit, first), `${name}=${room};;seat=${seat}`);
  t.is(tokensOnCall(kit, second), undefined);
  const taken = await occupy(kit, second, 'seat');
  t.true(taken > seat);
  t.is(tokensOnCall(kit, first), `${name}=${room}`);
  t.is(tokensOnCall(kit, second), `seat=${taken}`);
  void kit.router.unsubscribe({identity: first.actor.name, channel: 'комната=1'});
  kit.run();
  t.is(tokensOnCall(kit, first), undefined);
});

test('the header holds what 4,096 bytes have room for, the latest first', (t) => {
  const tokens = new Map(Array.from({length: 30}, (_, place) => [`${place} ${'x'.repeat(240)}`, BigInt(place)]));
  const names = writeChannelTokens(tokens)
    ?.split(';;')
    .map((entry) => Number(entry.split(' ')[0]));
  t.deepEqual(
    names,
    Array.from({length: names?.length ?? 0}, (_, place) => 29 - place),
  );
  t.true((names?.length ?? 0) >= 15 && (names?.length ?? 0) < 30);
  t.is(writeChannelTokens(new Map()), undefined);
});
