// Who asks which shards to end older connections of an identity. [RB-67]

import test from 'ava';
import {presenceBytes} from '../../../src/cluster/shards/presence.ts';
import {fencingTokensBytes, ShardDirectory} from '../../../src/cluster/shards/shard-directory.ts';
import type {Question} from '../../../src/router/part.ts';
import type {Peer} from '../../../src/router/peers.ts';

function createShards(count: number) {
  const presences = Array.from({length: count}, () => new SharedArrayBuffer(presenceBytes));
  const fencingTokens = new SharedArrayBuffer(fencingTokensBytes);
  return Array.from({length: count}, (_, own) => new ShardDirectory({own, fencingTokens, presences}));
}

/** Another shard, as it answers when the test says so. */
function createPeer() {
  const asked: Question[] = [];
  const answers: ((answer: 'done' | 'gone') => void)[] = [];
  const peer: Pick<Peer, 'ask'> = {
    ask: (question) => {
      asked.push(question);
      return new Promise((resolve) => answers.push((answer) => resolve(answer as never)));
    },
  };
  return {...peer, asked, answer: (answer: 'done' | 'gone') => answers.shift()?.(answer)};
}

function takeoverOf(identity: string, fencingToken: number): Question {
  return {kind: 'takeOver', request: {identity, fencingToken}};
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let isOver = false;
  void promise?.then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return isOver;
}

test('only shards that hold the identity are asked, and its own is not', async (t) => {
  const [own, other, third] = createShards(3) as [ShardDirectory, ShardDirectory, ShardDirectory];
  const peers = [createPeer(), createPeer()] as const;
  own.link(1, peers[0]);
  own.link(2, peers[1]);
  t.is(own.takeOver('ann', 7), undefined);
  own.hold('ann');
  t.is(own.takeOver('ann', 7), undefined);
  other.hold('ann');
  const taking = own.takeOver('ann', 7);
  t.false(await isSettled(taking));
  peers[0].answer('done');
  t.true(await isSettled(taking));
  t.deepEqual([peers[0].asked, peers[1].asked], [[takeoverOf('ann', 7)], []]);
  other.release('ann');
  third.hold('bob');
  third.forget();
  t.is(own.takeOver('ann', 8), undefined);
  t.is(own.takeOver('bob', 8), undefined);
});

test('a shard that dies while it is asked is waited for, and its successor is asked as well', async (t) => {
  const [own, other] = createShards(2) as [ShardDirectory, ShardDirectory];
  const [peer, successor] = [createPeer(), createPeer()];
  own.link(1, peer);
  other.hold('ann');
  const taking = own.takeOver('ann', 7);
  own.unlink(1);
  peer.answer('gone');
  t.false(await isSettled(taking), 'what it owed is still owed');
  own.link(1, successor);
  t.false(await isSettled(taking));
  t.deepEqual(successor.asked, [takeoverOf('ann', 7)]);
  successor.answer('done');
  t.true(await isSettled(taking));
});

test('no question waits for a successor that has nothing of the identity', async (t) => {
  const [own, other] = createShards(2) as [ShardDirectory, ShardDirectory];
  const peer = createPeer();
  own.link(1, peer);
  other.hold('ann');
  const taking = own.takeOver('ann', 7);
  other.forget();
  peer.answer('gone');
  t.true(await isSettled(taking));
});

test('tokens go on rising past 32 bits, which a busy gateway draws in weeks', (t) => {
  const fencingTokens = new SharedArrayBuffer(fencingTokensBytes);
  const presences = [new SharedArrayBuffer(presenceBytes)];
  new BigInt64Array(fencingTokens)[0] = 2n ** 32n - 2n;
  const shards = [0, 0].map((own) => new ShardDirectory({own, fencingTokens, presences}));
  t.deepEqual(
    shards.map((shard) => shard.claim('ann')),
    [2 ** 32 - 1, 2 ** 32],
  );
});
