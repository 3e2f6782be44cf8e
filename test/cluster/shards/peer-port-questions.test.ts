// Each kind of question to another shard: answered, refused, answered too late, never; and what crosses for it.

import test, {type ExecutionContext} from 'ava';
import type {PortPeer} from '../../../src/cluster/shards/peer-port.ts';
import {RainbowError} from '../../../src/core/errors.ts';
import {createPair, type Kind, kinds, request} from './peer-port-harness.ts';

/** The answer to a question, once there is one. */
function ask(kind: Kind, peer: PortPeer): {readonly promise: Promise<unknown>; answer: unknown} {
  const asked = {promise: kind.ask(peer), answer: undefined as unknown};
  void asked.promise.then(
    (answer) => {
      asked.answer = answer;
    },
    () => {},
  );
  return asked;
}

function same(t: ExecutionContext, got: unknown, expected: unknown): void {
  if (typeof expected === 'object') t.like(got, expected as object);
  else t.is(got, expected);
}

for (const [what, kind] of Object.entries(kinds)) {
  test(`${what} is answered, and a shard that dies meanwhile settles it at once, before its end is reported [RB-66]`, async (t) => {
    const {clock, pair, peer, ports, run} = createPair();
    const first = ask(kind, peer);
    await run();
    same(t, first.answer, kind.answer(1));
    pair.isBusy = true;
    const open = [ask(kind, peer), ask(kind, peer)];
    await run();
    t.deepEqual([open[0]?.answer, open[1]?.answer], [undefined, undefined]);
    ports[0].close();
    await run();
    for (const {answer} of open) same(t, answer, 'gone');
    t.true(pair.isGone);
    t.is(pair.timersAtEnd, 0);
    const later = ask(kind, peer);
    t.is(clock.pendingCount, 0, 'who has gone is not asked');
    same(t, await later.promise, 'gone');
  });

  test(`${what} that is answered too late is given up, and its answer is not taken for the next one's [RB-66]`, async (t) => {
    const {begun, clock, pair, peer, run, pass} = createPair();
    pair.isSlow = true;
    const early = ask(kind, peer);
    await run();
    await pass(kind.deadlineMs - 1);
    t.is(early.answer, undefined);
    await pass(1);
    same(t, early.answer, 'late');
    const next = ask(kind, peer);
    await run();
    t.is(begun.length, 2);
    begun[0]?.();
    await run();
    t.is(next.answer, undefined);
    t.is(clock.pendingCount, 1);
    begun[1]?.();
    await run();
    same(t, next.answer, kind.answer(2));
    t.is(clock.pendingCount, 0);
  });

  test(`${what} that fails is answered with the code of its fault, and with no other word of it`, async (t) => {
    const {clock, pair, peer, posted, run} = createPair();
    for (const [fault, code] of [
      [new RainbowError('RB_OVERLOADED'), 'RB_OVERLOADED'],
      [Object.assign(new Error('a secret'), {code: 'ENOENT'}), 'RB_INTERNAL'],
      [Object.assign(new Error('a secret'), {code: 7}), 'RB_INTERNAL'],
      [new Error('a secret'), 'RB_INTERNAL'],
      ['a secret', 'RB_INTERNAL'],
      [null, 'RB_INTERNAL'],
    ] as const) {
      pair.refusal = fault;
      const refused = kind.ask(peer);
      await Promise.all([t.throwsAsync(refused, {code}), run()]);
      t.is(clock.pendingCount, 0);
    }
    t.false(JSON.stringify(posted).includes('secret'));
  });
}

for (const [what, kind] of Object.entries(kinds).filter(([, {beginMs}]) => beginMs !== undefined)) {
  test(`${what} begins until its time is up, and not at that moment: who asked hears so at once [RB-66]`, async (t) => {
    const {beginMs = 0} = kind;
    for (const [ms, isDone] of [
      [beginMs - 1, true],
      [beginMs, false],
    ] as const) {
      const {done, pair, peer, run, pass} = createPair();
      pair.isBusy = true;
      const asked = ask(kind, peer);
      await run();
      await pass(ms);
      t.is(asked.answer, undefined);
      pair.isBusy = false;
      await run();
      same(t, asked.answer, isDone ? kind.answer(1) : 'late');
      t.is(done.length, isDone ? 1 : 0);
    }
  });
}

