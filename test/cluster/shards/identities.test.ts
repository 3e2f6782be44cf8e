// Who asks which shards to end older connections of an identity. [RB-67]

import test from 'ava';
import {Identities} from '../../../src/cluster/shards/identities.ts';
import {presenceBytes} from '../../../src/cluster/shards/presence.ts';

function createShards(count: number) {
  const memory = Array.from({length: count}, () => new SharedArrayBuffer(presenceBytes));
  return Array.from({length: count}, (_, own) => new Identities(own, memory));
}

/** Another shard, as it answers when the test says so. */
function createPeer() {
  const asked: string[] = [];
  const answers: ((answer: 'settled' | 'gone') => void)[] = [];
  return {
    asked,
    answer: (answer: 'settled' | 'gone') => answers.shift()?.(answer),
    takeOver(identity: string, fencingToken: number) {
      asked.push(`${identity} before ${fencingToken}`);
      return new Promise<'settled' | 'gone'>((resolve) => answers.push(resolve));
    },
  };
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
  const [own, other, third] = createShards(3) as [Identities, Identities, Identities];
  const peers = [createPeer(), createPeer()] as const;
  own.link(1, peers[0]);
  own.link(2, peers[1]);
  t.is(own.takeOver('ann', 7), undefined);
  own.hold('ann', true);
  t.is(own.takeOver('ann', 7), undefined);
  other.hold('ann', true);
  const taking = own.takeOver('ann', 7);
  t.false(await isSettled(taking));
  peers[0].answer('settled');
  t.true(await isSettled(taking));
  t.deepEqual([peers[0].asked, peers[1].asked], [['ann before 7'], []]);
  other.hold('ann', false);
  third.hold('bob', true);
  third.forget();
  t.is(own.takeOver('ann', 8), undefined);
  t.is(own.takeOver('bob', 8), undefined);
});

test('a shard that dies while it is asked is waited for, and its successor is asked as well', async (t) => {
  const [own, other] = createShards(2) as [Identities, Identities];
  const [peer, successor] = [createPeer(), createPeer()];
  own.link(1, peer);
  other.hold('ann', true);
  const taking = own.takeOver('ann', 7);
  own.unlink(1);
  peer.answer('gone');
  t.false(await isSettled(taking), 'what it owed is still owed');
  own.link(1, successor);
  t.false(await isSettled(taking));
  t.deepEqual(successor.asked, ['ann before 7']);
  successor.answer('settled');
  t.true(await isSettled(taking));
});

test('nobody waits for a successor that has nothing of the identity', async (t) => {
  const [own, other] = createShards(2) as [Identities, Identities];
  const peer = createPeer();
  own.link(1, peer);
  other.hold('ann', true);
  const taking = own.takeOver('ann', 7);
  other.forget();
  peer.answer('gone');
  t.true(await isSettled(taking));
});
