// /sub/ with occupy (PROTOCOL sections 5 and 7): tokens, policy, and clients that occupy at the same moment, on one thread, on
// two, and in a cluster.

import test from 'ava';
import type {ApiAnswer} from '../support/api.ts';
import {answer} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {start} from '../support/gateway.ts';

for (const threads of [1, 2]) {
  const where = threads === 1 ? 'one thread' : 'two threads';

  test(`${where}: an occupant gets a token that rises, its calls carry it, and policy=deny is answered 409`, async (t) => {
    const harness = await start(t, {threads});
    const [first, second] = [await harness.join(), await harness.join()];
    const occupy = async ({identity}: {readonly identity: string}, more: Readonly<Record<string, unknown>> = {}) =>
      (await harness.api.subscribe(identity, 'seat', {occupy: 1, ...more})).json as {token?: string; code?: string};
    const one = BigInt((await occupy(first)).token ?? '');
    harness.business.once('message', answer(200));
    first.client.send('SEND q1 id 1');
    t.is((await harness.business.next('message')).header('RAINBOWCHANNELTOKEN'), `seat=${one}`);
    t.like(await occupy(second, {policy: 'deny'}), {status: 1, code: 'RB_OCCUPIED', msg: 'channel occupied'});
    t.is((await harness.api.subscribe(second.identity, 'seat', {occupy: 1, policy: 'deny'})).status, 409);
    t.is((await occupy(first, {policy: 'deny'})).token, String(one));
    const two = BigInt((await occupy(second, {policy: 'evict'})).token ?? '');
    t.true(two > one);
    t.is((await harness.api.subscribe(first.identity, 'other')).text, '{"status":0}', 'no occupant, no token');
    t.like(await occupy(first, {policy: 'ask'}), {code: 'RB_PARAMETERS'});
    t.like((await harness.api.subscribe(first.identity, 'seat', {policy: 'deny'})).json, {code: 'RB_PARAMETERS'});
    // The occupant goes, and the seat is free.
    second.client.reset();
    await harness.business.next('close');
    t.true(BigInt((await occupy(first, {policy: 'deny'})).token ?? '') > two);
  });
}

test.serial(
  'a cluster of three: of clients that occupy at once through any node exactly one stays, with the highest token',
  async (t) => {
    const {nodes} = await startCluster(t, 3, {threads: 2});
    const members = [];
    for (const [place, node] of nodes.entries()) members.push(await node.join(`m${place}`));
    let last = 0n;
    for (let round = 0; round < 12; round++) {
      const policy = round % 2 === 0 ? 'evict' : 'deny';
      const channel = `seat ${Math.floor(round / 2)}`;
      const answers: readonly ApiAnswer[] = await Promise.all(
        members.map(({identity}, place) => {
          const {api} = nodes[(place + round) % 3] as (typeof nodes)[0];
          return api.subscribe(identity, channel, {occupy: true, policy});
        }),
      );
      const json = answers.map((one) => one.json as {readonly token?: string; readonly code?: string});
      const {connections, replies} = (
        await (nodes[round % 3] as (typeof nodes)[0]).api.send({channel, qos: 1, replies: 'all'})
      ).json;
      t.is(connections, 1, `${channel} ${policy}`);
      if (policy === 'evict') {
        const tokens = json.map(({token}) => BigInt(token ?? ''));
        const winner = tokens.indexOf(tokens.toSorted((left, right) => (left < right ? 1 : -1))[0] ?? 0n);
        t.is(replies?.[0]?.identity, members[winner]?.identity);
        t.true(
          tokens.every((token) => token > last),
          'each is above those of earlier rounds',
        );
        last = tokens[winner] ?? last;
      } else {
        // Occupied since the round before: its occupant keeps it, and the others are refused.
        t.is(json.filter(({code}) => code === 'RB_OCCUPIED').length, 2);
      }
    }
    const fresh = await Promise.all(
      members.map(({identity}, place) =>
        (nodes[place] as (typeof nodes)[0]).api.subscribe(identity, 'fresh', {occupy: true, policy: 'deny'}),
      ),
    );
    t.deepEqual(fresh.map(({status}) => String(status)).toSorted(), ['200', '409', '409']);
  },
);
