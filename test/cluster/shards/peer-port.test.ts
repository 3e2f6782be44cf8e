// Another shard that is busy, hangs or dies: what is said of it, and what it still does.

import test from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import {createPair, peerTimeoutMs, request, subscription} from './peer-port-harness.ts';

test('a shard that hangs is waited for until the publication’s time is up, and then makes the answer partial [RB-66]', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  let answer: unknown;
  void peer.ask({kind: 'publish', request: request(1)}).then((outcome) => {
    answer = outcome;
  });
  await run();
  await pass(4_900);
  t.is(answer, undefined);
  await pass(600);
  t.is(answer, 'late');
  // It goes on, too late.
  pair.isBusy = false;
  await run();
  t.deepEqual(done, []);
});

test('a shard that was busy has the rest of the publication’s time, and counts', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  const outcome = peer.ask({kind: 'publish', request: request(1)});
  await run();
  await pass(3_000);
  pair.isBusy = false;
  await run();
  t.like(await outcome, {connections: 1});
  t.deepEqual(done, ['publish 2000']);
});

test('changes and questions wait for peer_timeout, then are late, and do not happen later [RB-66]', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  const asked = [
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}}),
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: true}}),
    peer.ask({kind: 'unsubscribe', request: subscription}),
    peer.ask({kind: 'evict', request: {channel: 'room', before: 7, except: []}}),
    peer.ask({kind: 'info', request: undefined}),
    peer.ask({kind: 'query', request: {kind: 'watch', watcher: 'w', selection: undefined, durationMs: 1}}),
  ];
  let count = 0;
  for (const each of asked) void each.then(() => count++);
  await run();
  await pass(peerTimeoutMs - 100);
  t.is(count, 0);
  await pass(1_000);
  t.deepEqual(await Promise.all(asked), Array<string>(6).fill('late'));
  pair.isBusy = false;
  await run();
  // No later client is evicted, so that is never too late; and questions change nothing.
  t.deepEqual(done, ['evict before 7', 'info', 'query']);
});

test('a shard that dies while it is asked makes every answer partial, at once [RB-66]', async (t) => {
  const {pair, peer, ports, run} = createPair();
  pair.isBusy = true;
  const asked = [
    peer.ask({kind: 'publish', request: request(1)}),
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: true}}),
    peer.ask({kind: 'unsubscribe', request: subscription}),
    peer.ask({kind: 'evict', request: {channel: 'room', before: 7, except: []}}),
  ];
  ports[0].close();
  await run();
  t.true(pair.isGone);
  t.deepEqual(await Promise.all(asked), Array<string>(4).fill('gone'));
  for (const qos of [0, 1] as const) t.is(await peer.ask({kind: 'publish', request: request(qos)}), 'gone');
});

test('an answer that is there when time is up counts, though the timer was first', async (t) => {
  const {clock, pair, peer, run, done} = createPair();
  pair.isBusy = true;
  const outcome = peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}});
  await run();
  // The question is answered, and the asking thread is held up before it reads the answer.
  pair.isBusy = false;
  pair.isHeldUp = true;
  await run();
  clock.advance(60_000);
  t.deepEqual(await outcome, {outcome: 'done', ticket: 1});
  t.deepEqual(done, ['subscribe']);
});

test('a question leaves no timer: answered, refused or given up', async (t) => {
  const {clock, pair, peer, ports, run} = createPair();
  const asked = [
    peer.ask({kind: 'publish', request: request(1)}),
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}}),
    peer.ask({kind: 'unsubscribe', request: subscription}),
    peer.ask({kind: 'evict', request: {channel: 'room', before: 7, except: []}}),
    peer.ask({kind: 'takeOver', request: {identity: 'me', fencingToken: 1}}),
    peer.ask({kind: 'info', request: undefined}),
    peer.ask({kind: 'query', request: {kind: 'watch', watcher: 'w', selection: undefined, durationMs: 1}}),
  ];
  t.is(clock.pendingCount, asked.length);
  await run();
  await Promise.all(asked);
  t.is(clock.pendingCount, 0);

  pair.refusal = new RainbowError('RB_OVERLOADED');
  const refused = peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}});
  t.is(clock.pendingCount, 1);
  await Promise.all([t.throwsAsync(refused, {code: 'RB_OVERLOADED'}), run()]);
  t.is(clock.pendingCount, 0);

  const given = peer.ask({kind: 'info', request: undefined});
  ports[0].close();
  await Promise.all([run(), given]);
  t.is(clock.pendingCount, 0);
});
