// What a run takes for a repeat of the server's own timer, and what for a fault.

import test from 'ava';
import {playScenario} from '../../src/cli/conformance/player.ts';
import type {Stage} from '../../src/cli/conformance/stage.ts';
import type {Step} from '../../src/cli/conformance/vectors.ts';

const send = '12 0001 0007';
const repeat = '1a00010007';
const acknowledged: readonly Step[] = [{server: send}, {client: '20 0007'}];

/** A server that sends `messages`, and with each look for leftovers has sent the next of `leftovers` besides. */
function play(steps: readonly Step[], messages: string[], leftovers: string[][], isTimed = true): Promise<void> {
  const stage: Stage = {
    isTimed,
    send: () => {},
    sendText: () => {},
    message: () => Promise.resolve(Uint8Array.from(Buffer.from((messages.shift() ?? '').replaceAll(' ', ''), 'hex'))),
    call: () => Promise.reject(new Error('no call')),
    answer: () => Promise.resolve(),
    publish: () => Promise.resolve(),
    result: () => Promise.reject(new Error('no result')),
    leftovers: () => Promise.resolve(leftovers.shift() ?? []),
    leave: () => {},
    closed: () => Promise.resolve(1000),
    closeCall: () => Promise.resolve(),
    compareStates: () => undefined,
  };
  return playScenario({name: 'repeats', rules: [], steps}, stage);
}

test('a repeat may cross the answer of the client, until all is quiet', async (t) => {
  await t.notThrowsAsync(play(acknowledged, [send], [[repeat]]));
  await t.notThrowsAsync(play([...acknowledged, {server: '10 0002 0000'}], [send, repeat, '10 0002 0000'], []));
  await t.throwsAsync(play([...acknowledged, {quiet: true}], [send], [[], [repeat]]), {
    message: `at the end: expected nothing more, got ${repeat}`,
  });
});

test('what is not acknowledged is repeated however often, but not after its answer by a server without timers', async (t) => {
  await t.notThrowsAsync(play([{server: send}, {quiet: true}], [send], [[repeat, repeat], [repeat]]));
  await t.throwsAsync(play(acknowledged, [send], [[repeat]], false), {message: /expected nothing more/});
});

test('another message is no repeat: one without DUP, of another id, or at QoS 0', async (t) => {
  for (const [first, again] of [
    [send, '1200010007'],
    [send, '1a00010008'],
    ['10 0001 0000', '1800010000'],
  ] as const) {
    await t.throwsAsync(play([{server: first}], [first], [[again]]), {
      message: `at the end: expected nothing more, got ${again}`,
    });
  }
});

test('the repeats of a REL end with its COM, not with another', async (t) => {
  const steps: readonly Step[] = [{server: '40 0007'}, {client: '50 0008'}, {quiet: true}];
  await t.notThrowsAsync(play(steps, ['40 0007'], [[], ['400007']]));
  const done: readonly Step[] = [{server: '40 0007'}, {client: '50 0007'}, {quiet: true}];
  await t.throwsAsync(play(done, ['40 0007'], [[], ['400007']]), {message: /got 400007$/});
});
