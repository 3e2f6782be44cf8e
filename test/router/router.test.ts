// What a router promises, whatever is behind it: one thread, several, nodes of a LAN, or a broker whose nodes cannot be
// enumerated. Every test runs on each; where there is but one part, all clients are on it.

import test from 'ava';
import type {Audience} from '../../src/protocol/audience.ts';
import type {PublishOutcome, PublishRequest} from '../../src/router/router.ts';
import {type Parsed, parse} from '../support/packets.ts';
import type {Client} from '../support/simulated-gateway.ts';
import {
  createAlone,
  createBrokered,
  createLan,
  createShards,
  type Member,
  type Members,
  peerTimeoutMs,
} from './members.ts';

interface Kind {
  readonly create: () => Members;
  /** Whether other parts answer queries and searches: nodes of a LAN have no call for them. */
  readonly areOthersAsked: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  'one thread': {create: createAlone, areOthersAsked: true},
  'three threads': {create: () => createShards(3), areOthersAsked: true},
  'three nodes of a LAN': {create: () => createLan(3), areOthersAsked: false},
  'three nodes at a broker': {create: () => createBrokered(3), areOthersAsked: true},
};

/** A client that acknowledges what it is sent, and says so with its name. */
interface Guest {
  readonly name: string;
  readonly identity: string;
  readonly client: Client;
  readonly got: Parsed[];
}

/** Three parts' worth of clients, each in the room: the first part has one, the last has two. */
async function seat(members: Members): Promise<readonly [Guest, Guest, Guest]> {
  const first = members.all[0] as Member;
  const last = members.all.at(-1) as Member;
  const guests = [first, last, last].map((member, place) => guestAt(member, `guest ${place}`));
  await members.run();
  return guests as [Guest, Guest, Guest];
}

function guestAt(
  {gateway}: Member,
  name: string,
  isSilent = false,
  {channels = 'room', user}: {readonly channels?: string; readonly user?: string} = {},
): Guest {
  const client = gateway.connect(channels, user === undefined ? {} : {user});
  const got: Parsed[] = [];
  client.link.onSend = (written) => {
    const packet = parse(written);
    if (packet.command !== 'send') return;
    got.push(packet);
    if (packet.qos === 0 || isSilent) return;
    queueMicrotask(() => client.receive(`${packet.qos === 1 ? 'ACK' : 'REC'} id ${packet.id} "${name}"`));
  };
  return {name, client, got, identity: client.actor.name};
}

async function publish(members: Members, router: Member['router'], changes: Partial<PublishRequest> = {}) {
  const request = {type: 1, qos: 1, timeoutMs: 10_000, wantsReplies: true, ...changes} as const;
  const isRoom = changes.identity === undefined && changes.audience === undefined;
  const to = {channel: isRoom ? 'room' : undefined, identity: undefined};
  const published = router.publish({...to, payload: Buffer.from('hi'), ...request});
  await members.run();
  return published;
}

function repliesOf({replies}: PublishOutcome): readonly string[] {
  return replies.map(({data}) => Buffer.from(data).toString()).toSorted();
}

