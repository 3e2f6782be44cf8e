// Real datagrams, to the broadcast address of the loopback and no other.

import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import test from 'ava';
import {openUdpBroadcast} from '../../../src/cluster/lan/udp-broadcast.ts';
import {holdPort, holdPorts} from '../../support/ports.ts';

const broadcastAddress = '127.255.255.255';

test('what one sends to the ports of all, all hear, the sender included', async (t) => {
  const ports = await holdPorts(t, 2);
  const heard = ports.map(() => Promise.withResolvers<string>());
  const airs = await Promise.all(
    ports.map((port, place) =>
      openUdpBroadcast({
        port,
        source: '127.0.0.1',
        broadcast: broadcastAddress,
        ports,
        receive: (datagram, {address}) => heard[place]?.resolve(`${Buffer.from(datagram).toString()} from ${address}`),
        failed: (error) => t.fail(String(error)),
      }),
    ),
  );
  t.teardown(() => Promise.all(airs.map((broadcast) => broadcast.close())));
  airs[0]?.send((address) => Buffer.from(`hello, I am ${address}`));
  t.deepEqual(
    await Promise.all(heard.map(({promise}) => promise)),
    Array(2).fill('hello, I am 127.0.0.1 from 127.0.0.1'),
  );
});

test('what was sent has left when it is closed', async (t) => {
  const [port = 0, other = 0] = await holdPorts(t, 2);
  const listener = createSocket('udp4');
  t.teardown(() => listener.close());
  listener.bind(other);
  await once(listener, 'listening');
  const heard = once(listener, 'message');
  const broadcast = await openUdpBroadcast({
    port,
    source: '127.0.0.1',
    broadcast: broadcastAddress,
    ports: [other],
    receive: () => {},
    failed: (error) => t.fail(String(error)),
  });
  broadcast.send(() => Buffer.from('goodbye'));
  await broadcast.close();
  t.is(String((await heard)[0]), 'goodbye');
});

test('a port in use is refused', async (t) => {
  const holder = createSocket('udp4');
  t.teardown(() => holder.close());
  holder.bind(0);
  await once(holder, 'listening');
  const {port} = holder.address();
  const opening = openUdpBroadcast({
    port,
    source: undefined,
    broadcast: broadcastAddress,
    ports: [],
    receive: () => {},
    failed: () => {},
  });
  await t.throwsAsync(opening, {code: 'EADDRINUSE'});
});

test('a send failure is reported each time, and nothing waits for it', async (t) => {
  const port = await holdPort(t);
  const failures: Error[] = [];
  // Longer than any datagram.
  const broadcast = await openUdpBroadcast({
    port,
    source: '127.0.0.1',
    broadcast: broadcastAddress,
    ports: [port],
    receive: () => {},
    failed: (error) => failures.push(error),
  });
  broadcast.send(() => Buffer.alloc(70_000));
  broadcast.send(() => Buffer.alloc(70_000));
  await broadcast.close();
  t.is(failures.length, 2);
});

test('without a source of its own the address that the system sends from is named, whatever others there are', async (t) => {
  const port = await holdPort(t);
  const heard = Promise.withResolvers<string>();
  const broadcast = await openUdpBroadcast({
    port,
    source: undefined,
    broadcast: broadcastAddress,
    ports: [port],
    receive: (datagram, {address}) => heard.resolve(`${Buffer.from(datagram).toString()} from ${address}`),
    failed: (error) => t.fail(String(error)),
  });
  t.teardown(() => broadcast.close());
  broadcast.send((address) => Buffer.from(address));
  const [named, from] = (await heard.promise).split(' from ');
  t.is(named, from);
});
