// POST /disconnect/ in one thread: who ends, what the client is sent, and what the business server hears of it.

import test from 'ava';
import type {DisconnectTarget} from '../../src/router/router.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

const farewell = {code: 4152, reason: 'bye', reconnectAfterMs: 5_000};

async function disconnect(kit: SimulatedGateway, target: DisconnectTarget, name: string) {
  const asked = kit.router.disconnect({target, name, farewell});
  // The members of a channel are asked for first.
  for (let turn = 0; turn < 10; turn++) {
    kit.run();
    await Promise.resolve();
  }
  return await asked;
}

test('a client that is disconnected leaves at once, gets its farewell, and is reported closed once [RB-64]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  t.deepEqual(await disconnect(kit, 'identity', client.actor.name), {connections: 1, isPartial: false});
  t.deepEqual(client.link.closes, ['4152 bye; reconnectAfterMs=5000']);
  t.is(kit.context.sessions.size + kit.context.channels.size, 0);
  t.deepEqual(await disconnect(kit, 'identity', client.actor.name), {connections: 0, isPartial: false}, 'once');
  client.receive('SEND q1 id 1');
  t.is(kit.transport.calls.length, 0, 'nothing is applied after the close frame [RB-57]');
  client.tell({kind: 'socketClosed'});
  t.like(kit.transport.accept('close'), {identity: client.actor.name, reason: 'disconnected'});
  kit.run();
  t.is(kit.context.alive.size, 0);
  t.is(kit.context.counters.connectionsDisconnected, 1);
});

test('a channel and a prefix mean everybody in it, and no other client', async (t) => {
  const kit = simulateGateway();
  const [first, second, third] = ['user-1', 'user-2', 'guest-1'].map((identity, place) =>
    kit.connect(place === 1 ? 'room;;hall' : 'room', {identity}),
  );
  const closed = () => [first, second, third].map((client) => client?.link.closes.length);
  t.like(await disconnect(kit, 'channel', 'empty'), {connections: 0});
  t.like(await disconnect(kit, 'channel', 'hall'), {connections: 1});
  t.deepEqual(closed(), [0, 1, 0]);
  t.like(await disconnect(kit, 'prefix', 'user-'), {connections: 1}, 'the other one has ended already');
  t.deepEqual(closed(), [1, 1, 0]);
  t.like(await disconnect(kit, 'channel', 'room'), {connections: 1});
  t.deepEqual(closed(), [1, 1, 1]);
});

test('a user means all of a person, and no other client', async (t) => {
  const kit = simulateGateway();
  const clients = ['ann', 'ben', 'ann', undefined].map((user) => kit.connect('room', user === undefined ? {} : {user}));
  t.like(await disconnect(kit, 'user', 'eve'), {connections: 0});
  t.like(await disconnect(kit, 'user', 'ann'), {connections: 2});
  t.deepEqual(
    clients.map(({link}) => link.closes.length),
    [1, 0, 1, 0],
  );
});

test('who joins before the call is in it, though the channel has not handled that yet', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const joined = kit.router.subscribe({identity: client.actor.name, channel: 'room', occupy: false});
  kit.run();
  await joined;
  t.like(await disconnect(kit, 'channel', 'room'), {connections: 1});
});

test('a client that waits for the close call of an older one with its identity does not get in after the call [RB-67]', async (t) => {
  const kit = simulateGateway();
  const older = kit.connect('room', {identity: 'twin'});
  const newer = kit.connect('room', {identity: 'twin'});
  t.deepEqual(older.link.closes, ['4142 taken over']);
  t.like(await disconnect(kit, 'identity', 'twin'), {connections: 1});
  t.deepEqual(newer.link.events, ['refuse 503']);
  older.tell({kind: 'socketClosed'});
  kit.transport.accept('close');
  kit.run();
  t.like(kit.transport.accept('close'), {identity: 'twin', reason: 'disconnected'});
  kit.run();
  t.deepEqual(newer.link.events, ['refuse 503']);
  t.is(kit.context.alive.size, 0);
});

test('a publication does not wait for a client that is disconnected', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const published = kit.publish({channel: 'room', qos: 1});
  t.is(client.link.sent.length, 1);
  await disconnect(kit, 'channel', 'room');
  t.like(await published, {connections: 0, isTimedOut: false});
});

test('a thread that stops refuses the call', async (t) => {
  const kit = simulateGateway();
  kit.context.isStopping = true;
  await t.throwsAsync(disconnect(kit, 'identity', 'x'), {code: 'RB_STOPPING'});
});
