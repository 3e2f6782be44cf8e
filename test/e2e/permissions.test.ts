// Permissions of the connect answer and of /permissions/ (PROTOCOL section 7), on one thread, on two, and in a cluster.

import test from 'ava';
import {answer, success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {start} from '../support/gateway.ts';

for (const threads of [1, 2]) {
  const where = threads === 1 ? 'one thread' : 'two threads';

  test(`${where}: only permitted types are forwarded, and a call of the API changes that`, async (t) => {
    const harness = await start(t, {threads});
    harness.business.once('connect', success({}, {identity: 'ann', permissions: {send: ['7'], join: ['room:*']}}));
    const client = await harness.connect();
    client.send('SEND q1 id 1 type 8');
    client.send('SEND q1 id 2 type 7');
    t.is((await harness.business.next('message')).path, '/message/7/');
    await harness.reaches('messagesInForbidden', 1);
    const permit = (body: Readonly<Record<string, unknown>>) => harness.api.call({path: '/permissions/', body});
    t.is((await permit({identity: 'ann', send: ['8']})).text, '{"status":0}');
    client.send('SEND q1 id 3 type 7');
    client.send('SEND q1 id 4 type 8');
    t.is((await harness.business.next('message')).path, '/message/8/');
    t.is((await permit({identity: 'unknown'})).status, 404);
  });

  test(`${where}: permissions that are about to expire are renewed, with the headers and the cookie; a no closes with 4135`, async (t) => {
    const harness = await start(t, {threads});
    const grant = (ms: number) => ({permissions: {expiresAt: Date.now() + ms}});
    harness.business.once(
      'connect',
      success({RAINBOWCLIENTCOOKIE: 'c1'}, grant(2_000)),
      success({}, grant(5_000)),
      answer(200, '{"status":"fail"}'),
    );
    const client = await harness.connect({path: '/connect/?X-ROOM=12'});
    t.is((await harness.business.next('connect')).header('RAINBOWREFRESH'), undefined);
    const again = await harness.business.next('connect');
    t.is(again.header('RAINBOWREFRESH'), '1');
    t.is(again.header('RAINBOWCLIENTCOOKIE'), 'c1');
    t.is(again.header('X-ROOM'), '12');
    t.deepEqual(await client.closeFrame(), {code: 4135, reason: 'not authorized'});
    client.finish();
    t.is((await harness.business.next('close')).header('RAINBOWCLOSEREASON'), 'expired');
    t.is(harness.business.calls('connect').length, 3);
  });
}

for (const permissions of [null, 'all', [], {sends: ['7']}, {send: [7]}, {send: '7'}, {expiresAt: 1}]) {
  test(`permissions ${JSON.stringify(permissions)} let no client in`, async (t) => {
    const harness = await start(t);
    harness.business.once('connect', success({}, {permissions}));
    const {answer: refused} = await harness.handshake();
    t.is(refused.status, 503);
    t.is(harness.counter('handshakesFailed'), 1);
    t.is(harness.counter('connectionsOpened'), 0);
  });
}

test.serial('a cluster of three: permissions are replaced through any node', async (t) => {
  const {nodes, business} = await startCluster(t, 3);
  const members = [];
  for (const [place, node] of nodes.entries()) members.push(await node.join(`m${place}`));
  for (const [place, {identity, client}] of members.entries()) {
    const {api} = nodes[(place + 1) % 3] as (typeof nodes)[0];
    t.is((await api.call({path: '/permissions/', body: {identity, send: ['7']}})).text, '{"status":0}');
    client.send('SEND q1 id 1 type 8');
    client.send('SEND q1 id 2 type 7');
    t.is((await business.next('message')).path, '/message/7/');
  }
});
