// What a client may do, in one thread: which messages are forwarded, and how its permissions are renewed.

import test from 'ava';
import type {PermissionGrant} from '../../src/protocol/permissions.ts';
import {type Client, type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

function permitted(kit: SimulatedGateway, permissions: PermissionGrant): Client {
  return kit.connect('room', {permissions});
}

function callsOf(kit: SimulatedGateway): readonly string[] {
  return kit.transport.calls.map(({kind}) => kind);
}

/** The call that asks again, once it is made; `undefined` where time passes without. */
function refreshAfter(kit: SimulatedGateway, ms: number) {
  kit.advance(ms);
  return kit.transport.calls.find((call) => call.kind === 'connect');
}

test('a type that is not permitted is not forwarded, not answered, and counted, at every QoS', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = permitted(kit, {send: ['7', '10-19']});
  for (const packet of ['SEND q0 type 8', 'SEND q1 id 1 type 9', 'SEND q2 id 2 type 20', 'SEND q1 id 1 type 9 DUP']) {
    client.receive(packet);
  }
  t.deepEqual([callsOf(kit), client.link.sent], [[], []]);
  t.is(kit.context.counters.messagesInForbidden, 4);
  client.receive('REL id 2');
  t.deepEqual(client.link.take(), ['COM id 2'], 'nothing is held [RB-24]');
  client.receive('SEND q1 id 1 type 7');
  client.receive('SEND q2 id 2 type 10');
  kit.transport.accept('message');
  kit.run();
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), ['ACK id 1', 'REC id 2']);
});

test('a repeat of what was forwarded before is answered after its type was forbidden [RB-21]; one whose call failed is not', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = kit.connect('room');
  client.receive('SEND q2 id 2 type 7 "x"');
  kit.transport.accept('message', {text: 'yes'});
  kit.run();
  client.receive('SEND q1 id 3 type 7 "y"');
  kit.transport.fail('message');
  kit.run();
  client.link.take();
  void kit.router.permit({identity: client.actor.name, grant: {send: []}});
  kit.run();
  client.receive('SEND q2 id 2 type 7 DUP "x"');
  t.deepEqual(client.link.take(), ['REC id 2 "yes"']);
  client.receive('SEND q1 id 3 type 7 DUP "y"');
  t.deepEqual([client.link.take(), callsOf(kit)], [[], []]);
  t.is(kit.context.counters.messagesInForbidden, 1);
});

test('a client without permissions, or whose permissions do not expire, leaves no timer', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const before = kit.clock.pendingCount;
  const client = permitted(kit, {send: ['7']});
  const timers = kit.clock.pendingCount - before;
  const other = simulateGateway();
  const plainBefore = other.clock.pendingCount;
  other.connect('room');
  t.is(timers, other.clock.pendingCount - plainBefore);
  client.tell({kind: 'socketClosed'});
});

test('before they expire the connect call is made again, with the cookie, and a yes renews them', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = kit.knock();
  kit.transport.accept('connect', {
    cookie: 'c1',
    permissions: {send: ['7'], expiresAt: kit.clock.wallNow() + 1_000_000},
  });
  kit.run();
  t.is(refreshAfter(kit, 939_000), undefined, 'not earlier than a minute before');
  const call = refreshAfter(kit, 32_000);
  t.like(call, {identity: client.actor.name, headers: ['RAINBOWCLIENTCOOKIE', 'c1', 'RAINBOWREFRESH', '1']});
  client.receive('SEND q0 type 7');
  t.is(kit.transport.accept('message').kind, 'message', 'there is no gap');
  kit.transport.accept('connect', {
    cookie: 'c2',
    join: 'hall',
    identity: 'other',
    permissions: {send: ['8'], expiresAt: kit.clock.wallNow() + 1_000_000},
  });
  kit.run();
  t.is(kit.context.channels.find('hall')?.name, 'hall');
  t.is(kit.context.sessions.find('other'), undefined, 'names of it do not count');
  client.receive('SEND q0 type 7');
  client.receive('SEND q0 type 8');
  t.like(kit.transport.accept('message'), {type: 8, cookie: 'c2'});
  t.is(refreshAfter(kit, 900_000), undefined);
  t.truthy(refreshAfter(kit, 72_000), 'and so on');
  t.deepEqual(client.link.closes, []);
});

