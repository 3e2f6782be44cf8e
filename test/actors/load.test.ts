// What a thread adds to the load of its node: all of it is taken back, however what was counted ends.

import test from 'ava';
import type {LoadKind} from '../../src/core/node-load.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

type Loads = Record<LoadKind, number>;

function loaded(): {kit: SimulatedGateway; loads: Loads} {
  const loads: Loads = {clients: 0, handshakes: 0, calls: 0, closes: 0};
  const kit = simulateGateway({}, undefined, {
    loadChanged(kind, by) {
      loads[kind] += by;
      if (loads[kind] < 0) throw new Error(`Expected ${kind} to be counted before they are taken back`);
    },
  });
  return {kit, loads};
}

const fail = (): void => {
  throw new Error('of the test');
};

const lives: Readonly<Record<string, (kit: SimulatedGateway) => void>> = {
  'is refused': (kit) => {
    kit.knock();
    kit.transport.refuse();
  },
  'is not answered for': (kit) => {
    kit.knock();
    kit.transport.fail('connect');
  },
  'is answered for too late': (kit) => {
    kit.knock();
    kit.transport.cut();
    kit.run();
    kit.transport.accept('connect');
  },
  'vanishes while it is asked about': (kit) => {
    kit.knock().tell({kind: 'socketClosed'});
    kit.transport.accept('connect');
  },
  'fails while it is asked about': (kit) => {
    kit.knock().tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
    kit.transport.accept('connect');
  },
  'fails as its answer comes': (kit) => {
    const client = kit.knock();
    kit.transport.accept('connect');
    client.actor.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
  },
  'sends and goes': (kit) => {
    const client = kit.connect('room');
    client.receive('SEND q1 id 1');
    client.receive('SEND q2 id 2');
    client.receive('SEND q0');
    kit.transport.accept('message');
    kit.run();
    client.tell({kind: 'socketClosed'});
    kit.transport.fail('message');
    kit.run();
    kit.transport.accept('message');
  },
  fails: (kit) => {
    const client = kit.connect('room');
    client.receive('SEND q1 id 1');
    client.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
    kit.transport.accept('message');
  },
  'fails while its close frame is awaited': (kit) => {
    const client = kit.connect('room');
    client.tell({kind: 'late', reason: 'messageLate'});
    client.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
  },
};

for (const [what, live] of Object.entries(lives)) {
  test(`nothing is counted any more of a client that ${what}`, (t) => {
    const {kit, loads} = loaded();
    live(kit);
    kit.run();
    t.is(loads.clients, 0, 'a close call that is pending is no client');
    const {connectionsOpened, connectionsClosed} = kit.context.counters;
    t.is(connectionsClosed, connectionsOpened, 'one that was never let in counts as neither');
    if (loads.closes > 0) {
      // Once it fails, and is made again.
      kit.transport.missAll('close');
      kit.advance(1_000);
      kit.transport.accept('close');
      kit.run();
    }
    t.deepEqual(loads, {clients: 0, handshakes: 0, calls: 0, closes: 0});
    t.deepEqual(kit.transport.calls, []);
  });
}

test('what is counted while a client is there', (t) => {
  const {kit, loads} = loaded();
  const client = kit.knock();
  t.deepEqual(loads, {clients: 1, handshakes: 1, calls: 1, closes: 0});
  kit.transport.accept('connect');
  kit.run();
  t.deepEqual(loads, {clients: 1, handshakes: 0, calls: 0, closes: 0});
  client.receive('SEND q1 id 1');
  t.deepEqual(loads, {clients: 1, handshakes: 0, calls: 1, closes: 0});
  client.tell({kind: 'socketClosed'});
  t.deepEqual(loads, {clients: 0, handshakes: 0, calls: 1, closes: 1});
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(loads, {clients: 0, handshakes: 0, calls: 1, closes: 1}, 'the close call');
});
