// POST /disconnect/ (PROTOCOL section 7): close frames, close calls and counts, on one thread, on two, and in a cluster.

import test from 'ava';
import {success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {identityOf, start} from '../support/gateway.ts';

for (const threads of [1, 2]) {
  const where = threads === 1 ? 'one thread' : 'two threads';

  test(`${where}: clients are disconnected by identity, channel and prefix, each reported closed once`, async (t) => {
    const harness = await start(t, {threads});
    const names = ['user-1', 'user-2', 'user-3', 'guest-1', 'guest-2', 'guest-3'];
    const clients = [];
    for (const identity of names) {
      harness.business.once(
        'connect',
        success({RAINBOWCLIENTCHANNEL: `room;;${identity.slice(0, 5)}`}, {identity, user: 'ann'}),
      );
      clients.push(await harness.connect());
    }
    const disconnect = async (body: Readonly<Record<string, unknown>>) =>
      (await harness.api.call({path: '/disconnect/', body})).text;

    t.is(await disconnect({identity: 'unknown'}), '{"status":0,"connections":0}');
    t.is(await disconnect({identity: 'user-1'}), '{"status":0,"connections":1}');
    t.deepEqual(await clients[0]?.closeFrame(), {code: 4152, reason: 'disconnected'});
    t.is(
      await disconnect({channel: 'guest', code: 1001, reason: 'maintenance', reconnectAfterMs: 30_000}),
      '{"status":0,"connections":3}',
    );
    for (const client of clients.slice(3)) {
      t.deepEqual(await client.closeFrame(), {code: 1001, reason: 'maintenance; reconnectAfterMs=30000'});
    }
    t.is((await harness.api.send({channel: 'room', qos: 1, timeout: 1, msgtype: 1})).json.connections, 0);
    t.is(await disconnect({prefix: 'user-2'}), '{"status":0,"connections":1}');
    t.is(await disconnect({user: 'ann'}), '{"status":0,"connections":1}');
    t.is(await disconnect({channel: 'room'}), '{"status":0,"connections":0}');
    for (const client of clients) client.finish();
    const closed = [];
    for (let count = 0; count < names.length; count++) {
      const call = await harness.business.next('close');
      t.is(call.header('RAINBOWCLOSEREASON'), 'disconnected');
      closed.push(identityOf(call));
    }
    t.deepEqual(closed.toSorted(), names.toSorted());
    t.is(harness.counter('connectionsDisconnected'), names.length);
  });
}

test.serial(
  'a cluster of three: whichever node is asked, all are disconnected, and a dead one makes it partial [RB-66]',
  async (t) => {
    const {nodes} = await startCluster(t, 3);
    const members = [];
    for (const [place, node] of nodes.entries()) members.push(await node.join(`m${place}`));
    const disconnect = async (place: number, body: Readonly<Record<string, unknown>>) =>
      (await nodes[place]?.api.call({path: '/disconnect/', body}))?.text;
    t.is(await disconnect(0, {identity: members[2]?.identity, reason: 'there'}), '{"status":0,"connections":1}');
    t.deepEqual(await members[2]?.client.closeFrame(), {code: 4152, reason: 'there'});
    t.is(await disconnect(1, {channel: 'room', code: 4999, reason: ''}), '{"status":0,"connections":2}');
    for (const {client} of members.slice(0, 2)) t.is((await client.closeFrame()).code, 4999);
    nodes[2]?.process.kill('SIGKILL');
    await nodes[2]?.exited;
    t.is(await disconnect(0, {channel: 'room'}), '{"status":0,"connections":0,"partial":true}');
  },
);