test('a yes without permissions leaves them as they are, for good', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = permitted(kit, {send: ['7'], expiresAt: kit.clock.wallNow() + 10_000});
  t.truthy(refreshAfter(kit, 9_000));
  kit.transport.accept('connect');
  kit.run();
  t.is(refreshAfter(kit, 10_000_000), undefined);
  client.receive('SEND q0 type 8');
  client.receive('SEND q0 type 7');
  t.like(kit.transport.accept('message'), {type: 7});
});

test('a no closes with 4135, and the close call says expired', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = permitted(kit, {expiresAt: kit.clock.wallNow() + 10_000});
  t.truthy(refreshAfter(kit, 9_000));
  kit.transport.refuse();
  kit.run();
  t.deepEqual(client.link.closes, ['4135 not authorized']);
  client.tell({kind: 'socketClosed'});
  t.like(kit.transport.accept('close'), {reason: 'expired'});
  t.is(kit.context.counters.connectionsExpired, 1);
});

test('a business server that cannot be asked is asked again; the permissions hold for a minute, then the client is closed with 4136', (t) => {
  const kit = simulateGateway({keepAliveMs: 10_000_000});
  const client = permitted(kit, {send: ['7'], expiresAt: kit.clock.wallNow() + 10_000});
  let asked = 0;
  for (let second = 0; second < 69; second++) {
    if (refreshAfter(kit, 1_000) === undefined) continue;
    asked++;
    kit.transport.fail('connect', {reason: 'unreachable'});
    kit.run();
  }
  t.true(asked >= 6 && asked < 60, `${asked} times`);
  client.receive('SEND q0 type 7');
  t.is(kit.transport.accept('message').kind, 'message');
  t.deepEqual(client.link.closes, []);
  kit.advance(3_000);
  t.deepEqual(client.link.closes, ['4136 server unavailable']);
});

test('a call that asks again and is not answered at all does not keep the client for longer', (t) => {
  const kit = simulateGateway({keepAliveMs: 10_000_000});
  const client = permitted(kit, {expiresAt: kit.clock.wallNow() + 10_000});
  t.truthy(refreshAfter(kit, 9_000));
  kit.advance(63_000);
  t.deepEqual(client.link.closes, ['4136 server unavailable']);
});

test('permissions that have expired when they come are renewed after a second, not at once', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  permitted(kit, {expiresAt: kit.clock.wallNow() - 5_000});
  t.is(refreshAfter(kit, 900), undefined);
  t.truthy(refreshAfter(kit, 2_000));
});

test('a call of the API replaces them as a whole, also what a call under way will answer', async (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = permitted(kit, {send: ['7'], expiresAt: kit.clock.wallNow() + 10_000});
  t.truthy(refreshAfter(kit, 9_000));
  const done = kit.router.permit({identity: client.actor.name, grant: {send: ['8']}});
  kit.run();
  t.is(await done, 'done');
  kit.transport.accept('connect', {permissions: {send: ['9'], expiresAt: kit.clock.wallNow() + 10_000}});
  kit.run();
  for (const type of [7, 8, 9]) client.receive(`SEND q0 type ${type}`);
  t.like(kit.transport.accept('message'), {type: 8});
  t.is(refreshAfter(kit, 100_000), undefined, 'without a time they do not expire');
  t.is(await kit.router.permit({identity: 'unknown', grant: {}}), 'noSuchConnection');
});

test('a client that has gone is not asked about any more', (t) => {
  const kit = simulateGateway({keepAliveMs: 100_000_000});
  const client = permitted(kit, {expiresAt: kit.clock.wallNow() + 10_000});
  const other = permitted(kit, {expiresAt: kit.clock.wallNow() + 10_000});
  client.tell({kind: 'socketClosed'});
  kit.transport.accept('close');
  t.truthy(refreshAfter(kit, 9_000));
  kit.transport.isWaiting = true;
  other.tell({kind: 'socketClosed'});
  t.deepEqual(callsOf(kit), ['close'], 'the call that waits is taken back');
});
