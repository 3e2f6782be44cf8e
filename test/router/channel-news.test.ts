// Notices of joins and leaves to the members of a channel, whatever is behind the router.

import test, {type ExecutionContext} from 'ava';
import {parse} from '../support/packets.ts';
import type {Client, SimulatedSettings} from '../support/simulated-gateway.ts';
import {createAlone, createBrokered, createLan, createShards, type Member, type Members} from './members.ts';

const settings: Partial<SimulatedSettings> = {
  presenceChannels: ['room:*', 'lobby'],
  presenceType: 77,
  presenceIntervalMs: 1_000,
  channelsPerConnectionMax: 2_000,
};

const kinds: Readonly<Record<string, () => Members>> = {
  'one thread': () => createAlone(settings),
  'three threads': () => createShards(3, settings),
  'three nodes of a LAN': () => createLan(3, settings),
  'three nodes at a broker': () => createBrokered(3, settings),
};

interface Notice {
  readonly channel: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly count: number;
  readonly omitted?: number;
  readonly partial?: true;
}

/** A client of this name on one of the parts, and the notices that it gets. */
interface Guest {
  readonly client: Client;
  readonly gateway: Member['gateway'];
  readonly notices: Notice[];
  leave(channel?: string): void;
}

function guestAt(members: Members, place: number, identity: string, channels = 'lobby'): Guest {
  const {gateway} = members.all[place % members.all.length] as Member;
  const client = gateway.connect(channels, {identity});
  const notices: Notice[] = [];
  client.link.onSend = (written) => {
    const packet = parse(written);
    if (packet.command !== 'send' || packet.type !== 77 || packet.qos !== 0) return;
    notices.push(JSON.parse(packet.payload.toString()) as Notice);
  };
  return {
    client,
    gateway,
    notices,
    leave(channel = 'lobby') {
      client.tell({kind: 'unsubscribe', channel, reply: () => {}});
    },
  };
}

/** What happens in an interval, and its end. */
async function interval(members: Members): Promise<void> {
  await members.pass(1_000);
  await members.pass(10);
}

/** All that `notices` say, as if it were one notice. */
function together(notices: readonly Notice[]) {
  return {
    joined: notices.flatMap(({joined}) => joined).toSorted(),
    left: notices.flatMap(({left}) => left).toSorted(),
    count: notices.at(-1)?.count,
  };
}

for (const [where, create] of Object.entries(kinds)) {
  const nodesOf = (members: Members) => (where === 'three threads' ? 1 : members.all.length);

  test(`${where}: the members of a channel learn who joined and who left, in one message of each node`, async (t) => {
    const members = create();
    const ann = guestAt(members, 0, 'ann');
    await interval(members);
    t.deepEqual(ann.notices, [{channel: 'lobby', joined: ['ann'], left: [], count: 1}]);
    ann.notices.length = 0;
    const names = ['bob', 'cid', 'dan', 'eve', 'fay'];
    const guests = names.map((name, place) => guestAt(members, place, name));
    await members.run();
    t.deepEqual(ann.notices, [], 'not before the interval has passed');
    await interval(members);
    t.true(ann.notices.length <= nodesOf(members));
    t.deepEqual(together(ann.notices), {joined: names, left: [], count: 6});
    t.deepEqual(together(guests[2]?.notices ?? []).count, 6);
    ann.notices.length = 0;
    for (const guest of guests.slice(0, 2)) guest.client.tell({kind: 'socketClosed'});
    guests[4]?.leave();
    await interval(members);
    t.true(ann.notices.length <= nodesOf(members));
    t.deepEqual(together(ann.notices), {joined: [], left: ['bob', 'cid', 'fay'], count: 3});
    ann.notices.length = 0;
    await interval(members);
    t.deepEqual(ann.notices, []);
  });

  test(`${where}: who joins and leaves, or leaves and comes back elsewhere, within an interval is not in a notice`, async (t) => {
    const members = create();
    const ann = guestAt(members, 0, 'ann');
    const bob = guestAt(members, 1, 'bob');
    await interval(members);
    ann.notices.length = 0;
    guestAt(members, 2, 'cid').leave();
    bob.client.tell({kind: 'socketClosed'});
    bob.gateway.transport.accept('close');
    await members.run();
    guestAt(members, 2, 'bob');
    await interval(members);
    await interval(members);
    t.deepEqual(ann.notices, []);
  });

  test(`${where}: channels that no pattern fits have no notices, and others of the same client have`, async (t) => {
    const members = create();
    const ann = guestAt(members, 0, 'ann', 'room:1;;office;;lobby;;room');
    guestAt(members, 1, 'bob', 'office');
    await interval(members);
    t.deepEqual(ann.notices.map(({channel}) => channel).toSorted(), ['lobby', 'room:1']);
  });

  test(`${where}: those that an occupant removes have left`, async (t) => {
    const members = create();
    const ann = guestAt(members, 0, 'ann');
    guestAt(members, 1, 'bob');
    guestAt(members, 2, 'cid');
    await interval(members);
    ann.notices.length = 0;
    const occupied = (members.all[0] as Member).router.occupy({identity: 'ann', channel: 'lobby'});
    await members.run();
    await occupied;
    await interval(members);
    t.deepEqual(together(ann.notices), {joined: [], left: ['bob', 'cid'], count: 1});
  });
}

