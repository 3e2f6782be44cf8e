import test from 'ava';
import {ownerOf} from '../../../src/core/rendezvous.ts';
import {KeyOwners} from '../../../src/gateway/shard/key-owners.ts';
import type {KeyAnswer, KeyQuestion} from '../../../src/router/keys.ts';
import type {Answers, Question} from '../../../src/router/part.ts';
import type {Silence} from '../../../src/router/peers.ts';

const granted: KeyAnswer = {kind: 'granted'};
const claimOf = (key: string): KeyQuestion => ({kind: 'claim', key, claim: 'n', call: 'c', runsMs: 0});

/** A peer that notes what it is asked. */
function peerOf(asked: string[], name: string, answer: KeyAnswer | Silence | Error = granted) {
  return {
    async ask<Asked extends Question>({request}: Asked): Promise<Answers[Asked['kind']] | Silence> {
      asked.push(`${name} ${(request as KeyQuestion).key}`);
      if (answer instanceof Error) throw answer;
      return answer as Answers[Asked['kind']] | Silence;
    },
  };
}

const keys = Array.from({length: 40}, (_, number) => `k${number}`);

test('a thread that is alone owns every key', async (t) => {
  const asked: string[] = [];
  const owners = new KeyOwners({
    node: 'a',
    index: 0,
    threads: 1,
    local: {key: async ({key}) => ({kind: 'stored', answer: key})},
    shard: (index) => peerOf(asked, `shard ${index}`),
    nodes: () => [],
  });
  for (const key of keys) t.deepEqual(await owners.ask(claimOf(key)), {kind: 'stored', answer: key});
  t.deepEqual(asked, []);
});

test('every thread of every node asks the same owner, and no other', async (t) => {
  const asked: string[] = [];
  const nodes = ['a', 'b', 'c'];
  for (const node of nodes) {
    for (const index of [0, 1]) {
      const owners = new KeyOwners({
        node,
        index,
        threads: 2,
        local: {
          key: async ({key}) => {
            asked.push(`${node} shard ${index} ${key}`);
            return granted;
          },
        },
        shard: (other) => peerOf(asked, `${node} shard ${other}`),
        nodes: () =>
          nodes.filter((other) => other !== node).map((other) => ({node: other, peer: peerOf(asked, other)})),
      });
      for (const key of keys) {
        asked.length = 0;
        t.deepEqual(await owners.ask(claimOf(key)), granted);
        const owner = ownerOf(key, nodes);
        const thread = ` shard ${ownerOf(key, ['0', '1'])}`;
        t.deepEqual(asked, [`${owner}${owner === node ? thread : ''} ${key}`]);
        asked.length = 0;
        await owners.askHere(claimOf(key));
        t.deepEqual(asked, [`${node}${thread} ${key}`], 'another node has found this one to be the owner');
      }
    }
  }
});

for (const [what, peer] of [
  ['cannot be called', undefined],
  ['has gone', peerOf([], 'b', 'gone')],
  ['answers too late', peerOf([], 'b', 'late')],
  ['fails', peerOf([], 'b', new Error('of the test'))],
] as const) {
  test(`an owner that ${what} is no other's to stand in for`, async (t) => {
    const parts = {
      index: 0,
      local: {key: async (): Promise<KeyAnswer> => granted},
      threads: 1,
      shard: () => undefined,
    };
    const beside = new KeyOwners({...parts, node: 'a', nodes: () => [{node: 'b', peer}]});
    const inside = new KeyOwners({...parts, node: 'a', threads: 2, shard: () => peer, nodes: () => []});
    for (const key of keys) {
      t.is(await beside.ask(claimOf(key)), ownerOf(key, ['a', 'b']) === 'a' ? granted : 'gone', key);
      t.is(await inside.ask(claimOf(key)), ownerOf(key, ['0', '1']) === '0' ? granted : 'gone', key);
    }
  });
}
