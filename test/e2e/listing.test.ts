// GET /connections/, /channels/ and /presence/ of a whole gateway: on one thread, on two, and in a cluster of three.

import test from 'ava';
import type {Api} from '../support/api.ts';
import {success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';

interface Row {
  readonly identity: string;
  readonly name: string;
  readonly connections: number;
  readonly [name: string]: unknown;
}

interface List {
  readonly status: number;
  readonly connections: readonly Row[];
  readonly channels: readonly Row[];
  readonly members: readonly Row[];
  readonly total: number;
  readonly cursor?: string;
  readonly partial?: true;
  readonly coverage?: {readonly covered: readonly string[]; readonly missing: readonly string[]};
}

type Query = Readonly<Record<string, string | number>>;

async function list(api: Api, path: string, query: Query = {}): Promise<List> {
  const {text, status} = await api.call({method: 'GET', path, query});
  if (status !== 200) throw new Error(`Expected a list, got ${status} ${text}`);
  return JSON.parse(text) as List;
}

/** All pages of a list, as one. */
async function listAll(api: Api, path: string, name: 'connections' | 'channels' | 'members', query: Query) {
  const rows: Row[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page: List = await list(api, path, {...query, ...(cursor !== '' && {cursor})});
    rows.push(...page[name]);
    cursor = page.cursor;
  }
  return rows;
}

for (const threads of [1, 2]) {
  test(`with ${threads} threads, lists have every client once, over all threads and pages`, async (t) => {
    const harness = await start(t, {threads});
    const {business, api} = harness;
    const identities = Array.from({length: 9}, (_, number) => `user-${number}`);
    for (const [number, identity] of identities.entries()) {
      business.once(
        'connect',
        success({RAINBOWCLIENTCHANNEL: `room;;own-${number}`}, {identity, user: `ann-${number}`}),
      );
      await harness.connect({headers: {'X-DEVICEID': `device-${number}`, 'X-CLIENT-OS': 'ios'}});
    }
    for (const limit of [1, 4, 100]) {
      const rows = await listAll(api, '/connections/', 'connections', {limit});
      t.deepEqual(
        rows.map(({identity}) => identity),
        identities,
      );
    }
    const whole = await list(api, '/connections/');
    t.is(whole.total, 9);
    t.false('partial' in whole);
    const [row] = whole.connections;
    t.like(row, {
      user: 'ann-0',
      device: 'device-0',
      platform: 'ios',
      address: '127.0.0.1',
      state: 'open.fresh',
      channelCount: 2,
    });
    t.true(Math.abs(Date.now() - Number(row?.since)) < 600_000);
    t.true(Number(row?.heardAt) > 0);
    t.false('channels' in (row ?? {}));
    t.true(new Set(whole.connections.map(({thread}) => thread)).size <= threads);

    const one = await list(api, '/connections/', {identity: 'user-4'});
    t.deepEqual(one.connections[0]?.channels, ['own-4', 'room']);
    t.is(one.connections.length, 1);
    t.deepEqual((await list(api, '/connections/', {identity: 'a-stranger'})).connections, []);
    t.is((await list(api, '/connections/', {channel: 'own-3'})).connections[0]?.identity, 'user-3');
    t.is((await list(api, '/connections/', {prefix: 'user-'})).total, 9);

    const channels = await listAll(api, '/channels/', 'channels', {limit: 3});
    t.is(channels.length, 10);
    t.deepEqual(channels.at(-1), {name: 'room', connections: 9});
    t.is((await list(api, '/channels/', {prefix: 'own-'})).channels.length, 9);

    const members = await listAll(api, '/presence/', 'members', {channel: 'room', limit: 2});
    t.deepEqual(
      members.map(({identity, user, connections}) => [identity, user, connections]),
      identities.map((identity, number) => [identity, `ann-${number}`, 1]),
    );
    t.is((await list(api, '/presence/', {channel: 'room'})).total, 9);
    t.deepEqual((await list(api, '/presence/', {channel: 'nowhere'})).members, []);
  });
}

test('what waits for a client is in its row', async (t) => {
  const harness = await start(t, {threads: 1, window: 1});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity: 'slow'}));
  const client = await harness.connect();
  const sent = [
    harness.api.send({channel: 'room', qos: 1}, 'one'),
    harness.api.send({channel: 'room', qos: 1}, 'four'),
  ];
  await until(async () => {
    const {connections} = await list(harness.api, '/connections/', {identity: 'slow'});
    return connections[0]?.queued === 1 ? true : undefined;
  }, 'the second message to wait');
  const [row] = (await list(harness.api, '/connections/', {identity: 'slow'})).connections;
  t.like(row, {inFlight: 1, queued: 1, inbound: 0});
  client.socket.destroy();
  await Promise.all(sent);
});

