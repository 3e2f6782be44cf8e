// Lists of who is there, whatever is behind the router: pages are whole, and nothing is in them twice.

import test from 'ava';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Listing} from '../../src/router/listing.ts';
import {mergeChannels, mergeConnections} from '../../src/router/listing.ts';
import {createAlone, createBrokered, createLan, createShards, type Member, type Members} from './members.ts';

const kinds: Readonly<Record<string, () => Members>> = {
  'one thread': createAlone,
  'three threads': () => createShards(3),
  'three nodes of a LAN': () => createLan(3),
  'three nodes at a broker': () => createBrokered(3),
};

const all = {channel: undefined, identity: undefined, prefix: '', after: undefined, limit: 100};

const routerOf = ({all: members}: Members) => (members[0] as Member).router;

/** Runs what a call needs. */
async function settle<Answer>(members: Members, answer: Promise<Answer>): Promise<Answer> {
  await members.run();
  return answer;
}

/** Clients one after the other on each part in turn, `room` in every second one. */
async function seat(members: Members, count: number): Promise<readonly string[]> {
  const identities: string[] = [];
  for (let number = 0; number < count; number++) {
    const {gateway} = members.all[number % members.all.length] as Member;
    const identity = `user-${String(number).padStart(3, '0')}`;
    gateway.connect(number % 2 === 0 ? `room;;own-${number}` : `own-${number}`, {identity});
    identities.push(identity);
  }
  await members.run();
  return identities;
}

async function pages<Row>(
  page: (after: string | undefined) => Promise<Listing<Row>>,
  between: (round: number) => void = () => {},
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  for (let round = 0; round < 1_000; round++) {
    const {rows: some, end} = await page(after);
    rows.push(...some);
    if (end === undefined) return rows;
    after = end;
    between(round);
  }
  throw new Error('Expected the last page');
}

for (const [where, create] of Object.entries(kinds)) {
  test(`${where}: the pages together have each client once, sorted, with what is known of it`, async (t) => {
    const members = create();
    const identities = await seat(members, 20);
    for (const limit of [1, 3, 7, 20, 100]) {
      const rows = await pages((after) => settle(members, routerOf(members).connections({...all, after, limit})));
      t.deepEqual(
        rows.map(({identity}) => identity),
        identities,
        `pages of ${limit}`,
      );
    }
    const {rows, total, missing, covered} = await settle(members, routerOf(members).connections(all));
    t.is(total, 20);
    t.deepEqual(missing, []);
    t.is(covered.length, members.all.length);
    t.like(rows[0], {state: 'open.fresh', channelCount: 2, inFlight: 0, queued: 0, queuedBytes: 0, inbound: 0});
  });

  test(`${where}: a channel's members, a prefix and one identity are filters`, async (t) => {
    const members = create();
    const identities = await seat(members, 20);
    const list = async (changes: Partial<ConnectionsRequest>) => {
      const {rows} = await settle(members, routerOf(members).connections({...all, ...changes}));
      return rows.map(({identity}) => identity);
    };
    t.deepEqual(
      await list({channel: 'room'}),
      identities.filter((_, number) => number % 2 === 0),
    );
    t.deepEqual(await list({channel: 'nowhere'}), []);
    t.deepEqual(await list({prefix: 'user-01'}), identities.slice(10));
    for (const identity of [identities[0], identities[19]]) {
      t.deepEqual(await list({identity}), [identity]);
    }
    t.deepEqual(await list({identity: 'user-003', channel: 'room'}), []);
    t.deepEqual(await list({identity: 'a-stranger'}), []);
    const {rows} = await settle(members, routerOf(members).connections({...all, identity: 'user-004'}));
    t.deepEqual(rows[0]?.channels, ['own-4', 'room']);
  });

  test(`${where}: a channel is one row, however many parts have members of it`, async (t) => {
    const members = create();
    await seat(members, 20);
    for (const limit of [1, 4, 100]) {
      const rows = await pages((after) => settle(members, routerOf(members).channels({prefix: '', after, limit})));
      t.is(rows.length, 21);
      t.deepEqual(rows.at(-1), {name: 'room', connections: 10});
      t.deepEqual(
        rows.map(({name}) => name),
        rows.map(({name}) => name).toSorted(),
      );
    }
    const {rows} = await settle(members, routerOf(members).channels({prefix: 'own-1', after: undefined, limit: 100}));
    t.is(rows.length, 11);
  });

  test(`${where}: who stays while the pages are read is on exactly one of them`, async (t) => {
    const members = create();
    const staying = await seat(members, 30);
    let next = 0;
    const join = (identity: string) =>
      (members.all[next++ % members.all.length] as Member).gateway.connect('room', {identity});
    const guests = [join('user-000a'), join('user-015a'), join('user-029a')];
    const rows = await pages(
      (after) => settle(members, routerOf(members).connections({...all, after, limit: 4})),
      (round) => {
        // Before and behind where the reader is.
        join(`user-000-${round}`);
        join(`user-020-${round}`);
        guests.pop()?.tell({kind: 'socketClosed'});
      },
    );
    const seen = rows.map(({identity}) => identity);
    for (const identity of staying) t.is(seen.filter((one) => one === identity).length, 1, identity);
    t.is(new Set(seen).size, seen.length);
  });

  if (create === createAlone) continue;
  test(`${where}: without a part that does not answer the list is partial, and names it [RB-66]`, async (t) => {
    const members = create();
    await seat(members, 9);
    members.all[2]?.kill();
    const asked = routerOf(members).connections(all);
    await members.pass(60_000);
    const {rows, missing, covered} = await asked;
    t.is(rows.length, 6);
    // A thread that has ended is no part any more.
    if (where !== 'three threads') t.is(missing.length, 1);
    t.is(covered.length, 2);
  });
}