for (const [where, {create, areOthersAsked}] of Object.entries(kinds)) {
  const routerOf = ({all}: Members) => (all[0] as Member).router;

  test(`${where}: a publication reaches each client of the channel once, and all that confirm are counted [RB-61]`, async (t) => {
    const members = create();
    const guests = await seat(members);
    for (const qos of [0, 1, 2] as const) {
      const outcome = await publish(members, routerOf(members), {qos});
      t.like(outcome, {connections: qos === 0 ? 0 : 3, isTimedOut: false, refused: 0});
      t.not(outcome.isPartial, true);
      t.deepEqual(repliesOf(outcome), qos === 0 ? [] : guests.map(({name}) => name));
    }
    for (const {got} of guests) {
      t.deepEqual(
        got.map(({qos, payload}) => [qos, payload.toString()]),
        [
          [0, 'hi'],
          [1, 'hi'],
          [2, 'hi'],
        ],
      );
    }
  });

  test(`${where}: a client is found wherever it is, and an unknown one nowhere`, async (t) => {
    const members = create();
    const [here, there] = await seat(members);
    for (const {identity, got, name} of [here, there]) {
      const outcome = await publish(members, routerOf(members), {identity});
      t.like(outcome, {connections: 1});
      t.deepEqual([repliesOf(outcome), got.length], [[name], 1]);
    }
    t.like(await publish(members, routerOf(members), {identity: 'unknown'}), {connections: 0});
    t.like(await publish(members, routerOf(members), {channel: 'empty'}), {connections: 0});
  });

  test(`${where}: several channels, clients and users are one audience, in which each client is once`, async (t) => {
    const members = create();
    const guests = await seat(members);
    const router = routerOf(members);
    const [first, second, third] = guests;
    const last = members.all.at(-1) as Member;
    const devices = [members.all[0] as Member, last].map((member, place) =>
      guestAt(member, `device ${place}`, false, {channels: 'hall', user: 'ann'}),
    );
    const stranger = guestAt(last, 'stranger', false, {channels: 'attic'});
    await members.run();
    const joined = router.subscribe({identity: third.identity, channel: 'hall'});
    await members.run();
    await joined;
    const all = [...guests, ...devices, stranger];
    const cases: readonly (readonly [Partial<Audience>, readonly Guest[]])[] = [
      [{channels: ['room', 'hall']}, [...guests, ...devices]],
      [{channels: ['hall', 'attic', 'empty'], except: [third.identity]}, [...devices, stranger]],
      [{channels: ['room'], identities: [first.identity, stranger.identity, 'unknown']}, [...guests, stranger]],
      [{identities: [first.identity, second.identity]}, [first, second]],
      [{users: ['ann']}, devices],
      [{users: ['ann', 'unknown'], channels: ['hall'], except: devices.map(({identity}) => identity)}, [third]],
      [{isEverybody: true}, all],
      [{isEverybody: true, except: [first.identity, stranger.identity, 'unknown']}, [second, third, ...devices]],
      [{users: ['unknown'], identities: ['unknown'], channels: ['empty']}, []],
    ];
    for (const [given, meant] of cases) {
      const audience = {channels: [], identities: [], users: [], isEverybody: false, except: [], ...given};
      for (const qos of [0, 1, 2] as const) {
        for (const {got} of all) got.length = 0;
        const outcome = await publish(members, router, {audience, qos});
        const what = JSON.stringify(given);
        t.like(outcome, {connections: qos === 0 ? 0 : meant.length, isTimedOut: false}, what);
        t.not(outcome.isPartial, true, what);
        const reached = all.filter(({got}) => got.length > 0).map(({name}) => name);
        t.deepEqual(reached.toSorted(), meant.map(({name}) => name).toSorted(), what);
        t.true(
          all.every(({got}) => got.length < 2),
          'each once',
        );
      }
    }
  });

  test(`${where}: what is sent to several channels and to one of them arrives in the order accepted [RB-45]`, async (t) => {
    const members = create();
    const both = {channels: ['room', 'hall'], identities: [], users: [], isEverybody: false, except: []};
    const guests = (['room', 'hall', 'room;;hall', 'hall;;room'] as const).map((channels, place) =>
      guestAt(members.all.at(-(place % 2)) as Member, channels, false, {channels}),
    );
    await members.run();
    const router = routerOf(members);
    const send = (to: Partial<PublishRequest>, qos: 0 | 1, text: string) =>
      router.publish({
        channel: undefined,
        identity: undefined,
        type: 1,
        qos,
        timeoutMs: 10_000,
        wantsReplies: false,
        payload: Buffer.from(text),
        ...to,
      });
    // A message to one channel waits already when those to both come, which follow each other without a turn between.
    const sent = [
      send({channel: 'hall'}, 1, '0 hall'),
      send({audience: both}, 1, '1 both'),
      send({channel: 'room'}, 1, '2 room'),
      send({audience: {...both, channels: ['hall', 'room']}}, 1, '3 both'),
      send({channel: 'hall'}, 1, '4 hall'),
      send({audience: both}, 0, '5 both'),
      send({channel: 'hall'}, 0, '6 hall'),
    ];
    await members.run();
    await Promise.all(sent);
    for (const {name, got} of guests) {
      const meant = ['0 hall', '1 both', '2 room', '3 both', '4 hall', '5 both', '6 hall'].filter((text) =>
        ['both', ...name.split(';;')].some((channel) => text.endsWith(channel)),
      );
      const texts = got.map(({payload}) => payload.toString());
      for (const qos of [0, 1] as const) {
        const order = texts.filter((text) => Number(text[0]) >= 5 === (qos === 0));
        t.deepEqual(
          order,
          meant.filter((text) => Number(text[0]) >= 5 === (qos === 0)),
          name,
        );
      }
    }
  });

  test(`${where}: clients join and leave channels wherever they are`, async (t) => {
    const members = create();
    const guests = await seat(members);
    const router = routerOf(members);
    const change = async <Outcome>(asked: Promise<Outcome>): Promise<Outcome> => {
      await members.run();
      return asked;
    };
    for (const {identity} of guests) {
      t.deepEqual(await change(router.subscribe({identity, channel: 'hall'})), {outcome: 'done', isPartial: false});
    }
    t.like(await publish(members, router, {channel: 'hall'}), {connections: 3});
    const [first, second, third] = guests;
    t.deepEqual(await change(router.unsubscribe({identity: second.identity, channel: 'hall'})), {
      outcome: 'done',
      isPartial: false,
    });
    t.deepEqual(repliesOf(await publish(members, router, {channel: 'hall'})), [first.name, third.name]);
    t.like(await change(router.subscribe({identity: 'unknown', channel: 'hall'})), {outcome: 'noSuchConnection'});
    t.deepEqual(await change(router.evict('hall')), {outcome: 'done', isPartial: false});
    t.like(await publish(members, router, {channel: 'hall'}), {connections: 0});
  });

  test(`${where}: an occupant is alone in its channel`, async (t) => {
    const members = create();
    const router = routerOf(members);
    let last = 0n;
    for (const {identity, name} of await seat(members)) {
      const occupied = router.occupy({identity, channel: 'room'});
      await members.run();
      const {token, ...rest} = await occupied;
      t.deepEqual(rest, {outcome: 'done', isPartial: false});
      t.true(token !== undefined && token > last, `${token} is above ${last}`);
      last = token ?? last;
      t.deepEqual(repliesOf(await publish(members, router)), [name]);
    }
  });

  test(`${where}: a client that would not evict another is refused while that one occupies the channel`, async (t) => {
    const members = create();
    const guests = await seat(members);
    const occupy = async (place: number, isDenied: boolean) => {
      const {router} = members.all[place % members.all.length] as Member;
      const asked = router.occupy({identity: (guests[place] as Guest).identity, channel: 'room'}, {isDenied});
      await members.run();
      return asked;
    };
    const first = await occupy(0, true);
    t.like(first, {outcome: 'done', isPartial: false});
    t.deepEqual(repliesOf(await publish(members, routerOf(members))), ['guest 0'], 'mere members leave');
    t.like(await occupy(1, true), {outcome: 'occupied'});
    t.like(await occupy(2, true), {outcome: 'occupied'});
    t.like(await occupy(0, true), {outcome: 'done', token: first.token}, 'the occupant itself is not refused');
    t.deepEqual(repliesOf(await publish(members, routerOf(members))), ['guest 0'], 'nothing has changed');
    const second = await occupy(1, false);
    t.true((second.token ?? 0n) > (first.token ?? 0n));
    t.like(await occupy(0, true), {outcome: 'occupied'});
    const left = routerOf(members).unsubscribe({identity: guests[1].identity, channel: 'room'});
    await members.run();
    await left;
    t.like(await occupy(2, true), {outcome: 'done'}, 'who leaves is no occupant');
    guests[2].client.tell({kind: 'socketClosed'});
    await members.run();
    const third = await occupy(0, true);
    t.like(third, {outcome: 'done'}, 'nor is who has gone');
    t.true((third.token ?? 0n) > (second.token ?? 0n));
  });

  for (const isDenied of [false, true]) {
    test(`${where}: of several that occupy at once exactly one stays, ${isDenied ? 'and the others are refused' : 'that with the highest token'}`, async (t) => {
      for (let round = 0; round < 20; round++) {
        const members = create();
        const guests = await seat(members);
        const asked = guests.map(({identity}, place) => {
          // Each through another part than before, as a load balancer does.
          const {router} = members.all[(place + round) % members.all.length] as Member;
          return router.occupy({identity, channel: 'room'}, {isDenied});
        });
        await members.run();
        const outcomes = await Promise.all(asked);
        const {connections, replies} = await publish(members, routerOf(members));
        t.is(connections, 1, `round ${round}`);
        const winner = guests.findIndex(({identity}) => identity === replies[0]?.identity);
        const tokens = outcomes.map(({token}) => token ?? 0n);
        if (isDenied) {
          t.deepEqual(
            outcomes.map(({outcome}) => outcome).toSorted(),
            ['done', 'occupied', 'occupied'],
            `round ${round}`,
          );
          t.is(outcomes[winner]?.outcome, 'done');
        } else {
          t.true(
            tokens.every((token, place) => place === winner || token < (tokens[winner] ?? 0n)),
            `round ${round}`,
          );
        }
      }
    });
  }

  test(`${where}: the permissions of a client are replaced wherever it is`, async (t) => {
    const members = create();
    const guests = await seat(members);
    const permit = async (identity: string, send: readonly string[]) => {
      const asked = routerOf(members).permit({identity, grant: {send}});
      await members.run();
      return asked;
    };
    for (const {identity, client} of guests) {
      t.deepEqual(await permit(identity, []), {outcome: 'done', isPartial: false});
      client.receive('SEND q0 type 7');
      t.deepEqual(await permit(identity, ['7']), {outcome: 'done', isPartial: false});
      client.receive('SEND q0 type 7');
      await members.run();
    }
    const forwarded = members.all.flatMap(({gateway}) =>
      gateway.transport.calls.filter(({kind}) => kind === 'message'),
    );
    t.is(forwarded.length, guests.length);
    t.deepEqual(await permit('unknown', []), {outcome: 'noSuchConnection', isPartial: false});
  });

  test(`${where}: clients are disconnected wherever they are, and counted once`, async (t) => {
    const members = create();
    const guests = await seat(members);
    const router = routerOf(members);
    const farewell = {code: 4152, reason: 'bye'};
    const disconnect = async (target: 'identity' | 'channel' | 'prefix', name: string) => {
      const asked = router.disconnect({target, name, farewell});
      await members.run();
      return asked;
    };
    const [first, second, third] = guests;
    t.deepEqual(await disconnect('identity', 'unknown'), {connections: 0, isPartial: false});
    t.deepEqual(await disconnect('identity', second.identity), {connections: 1, isPartial: false});
    t.deepEqual(await disconnect('prefix', third.identity.slice(0, 40)), {connections: 1, isPartial: false});
    t.deepEqual(await disconnect('channel', 'room'), {connections: 1, isPartial: false});
    t.deepEqual(await disconnect('channel', 'room'), {connections: 0, isPartial: false});
    for (const {client} of [first, second, third]) t.deepEqual(client.link.closes, ['4152 bye']);
  });

  test(`${where}: a search says which part has the client, or that some were not asked [RB-66]`, async (t) => {
    const members = create();
    const [here, there] = await seat(members);
    const find = async (identity: string) => {
      const found = routerOf(members).find(identity);
      await members.run();
      return found;
    };
    t.like(await find(here.identity), {client: {row: {identity: here.identity}}, part: 'shard 0', isPartial: false});
    if (areOthersAsked) {
      t.like(await find(there.identity), {client: {row: {identity: there.identity}}, isPartial: false});
      t.is((await find(there.identity)).part, `shard ${members.all.length - 1}`);
      t.deepEqual(await find('unknown'), {client: undefined, part: undefined, isPartial: false});
    } else {
      t.deepEqual(await find(there.identity), {client: undefined, part: undefined, isPartial: true});
    }
  });

  test(`${where}: a query is answered by every part under its name, or says how many were not asked [RB-66]`, async (t) => {
    const members = create();
    await seat(members);
    const asked = routerOf(members).ask({kind: 'survey', rowsMax: 10});
    await members.run();
    const {answers, silent} = await asked;
    const names = members.all.map((_, index) => `shard ${index}`);
    t.deepEqual(answers.map(({part}) => part).toSorted(), areOthersAsked ? names : ['shard 0']);
    t.is(silent, areOthersAsked ? 0 : 2);
  });

  test(`${where}: the facts of all parts are there, added up or node by node`, async (t) => {
    const members = create();
    await seat(members);
    const asked = routerOf(members).info();
    await members.run();
    const {connections, nodes, isPartial} = await asked;
    t.is(connections + nodes.reduce((sum, {facts}) => sum + (facts?.connections ?? 0), 0), 3);
    t.false(isPartial);
  });

  if (where === 'one thread') continue;

  test(`${where}: a part that dies while it is asked makes the answer partial, and none after it was missed [RB-66]`, async (t) => {
    const members = create();
    const {all} = members;
    const router = routerOf(members);
    guestAt(all[0] as Member, 'here');
    const mute = guestAt(all[2] as Member, 'mute', true);
    await members.run();
    const asked = publish(members, router, {timeoutMs: 3_000});
    await members.run();
    t.is(mute.got.length, 1, 'it was sent the message');
    all[2]?.kill();
    await members.pass(4_000);
    t.like(await asked, {connections: 1, isPartial: true});
    await members.notice();
    const whole = await publish(members, router);
    t.like(whole, {connections: 1});
    t.not(whole.isPartial, true);
  });

  test(`${where}: a change that a dead part was to carry out is partial [RB-66]`, async (t) => {
    const members = create();
    const {all} = members;
    const {identity} = guestAt(all[2] as Member, 'there');
    await members.run();
    const joining = routerOf(members).subscribe({identity, channel: 'hall'});
    const ending = routerOf(members).disconnect({target: 'prefix', name: identity, farewell: {code: 1000, reason: ''}});
    all[2]?.kill();
    await members.pass(peerTimeoutMs + 1_000);
    t.deepEqual(await ending, {connections: 0, isPartial: true});
    t.deepEqual(await joining, {outcome: 'noSuchConnection', isPartial: true});
  });
}