test('a cursor of another list, and one that was changed, are refused', async (t) => {
  const harness = await start(t, {threads: 1});
  const {business, api} = harness;
  for (const identity of ['a', 'b', 'c']) {
    business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity}));
    await harness.connect();
  }
  const {cursor = ''} = await list(api, '/connections/', {limit: 1});
  t.is((await list(api, '/connections/', {limit: 1, cursor})).connections[0]?.identity, 'b');
  const [text = '', proof = ''] = cursor.split('.');
  const wrong: readonly (readonly [string, Query])[] = [
    ['/connections/', {cursor: `${Buffer.from('b').toString('base64url')}.${proof}`}],
    ['/connections/', {cursor: `${text}.${'0'.repeat(32)}`}],
    ['/connections/', {cursor: text}],
    ['/connections/', {cursor: ''}],
    ['/connections/', {cursor, prefix: 'a'}],
    ['/connections/', {cursor, channel: 'room'}],
    ['/channels/', {cursor}],
    ['/presence/', {cursor, channel: 'room'}],
    ['/connections/', {limit: 0}],
    ['/connections/', {limit: 1001}],
    ['/connections/', {limit: 'all'}],
    ['/connections/', {identity: 'two words'}],
    ['/connections/', {channel: 'a;;b'}],
    ['/connections/', {user: 'someone-unknown-to-this-call'}],
    ['/channels/', {channel: 'room'}],
    ['/channels/', {prefix: '\n'}],
    ['/presence/', {}],
  ];
  for (const [path, query] of wrong) {
    const answer = await api.call({method: 'GET', path, query});
    t.is(answer.status, 400, `${path} ${JSON.stringify(query)} ${answer.text}`);
  }
  for (const path of ['/connections/', '/channels/', '/presence/?channel=room']) {
    t.is((await api.get(path)).status, 401, path);
  }
});

test.serial(
  'a cluster of three lists the clients of all nodes, whichever is asked, and names a node that is gone',
  async (t) => {
    const {business, nodes} = await startCluster(t, 3);
    const identities = Array.from({length: 9}, (_, number) => `user-${number}`);
    for (const [number, identity] of identities.entries()) {
      business.once('connect', success({RAINBOWCLIENTCHANNEL: `room;;own-${number}`}, {identity, user: 'ann'}));
      await nodes[number % 3]?.join(identity);
    }
    for (const {api} of nodes) {
      for (const limit of [2, 100]) {
        const rows = await listAll(api, '/connections/', 'connections', {limit});
        t.deepEqual(
          rows.map(({identity}) => identity),
          identities,
        );
        t.is(rows.filter(({node}) => node === undefined).length, 3);
        t.is(new Set(rows.map(({node}) => node)).size, 3);
      }
      const channels = await listAll(api, '/channels/', 'channels', {limit: 4});
      t.is(channels.length, 10);
      t.deepEqual(channels.at(-1), {name: 'room', connections: 9});
      const members = await listAll(api, '/presence/', 'members', {channel: 'room', limit: 4});
      t.is(members.length, 9);
      for (const {user} of members) t.is(user, 'ann');
      const one = await list(api, '/connections/', {identity: 'user-7'});
      t.deepEqual(one.connections[0]?.channels, ['own-7', 'room']);
      t.false('partial' in one);
    }
    // A cursor is good on every node.
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Expected three nodes');
    const {cursor = ''} = await list(first.api, '/connections/', {limit: 4});
    t.is((await list(second.api, '/connections/', {limit: 1, cursor})).connections[0]?.identity, 'user-4');

    third.process.kill('SIGKILL');
    await third.exited;
    const {partial, coverage, connections} = await list(first.api, '/connections/');
    t.true(partial);
    t.is(connections.length, 6);
    t.deepEqual(coverage?.missing, [`127.0.0.1:${third.port}`]);
    t.deepEqual(coverage?.covered.toSorted(), [`127.0.0.1:${second.port}`, 'shard 0']);
  },
);
