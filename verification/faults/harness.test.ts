// The kit against itself: a ledger that sees nothing, or a line that is good, would make every fault hold.

import {connect, createServer, type Server, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {within} from '../../test/support/deadline.ts';
import type {Parsed} from '../../test/support/packets.ts';
import {type NetworkModel, TcpProxy} from '../../test/support/tcp-proxy.ts';
import {Ledger} from './harness/ledger.ts';
import {ScenarioLifetime} from './harness/scenario-lifetime.ts';

const send = (text: string, dup = false): Parsed => ({
  command: 'send',
  qos: 2,
  dup,
  type: 1,
  id: 1,
  payload: Buffer.from(text),
});

/** What happens, and the breach that it is. */
const breaches: readonly [what: string, breach: RegExp, happens: (ledger: Ledger) => void][] = [
  [
    'a message that is acknowledged before it was processed',
    /RB-12/,
    (ledger) => {
      ledger.sent('a', 1, 1);
      ledger.called('a', 'm1');
      ledger.confirmed('a');
    },
  ],
  [
    'one message id for two messages, also of two lives of the gateway',
    /RB-63: m1 names both a and b/,
    (ledger) => {
      ledger.sent('a', 1, 1);
      ledger.sent('b', 1, 2);
      ledger.called('a', 'm1');
      ledger.called('b', 'm1');
    },
  ],
  [
    'a message of QoS 2 that is forwarded as two',
    /RB-21: a was forwarded under m1 and m2/,
    (ledger) => {
      ledger.sent('a', 2, 1);
      ledger.called('a', 'm1');
      ledger.called('a', 'm2');
    },
  ],
  ['a call for what no client sent', /which no client sent/, (ledger) => ledger.called('a', 'm1')],
  ['a message that was never published', /which was never published/, (ledger) => ledger.got(send('p'), 1)],
  [
    'an answer that counts more than confirmed',
    /RB-61: p was answered 2, and 1 had confirmed/,
    (ledger) => {
      ledger.posted('p', 2);
      ledger.got(send('p'), ledger.connecting());
      ledger.acknowledges('p', 1);
      ledger.answered('p', 2, 'p1');
    },
  ],
  [
    'a message that comes back in another life',
    /came to a connection that began after its answer/,
    (ledger) => {
      ledger.posted('p', 2);
      ledger.got(send('p'), ledger.connecting());
      ledger.unanswered('p');
      ledger.got(send('p'), ledger.connecting());
    },
  ],
  [
    'a message that comes again without DUP',
    /RB-09/,
    (ledger) => {
      ledger.posted('p', 2);
      for (const _ of [1, 2]) ledger.got(send('p'), 1);
    },
  ],
  [
    'a message that comes again after its REL',
    /RB-17/,
    (ledger) => {
      ledger.posted('p', 2);
      ledger.got(send('p'), 1);
      ledger.released('p', 1);
      ledger.got(send('p', true), 1);
    },
  ],
];

for (const [what, breach, happens] of breaches) {
  test(`the ledger sees ${what}`, (t) => {
    const ledger = new Ledger();
    happens(ledger);
    t.is(ledger.breaches.length, 1);
    t.regex(ledger.breaches[0] ?? '', breach);
    t.throws(() => ledger.check());
  });
}

test('the ledger has nothing to say of a message that is repeated, confirmed and released', (t) => {
  const ledger = new Ledger();
  const connection = ledger.connecting();
  ledger.sent('a', 2, connection);
  for (const _ of ['first', 'repeat']) ledger.called('a', 'm1');
  ledger.processed('a');
  ledger.confirmed('a');
  ledger.posted('p', 2);
  ledger.got(send('p'), connection);
  ledger.got(send('p', true), connection);
  ledger.acknowledges('p', connection);
  ledger.released('p', connection);
  ledger.answered('p', 1, 'p1');
  t.notThrows(() => ledger.check());
  t.deepEqual([ledger.confirmedUp, ledger.confirmedDown, ledger.unconfirmed], [1, 1, 0]);
});

test('the proxy passes all bytes in order, in slices, both ways, and each FIN', async (t) => {
  const proxy = await startEcho(t, {sliceBytesMax: 3, delayMsMax: 1});
  const sent = Buffer.from(Array.from({length: 300}, (_, index) => index & 255));
  const {received, ended} = call(t, proxy.port, sent, true);
  await within(ended, 'the echo to end');
  t.deepEqual(Buffer.concat(received), sent);
  t.true(proxy.slices > 200);
});

test('the proxy loses a connection at the byte that its seed says', async (t) => {
  const lengths = [];
  for (const _ of ['first', 'second']) {
    const proxy = await startEcho(t, {sliceBytesMax: 1, lostAfterBytes: [50, 90]}, 7);
    const {received, ended} = call(t, proxy.port, new Uint8Array(500), false);
    await within(ended, 'the connection to be lost');
    t.is(proxy.lost, 1);
    lengths.push(Buffer.concat(received).length);
  }
  t.true(lengths.every((length) => length < 90));
});

test('a proxy that is down refuses, one that is frozen holds, and both come back', async (t) => {
  const proxy = await startEcho(t, {});
  const before = call(t, proxy.port, Buffer.from('before'), false);
  await within(before.got, 'an echo');
  await proxy.goDown();
  await within(before.ended, 'the connection to be reset');
  const refused = call(t, proxy.port, Buffer.from('refused'), true);
  await within(refused.ended, 'a refusal');
  t.is(refused.received.length, 0);

  await proxy.comeBack();
  proxy.freeze();
  const held = call(t, proxy.port, Buffer.from('held'), true);
  await within(held.connected, 'the connection');
  t.is(held.received.length, 0);
  proxy.thaw();
  await within(held.ended, 'the echo to end');
  t.is(Buffer.concat(held.received).toString(), 'held');
});

test('everything a scenario starts ends with it, the latest first; what it starts later ends at once', async (t) => {
  const lifetime = new ScenarioLifetime();
  const ended: string[] = [];
  const start = (name: string): void => lifetime.teardown(() => void ended.push(name));
  start('first');
  lifetime.teardown(() => start('in the end'));
  lifetime.teardown(() => Promise.reject(new Error('a failure')));
  start('last');
  await t.throwsAsync(lifetime.close(), {message: 'a failure'});
  t.deepEqual(ended, ['last', 'in the end', 'first']);
  start('late');
  t.deepEqual(ended, ['last', 'in the end', 'first', 'late']);
});

/** A server that sends back what it gets, behind a proxy. */
async function startEcho(t: ExecutionContext, networkModel: NetworkModel, seed = 1): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({allowHalfOpen: true}, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return await TcpProxy.start(
    t,
    typeof address === 'object' && address !== null ? address.port : 0,
    networkModel,
    seed,
  );
}

/** Sends bytes and keeps what comes back. */
function call(t: ExecutionContext, port: number, bytes: Uint8Array, isOver: boolean) {
  const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true});
  t.teardown(() => void socket.destroy());
  const received: Buffer[] = [];
  socket.on('error', () => {});
  socket.write(bytes);
  if (isOver) socket.end();
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  const got = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  return {received, connected, got, ended};
}