test('at QoS 0 who publishes is held until the turn is posted, all of it in one envelope and in order [RB-45]', async (t) => {
  const {done, peer, posted, run} = createPair();
  let settled = 0;
  const publish = (text: string): void => {
    void peer.ask({kind: 'publish', request: request(0, Buffer.from(text))}).then(() => settled++);
  };
  for (const text of ['a', 'b', 'c']) publish(text);
  const info = peer.ask({kind: 'info', request: undefined});
  publish('d');
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  t.is(settled, 0);
  t.is(posted.length, 0);
  await run();
  t.is(settled, 4);
  t.like(await info, {connections: 4});
  const kindsPosted = posted.map((messages) => messages.map(({kind}) => kind));
  t.deepEqual(kindsPosted, [['broadcast', 'ask', 'broadcast'], ['answer']]);
  t.deepEqual(done, ['publish 0 a', 'publish 0 b', 'publish 0 c', 'info', 'publish 0 d']);
  // What was posted is not added to any more.
  publish('e');
  await run();
  t.is(settled, 5);
  t.is(done.at(-1), 'publish 0 e');
  t.is(posted.length, 3);
});

test('at QoS 0 a shard that ends before the turn is posted makes the answer partial, and what fails there says nothing [RB-66]', async (t) => {
  const {pair, peer, ports, posted, run} = createPair();
  pair.refusal = new Error('Expected no listener');
  const heard = peer.ask({kind: 'publish', request: request(0)});
  await run();
  t.like(await heard, {connections: 0});
  t.is(posted.length, 1, 'nothing is answered');
  ports[0].close();
  const lost = peer.ask({kind: 'publish', request: request(0)});
  await run();
  t.is(await lost, 'gone');
  t.is(posted.length, 1);
});

test('of a larger buffer only the part that is meant crosses, in question and answer; a whole one is not copied first', async (t) => {
  const {pair, peer, posted, run} = createPair();
  const large = Buffer.from('-'.repeat(1_000));
  const part = new Uint8Array(large.buffer, large.byteOffset + 100, 5);
  pair.outcome = {
    lastReply: part,
    replies: [
      {identity: 'me', data: part},
      {identity: 'you', data: Uint8Array.of(1)},
    ],
  };
  const outcome = peer.ask({kind: 'publish', request: request(1, part)});
  await run();
  t.like(await outcome, {
    lastReply: Uint8Array.from(part),
    replies: [
      {identity: 'me', data: Uint8Array.from(part)},
      {identity: 'you', data: Uint8Array.of(1)},
    ],
  });
  const bytes = posted.flat().flatMap((message) => {
    if (message.kind === 'ask' && message.question.kind === 'publish') return [message.question.request.payload];
    if (message.kind !== 'answer' || message.to !== 'publish') return [];
    const {lastReply, replies} = message.answer;
    return [...(lastReply === undefined ? [] : [lastReply]), ...replies.map(({data}) => data)];
  });
  t.deepEqual(
    bytes.map(({buffer}) => buffer.byteLength),
    [5, 5, 5, 1],
  );
  const whole = Uint8Array.of(1, 2, 3);
  void peer.ask({kind: 'publish', request: request(1, whole)});
  await run();
  const last = posted.flat().findLast((message) => message.kind === 'ask');
  t.is(last?.kind === 'ask' && last.question.kind === 'publish' ? last.question.request.payload : undefined, whole);
});

test('a shard is asked for a channel that it may have, and for everything that goes to one client', (t) => {
  const {peer, presences} = createPair();
  t.false(peer.mayConcern({kind: 'publish', request: request(1)}));
  presences[0]?.add('room');
  t.true(peer.mayConcern({kind: 'publish', request: request(1)}));
  presences[0]?.remove('room');
  t.false(peer.mayConcern({kind: 'publish', request: request(1)}));
  t.true(peer.mayConcern({kind: 'publish', request: {...request(1), channel: undefined, identity: 'me'}}));
});

test('a peer that is closed ends its channel', async (t) => {
  const {pair, peer, run} = createPair();
  peer.close();
  await run();
  t.true(pair.isGone);
});
