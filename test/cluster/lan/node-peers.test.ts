import test from 'ava';
import {NodeListing} from '../../../src/cluster/lan/node-listing.ts';
import {NodePeers} from '../../../src/cluster/lan/node-peers.ts';
import type {NodeList} from '../../../src/cluster/lan/node-transport.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createCounters} from '../../../src/core/counters.ts';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {headerNodeCall} from '../../../src/protocol/header-name.ts';
import {readNodeCall} from '../../../src/protocol/node-call.ts';
import {nobody} from '../../../src/router/add-up.ts';
import {createRouter} from '../../../src/router/create-router.ts';
import type {LocalPart} from '../../../src/router/part.ts';
import {scriptedPart} from '../../router/scripted-part.ts';
import {keys, requestOf, self, token} from './node-harness.ts';

test('at the end no call waits for a node that had said goodbye and then answered nothing [RB-61]', async (t) => {
  let closed = 0;
  const peers = new NodePeers({
    self,
    keys,
    securityToken: token,
    clock: new SimulatedClock(),
    random: new SeededRandom(5),
    counters: createCounters(),
    peerTimeoutMs: 2_000,
    connect: () => ({send: () => () => {}, close: () => closed++}),
    onDoubt: () => {},
  });
  const place = {node: 'b'.repeat(32), origin: 'http://10.0.0.2:1984', isOriginal: false, clockOffsetMs: 0};
  peers.update({places: [place], lost: [], missing: []});
  const [peer] = peers.called;
  if (peer === undefined) return t.fail();
  const outcome = peer.ask({kind: 'publish', request: requestOf({qos: 1, timeoutMs: 10_000})});
  peers.update({places: [], lost: [], missing: []});
  t.is(closed, 0);
  peers.close();
  t.is(await outcome, 'gone');
  t.is(closed, 1);
});

test('a clock that is measured again holds for the next call to the node, with which calls go on', async (t) => {
  const clock = new SimulatedClock();
  const told: (number | undefined)[] = [];
  const peers = new NodePeers({
    self,
    keys,
    securityToken: token,
    clock,
    random: new SeededRandom(5),
    counters: createCounters(),
    peerTimeoutMs: 2_000,
    connect: () => ({
      send: ({headers}) => {
        told.push(readNodeCall(headers[headerNodeCall] ?? '')?.wallMs);
        return () => {};
      },
      close: () => t.fail('it is the same node'),
    }),
    onDoubt: () => {},
  });
  const place = {node: 'b'.repeat(32), origin: 'http://10.0.0.2:1984', isOriginal: false, clockOffsetMs: 0};
  const offsets = [0, 8_000, -3_000];
  for (const clockOffsetMs of offsets) {
    peers.update({places: [{...place, clockOffsetMs}], lost: [], missing: []});
    void peers.called[0]?.ask({kind: 'publish', request: requestOf({qos: 1})});
  }
  t.deepEqual(
    told,
    offsets.map((offset) => clock.wallNow() + offset),
  );
});

test('the threads hear once of each node that is lost', (t) => {
  const lists: NodeList[] = [];
  const listing = new NodeListing((list) => lists.push(list));
  const missing = (server: string) => [{server, cause: 'no answer'}];
  listing.lose('b');
  listing.publish([], missing('10.0.0.2:1984'));
  listing.publish([], missing('10.0.0.3:1984'));
  listing.publish([], missing('10.0.0.3:1984'));
  listing.lose('c');
  listing.publish([], missing('10.0.0.3:1984'));
  t.deepEqual(
    lists.map(({lost}) => lost),
    [['b'], [], ['c']],
  );
});

test('a node that cannot be called makes every answer partial that could concern it [RB-66]', async (t) => {
  const peers = new NodePeers({
    self,
    keys,
    securityToken: token,
    clock: new SimulatedClock(),
    random: new SeededRandom(5),
    counters: createCounters(),
    peerTimeoutMs: 2_000,
    connect: () => ({send: () => () => {}, close: () => {}}),
    onDoubt: () => {},
  });
  const missing = {server: '10.0.0.2:1984', cause: 'no answer'};
  peers.update({places: [], lost: [], missing: [missing]});
  t.deepEqual([peers.called.length, peers.missingCount], [0, 1]);
  const router = createRouter(partOfMine, [peers.transport]);
  for (const qos of [0, 1, 2] as const) {
    t.like(await router.publish(requestOf({qos})), {connections: 1, isPartial: true});
    const byName = requestOf({qos, channel: undefined, identity: 'theirs'});
    t.like(await router.publish(byName), {connections: 1, isPartial: true});
  }
  const own = await router.publish(requestOf({channel: undefined, identity: 'mine'}));
  t.not(own.isPartial, true, 'the client is here: no other node is asked');
  const subscription = {identity: 'theirs', channel: 'room'};
  t.deepEqual(await router.subscribe(subscription), {outcome: 'noSuchConnection', isPartial: true});
  t.deepEqual(await router.subscribe({...subscription, identity: 'mine'}), {
    outcome: 'done',
    isPartial: false,
  });
  t.deepEqual(await router.occupy({...subscription, identity: 'mine'}), {
    outcome: 'done',
    isPartial: true,
  });
  t.deepEqual(await router.unsubscribe(subscription), {outcome: 'done', isPartial: true});
  t.deepEqual(await router.evict('room'), {outcome: 'done', isPartial: true});
  t.deepEqual((await router.info()).nodes, [{...missing, facts: undefined}]);
  t.like(await router.find('theirs'), {client: undefined, isPartial: true});
  t.is((await router.ask({kind: 'survey', rowsMax: 0})).silent, 1);

  peers.update({places: [], lost: [], missing: []});
  t.not((await router.publish(requestOf())).isPartial, true);
});

/** A part with one client, called mine. */
const partOfMine: LocalPart = {
  ...scriptedPart,
  publish: async ({message = ''}) => ({...nobody(message), connections: 1}),
  subscribe: async ({identity}) => ({outcome: identity === 'mine' ? 'done' : 'noSuchConnection', ticket: 1}),
  info: async () => ({connections: 1, channels: []}),
  hasConnection: (identity) => identity === 'mine',
};