test('a part that does not answer makes a notice partial, and its members are not counted [RB-66]', async (t) => {
  const members = createLan(3, settings);
  const ann = guestAt(members, 0, 'ann');
  guestAt(members, 1, 'bob');
  await interval(members);
  ann.notices.length = 0;
  members.all[1]?.kill();
  guestAt(members, 0, 'cid');
  await interval(members);
  await members.pass(60_000);
  t.deepEqual(ann.notices, [{channel: 'lobby', joined: ['cid'], left: [], count: 2, partial: true}]);
});

test('a notice lists as many as it has room for, and says how many it leaves out', async (t: ExecutionContext) => {
  const members = createAlone(settings);
  const ann = guestAt(members, 0, 'ann');
  await interval(members);
  ann.notices.length = 0;
  for (let number = 0; number < 1_200; number++) guestAt(members, 0, `user-${number}`);
  await interval(members);
  const [notice] = ann.notices;
  t.is(ann.notices.length, 1);
  t.is(notice?.count, 1_201);
  t.true((notice?.joined.length ?? 0) > 100);
  t.is((notice?.joined.length ?? 0) + (notice?.omitted ?? 0), 1_200);
  t.true(JSON.stringify(notice).length <= 4_096);
});

test('a thread that has ended leaves its share of the channels to those that have changes of them', async (t) => {
  const members = createShards(3, settings);
  const rooms = Array.from({length: 12}, (_, number) => `room:${number}`);
  const ann = guestAt(members, 0, 'ann', rooms.join(';;'));
  await interval(members);
  t.is(ann.notices.length, 12);
  ann.notices.length = 0;
  members.all[2]?.kill();
  await members.run();
  guestAt(members, 1, 'bob', rooms.join(';;'));
  await interval(members);
  t.is(ann.notices.length, 12);
  for (const {joined, count} of ann.notices) t.deepEqual([joined, count], [['bob'], 2]);
});

interface Event {
  readonly event: string;
  readonly channel: string;
  readonly connections: number;
}

/** The events that the parts have posted since the last call; all of them are taken. */
async function posted(members: Members): Promise<readonly string[]> {
  const events: string[] = [];
  for (const {gateway} of members.all) {
    while (gateway.transport.calls.some(({kind}) => kind === 'events')) {
      const call = gateway.transport.accept('events');
      if (call.kind !== 'events') continue;
      const batch = JSON.parse(Buffer.from(call.payload).toString()) as {events: readonly Event[]};
      for (const {event, channel, connections} of batch.events) events.push(`${event} ${channel} ${connections}`);
      await members.run();
    }
  }
  return events.toSorted();
}

const eventKinds: Readonly<Record<string, () => Members>> = {
  'one thread': () => createAlone({eventsUrl: 'http://business/events/'}),
  'three threads': () => createShards(3, {eventsUrl: 'http://business/events/'}),
  'three nodes of a LAN': () => createLan(3, {eventsUrl: 'http://business/events/'}),
};

for (const [where, create] of Object.entries(eventKinds)) {
  test(`${where}: a channel is occupied once, by its first member anywhere, and vacated once, by the last one`, async (t) => {
    const members = create();
    const ann = guestAt(members, 0, 'ann', 'hall');
    await interval(members);
    t.deepEqual(await posted(members), ['occupied hall 1']);
    const bob = guestAt(members, 1, 'bob', 'hall');
    await interval(members);
    ann.leave('hall');
    await interval(members);
    t.deepEqual(await posted(members), [], 'neither by a second member, nor by the end of the first');
    bob.leave('hall');
    await interval(members);
    t.deepEqual(await posted(members), ['vacated hall 0']);
  });

  test(`${where}: a channel that is occupied and vacated within an interval, or moves elsewhere, has no event`, async (t) => {
    const members = create();
    guestAt(members, 1, 'ann', 'hall').leave('hall');
    await interval(members);
    t.deepEqual(await posted(members), []);
    const bob = guestAt(members, 1, 'bob', 'hall');
    await interval(members);
    t.deepEqual(await posted(members), ['occupied hall 1']);
    bob.leave('hall');
    guestAt(members, 2, 'cid', 'hall');
    await interval(members);
    t.deepEqual(await posted(members), []);
  });
}