const row = (identity: string, node?: string): ConnectionRow => ({
  identity,
  state: 'open.fresh',
  since: 0,
  channelCount: 0,
  inFlight: 0,
  queued: 0,
  queuedBytes: 0,
  inbound: 0,
  bufferedBytes: 0,
  thread: 0,
  ...(node !== undefined && {node}),
});

test('a page ends where the first of its parts ends, since what that part has next is not known', (t) => {
  const merged = mergeConnections(
    [
      {rows: [row('a'), row('b')], end: 'b', total: 5},
      {rows: [row('c'), row('d')], end: undefined, total: 2},
    ],
    10,
  );
  t.deepEqual(
    merged.rows.map(({identity}) => identity),
    ['a', 'b'],
  );
  t.is(merged.end, 'b');
  t.is(merged.total, 7);
});

test('a part whose page is empty although it has more lets the reader go on', (t) => {
  const merged = mergeConnections(
    [
      {rows: [], end: 'k', total: 5},
      {rows: [row('z')], end: undefined, total: 1},
    ],
    10,
  );
  t.deepEqual(merged.rows, []);
  t.is(merged.end, 'k');
});

test('an identity that several nodes have is one entry of a page with a row for each', (t) => {
  const merged = mergeConnections(
    [
      {rows: [row('a'), row('b')], end: undefined, total: 2},
      {rows: [row('a', '10.0.0.2:1984')], end: undefined, total: 1},
    ],
    1,
  );
  t.deepEqual(
    merged.rows.map(({node}) => node),
    [undefined, '10.0.0.2:1984'],
  );
  t.is(merged.end, 'a');
});

test('channels of several parts are added up within a page', (t) => {
  const rows = (...names: string[]): ChannelRow[] => names.map((name) => ({name, connections: 2}));
  const merged = mergeChannels(
    [
      {rows: rows('a', 'b'), end: 'b', total: 3},
      {rows: rows('b', 'c'), end: undefined, total: 2},
    ],
    10,
  );
  t.deepEqual(merged.rows, [
    {name: 'a', connections: 2},
    {name: 'b', connections: 4},
  ]);
});
