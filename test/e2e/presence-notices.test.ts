// Notices of joins and leaves to the members of channels, in a whole gateway: on one thread, on two, and in a cluster of three.

import test from 'ava';
import {success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {parse} from '../support/packets.ts';
import type {RawClient} from '../support/raw-client.ts';

interface Notice {
  readonly channel: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly count: number;
}

/** Keeps the notices that a client gets. */
function listen(client: RawClient, type: number): Notice[] {
  const notices: Notice[] = [];
  client.onPacket = (bytes) => {
    const packet = parse(bytes);
    if (packet.command !== 'send' || packet.type !== type) return;
    if (packet.qos !== 0) throw new Error('Expected a notice of QoS 0');
    notices.push(JSON.parse(packet.payload.toString()) as Notice);
  };
  return notices;
}

/** Who is there, as a client that reads the notices has it. */
function membersOf(notices: readonly Notice[]): readonly string[] {
  const members = new Set<string>();
  for (const {joined, left} of notices) {
    for (const one of joined) members.add(one);
    for (const one of left) members.delete(one);
  }
  return [...members].toSorted();
}

for (const threads of [1, 2]) {
  test(`with ${threads} threads, the members of a channel learn who joins and who leaves`, async (t) => {
    const harness = await start(t, {threads, presenceChannels: ['room*'], presenceType: 90, presenceIntervalMs: 100});
    const {business} = harness;
    const join = async (identity: string) => {
      business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room-1;;office'}, {identity}));
      return harness.connect();
    };
    const notices = listen(await join('ann'), 90);
    const guests = [];
    const names = Array.from({length: 8}, (_, number) => `guest-${number}`);
    for (const name of names) guests.push(await join(name));
    await until(() => (notices.at(-1)?.count === 9 ? true : undefined), 'all guests to be counted');
    t.deepEqual(membersOf(notices), ['ann', ...names]);
    for (const guest of guests.slice(0, 6)) guest.socket.destroy();
    await harness.api.unsubscribe('guest-6', 'room-1');
    await until(() => (notices.at(-1)?.count === 2 ? true : undefined), 'those that left to be missed');
    t.deepEqual(membersOf(notices), ['ann', 'guest-7']);
    for (const {channel} of notices) t.is(channel, 'room-1');
    t.true(harness.counter('presenceNotices') >= 2);
    t.is(harness.counter('channelChangesLost'), 0);
  });
}

test('no notices are sent where the configuration asks for none', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  await harness.connect();
  await client.fence();
  t.deepEqual(client.packets.drain(), []);
  t.is(harness.counter('presenceNotices'), 0);
});

test.serial('in a cluster of three, every member learns who joins and leaves on whatever node', async (t) => {
  const {business, nodes} = await startCluster(t, 3, {
    presence_channels: 'room',
    presence_type: 90,
    presence_interval: 0.2,
  });
  const join = async (place: number, identity: string) => {
    business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity}));
    const node = nodes[place];
    if (node === undefined) throw new Error('Expected three nodes');
    return node.join(identity);
  };
  const {client} = await join(0, 'ann');
  const notices = listen(client, 90);
  const guests = [];
  const names = ['bob', 'cid', 'dan', 'eve', 'fay', 'gil'];
  for (const [place, name] of names.entries()) guests.push(await join(place % 3, name));
  await until(() => (membersOf(notices).length === 7 ? true : undefined), 'all guests to be reported');
  t.deepEqual(membersOf(notices), ['ann', ...names]);
  for (const guest of guests.slice(0, 3)) guest.client.socket.destroy();
  await until(() => (membersOf(notices).length === 4 ? true : undefined), 'those that left to be reported');
  t.deepEqual(membersOf(notices), ['ann', 'eve', 'fay', 'gil']);
  t.is(notices.at(-1)?.count, 4);
});
