// A gateway of ours among nodes of the original, and among what only looks like a node.

import test, {type ExecutionContext} from 'ava';
import {success} from '../support/business-server.ts';
import {broadcast, loopbackBroadcast} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {type OriginalNode, startOriginal} from '../support/original-node.ts';
import {scaled} from '../support/patience.ts';
import {holdPorts} from '../support/ports.ts';
import {acknowledgeAll} from '../support/raw-client.ts';

interface Guests {
  readonly harness: Harness;
  readonly original: OriginalNode;
  readonly ports: readonly number[];
  /** Waits until the gateway calls this many nodes. */
  readonly calls: (count: number) => Promise<void>;
}

/** A gateway in this process, and a node of the original that has not announced itself yet. */
async function startWithOriginal(
  t: ExecutionContext,
  changes: {clusterOpen?: boolean; reply?: string} = {},
): Promise<Guests> {
  const {clusterOpen = true, reply = ''} = changes;
  const ports = await holdPorts(t, 2);
  const [port = 0, other = 0] = ports;
  // On a busy machine half of the default may pass before /hello/ is answered.
  const shared = {udpPorts: ports, udpBroadcast: loopbackBroadcast, clusterOpen, peerTimeoutMs: scaled(4_000)};
  const harness = await start(t, {...shared, port, threads: 1});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const original = await startOriginal(t, {port: other, token: securityToken, ports, clients: 2, reply});
  const calls = async (count: number): Promise<void> => {
    const isSo = async () =>
      new RegExp(`^rainbow_nodes ${count}$`, 'm').test((await harness.api.get('/metrics')).text) ? true : undefined;
    await until(isSo, `${count} nodes to be called`);
  };
  return {harness, original, ports, calls};
}

const all = {channel: 'room', qos: 2, timeout: 300};

test('a node of the original joins, is sent to as by its own kind, sends, and goes', async (t) => {
  const {harness, original, ports, calls} = await startWithOriginal(t);
  const {client, identity} = await harness.join();
  acknowledgeAll(client, 'ours');
  await original.announce('online');
  await calls(1);
  // And it has heard of us, by the announcement that greets it.
  await until(() => original.peers.has(`127.0.0.1:${ports[0]}`) || undefined, 'the original to know us');

  const {json} = await harness.api.send(all, 'down');
  t.like(json, {status: 0, connections: 3, data: 'ours'});
  t.false('partial' in json);
  t.deepEqual(original.calls.at(-1), {
    method: 'POST',
    path: '/send/',
    query: {channel: 'room', msgtype: '1', qos: '2', timeout: '299', cluster: '1'},
    body: 'down',
  });

  t.deepEqual(await original.send('room', 'up'), {status: 0, connections: 3, data: 'ours'});

  // The token is a member that the original does not know.
  t.like(await original.change('/sub/', {identity, channel: 'news', occupy: 1}), [{status: 0}]);
  t.like((await harness.api.send({...all, channel: 'news'})).json, {connections: 1 + 2});
  t.like(await original.change('/sub/', {identity: 'unknown', channel: 'news'}), [
    {status: 1, msg: 'no such connection'},
  ]);
  t.deepEqual(await original.change('/unsub/', {identity, channel: 'news'}), [{status: 0}]);

  await harness.api.subscribe('a-client-of-the-original', 'news');
  t.deepEqual(original.calls.at(-1), {
    method: 'POST',
    path: '/sub/',
    query: {cluster: '1'},
    body: '{"identity":"a-client-of-the-original","channel":"news"}',
  });

  const page = (await harness.api.get('/serverinfo/')).text;
  t.true(page.includes(`<td>127.0.0.1:${ports[1]}</td><td>-</td><td>-</td><td>1</td><td>-</td><td>0.3 %</td>`));

  await original.announce('offline');
  await calls(0);
  t.like((await harness.api.send(all)).json, {connections: 1});
});

test('its reply counts where none of ours has any', async (t) => {
  const {harness, original, calls} = await startWithOriginal(t, {reply: 'theirs'});
  acknowledgeAll((await harness.join()).client);
  await original.announce('online');
  await calls(1);
  t.like((await harness.api.send(all)).json, {connections: 3, data: 'theirs'});
});

test('unless cluster_open is set, a node that does not sign stays outside, and is counted', async (t) => {
  const {harness, original} = await startWithOriginal(t, {clusterOpen: false});
  await original.announce('online');
  await harness.reaches('announcementsRefused', 1);
  t.like((await harness.api.send(all)).json, {connections: 0});
  t.deepEqual(original.calls, []);
});

test('what answers /hello/ with a page is no node', async (t) => {
  const {harness, original} = await startWithOriginal(t);
  original.hello = '<html>It works!</html>';
  await original.announce('online');
  await harness.reaches('nodesRefused', 1);
  await harness.api.send(all);
  t.deepEqual(original.calls, []);
});

test('a node that answers a publication with a page, or not before its time is up, is reported as partial', async (t) => {
  const {harness, original, calls} = await startWithOriginal(t);
  acknowledgeAll((await harness.join()).client);
  await original.announce('online');
  await calls(1);
  original.script = (response) => void response.writeHead(200).end('<html>It works!</html>');
  t.like((await harness.api.send(all)).json, {status: 0, connections: 1, partial: true});
  original.script = () => {};
  const {json, tookMs} = await harness.api.send({...all, timeout: 1});
  t.like(json, {status: 0, connections: 1, partial: true});
  t.true(tookMs >= 1_000, `${tookMs} ms`);
  // A change has the peer timeout, and no other.
  const change = await harness.api.unsubscribe('a-client', 'room');
  t.like(change.json, {status: 0, partial: true});
  await calls(1);
});

test('garbage, forgeries and announcements of another cluster are counted, and affect no client', async (t) => {
  const {harness, ports} = await startWithOriginal(t, {clusterOpen: false});
  const [port = 0] = ports;
  const forged = {node: '1'.repeat(32), timestamp: Math.floor(Date.now() / 1000), nonce: '12345678'};
  const datagrams = [
    '',
    'garbage',
    Buffer.alloc(60_000, 0x7b),
    Buffer.from([0xff, 0x00, 0xfe]),
    '['.repeat(1_024),
    `{"msgtype": "online", "port": ${port}}`,
    JSON.stringify({msgtype: 'online', port, ...forged, signature: '0'.repeat(64)}),
    JSON.stringify({msgtype: 'offline', port, ...forged, signature: '0'.repeat(64)}),
  ];
  for (const datagram of datagrams) await broadcast(t, [port], datagram);
  await harness.reaches('announcementsRefused', datagrams.length);
  t.is(harness.counter('announcements'), 0);
  t.is(harness.counter('nodesJoined'), 0);
  acknowledgeAll((await harness.join()).client);
  t.like((await harness.api.send(all)).json, {status: 0, connections: 1});
});

test('two clusters with different tokens on the same ports never meet', async (t) => {
  const ports = await holdPorts(t, 2);
  const [first = 0, second = 0] = ports;
  const shared = {udpPorts: ports, udpBroadcast: loopbackBroadcast, threads: 1};
  const ours = await start(t, {...shared, port: first});
  const theirs = await start(t, {...shared, port: second, securityToken: 'another-token-altogether'});
  await ours.reaches('announcementsRefused', 1);
  t.is(ours.counter('nodesJoined') + theirs.counter('nodesJoined'), 0);
});
