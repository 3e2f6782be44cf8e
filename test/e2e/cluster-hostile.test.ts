// Real nodes and an attacker on their network who does not hold the token; and a node whose clock is wrong.

import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {writeAnnouncement} from '../../src/protocol/announcement.ts';
import {deriveNodeKeys} from '../../src/protocol/node-proof.ts';
import {success} from '../support/business-server.ts';
import {loopbackBroadcast, startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';
import {holdPorts} from '../support/ports.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {startRelay} from '../support/relay.ts';

const all = {channel: 'room', qos: 2, timeout: 300};
const attacker = '127.0.0.66';

/** A gateway in this process whose clients are in the channel `room`. */
async function startNode(
  t: ExecutionContext,
  changes: {readonly port: number; readonly udpPorts?: readonly number[]; readonly peers?: readonly string[]},
): Promise<Harness> {
  const harness = await start(t, {
    udpBroadcast: loopbackBroadcast,
    peerTimeoutMs: scaled(4_000),
    threads: 1,
    ...changes,
  });
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  return harness;
}

async function metric(harness: Harness, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await harness.api.get('/metrics')).text)?.[1]);
}

/** The first datagram that arrives at a UDP port of this machine. */
async function capture(t: ExecutionContext, port: number): Promise<() => Promise<Buffer>> {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(port);
  await once(socket, 'listening');
  const heard = once(socket, 'message');
  return async () => (await heard)[0] as Buffer;
}

async function sendFrom(t: ExecutionContext, address: string, datagram: Uint8Array, port: number): Promise<void> {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  await new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve));
}

test.serial(
  'a captured announcement repeated from another address, with /hello/ passed on, admits no node',
  async (t) => {
    const [first = 0, second = 0, listened = 0] = await holdPorts(t, 3);
    const captured = await capture(t, listened);
    // The second node does not hear the first itself: only what the attacker repeats.
    const a = await startNode(t, {port: first, udpPorts: [first, listened]});
    const announcement = await captured();
    const relay = await startRelay(t, {host: attacker, port: first, target: first});
    const b = await startNode(t, {port: second, udpPorts: [first, second]});
    acknowledgeAll((await b.join()).client);
    await sendFrom(t, attacker, announcement, second);
    await b.reaches('announcementsRefused', 1);
    t.is(b.counter('nodesJoined'), 0);
    const {json} = await b.api.send(all, 'secret');
    t.like(json, {status: 0, connections: 1});
    t.false('partial' in json, 'what the attacker repeats does not make answers partial either');
    t.is(relay.connections, 0);
    t.is(a.counter('nodesRefused'), 0);
  },
);

test.serial(
  'a configured peer that only passes /hello/ on is not taken in, gets no payload, and answers are partial',
  async (t) => {
    const [first = 0, second = 0] = await holdPorts(t, 2);
    await startNode(t, {port: first, peers: [`127.0.0.1:${second}`]});
    const relay = await startRelay(t, {host: attacker, port: first, target: first});
    const b = await startNode(t, {port: second, peers: [`${attacker}:${first}`]});
    acknowledgeAll((await b.join()).client);
    await b.reaches('nodesRefused', 1);
    t.like((await b.api.send(all, 'secret')).json, {status: 0, connections: 1, partial: true});
    await b.api.send({...all, qos: 0}, 'secret');
    t.is(await metric(b, 'rainbow_nodes'), 0);
    t.is(await metric(b, 'rainbow_nodes_missing'), 1);
    const page = JSON.parse((await b.api.get('/serverinfo/?format=json')).text) as {nodes: {cause?: string}[]};
    t.regex(page.nodes[0]?.cause ?? '', /^asked at 127\.0\.0\.66:\d+, but the node was reached at 127\.0\.0\.1:\d+/);
    t.regex(relay.heard, /GET \/hello\//);
    t.notRegex(relay.heard, /secret|signature=|RAINBOWNODECALL|POST/i);
  },
);

test.serial('nodes find each other, and stay, while anybody sends them junk as fast as they can', async (t) => {
  const ports = await holdPorts(t, 3);
  const [first = 0, second = 0, third = 0] = ports;
  const harnesses = [
    await startNode(t, {port: first, udpPorts: ports}),
    await startNode(t, {port: second, udpPorts: ports}),
  ];
  for (const harness of harnesses) await harness.reaches('nodesJoined', 1);
  const socket = createSocket('udp4');
  socket.bind(0, attacker);
  await once(socket, 'listening');
  const junk = [
    Buffer.from('x'.repeat(200)),
    Buffer.alloc(9_000, 0x7b),
    Buffer.from(JSON.stringify({msgtype: 'online', port: first, node: '1'.repeat(32), signature: '0'.repeat(64)})),
    Buffer.from(`{"msgtype": "offline", "port": ${first}}`),
  ];
  let isFlooding = true;
  let sent = 0;
  async function flood(): Promise<void> {
    while (isFlooding) {
      const datagram = junk[sent++ % junk.length] ?? Buffer.alloc(0);
      for (const port of ports) socket.send(datagram, port, '127.0.0.1');
      // The nodes live in this process, too.
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.close();
  }
  const flooded = flood();
  await harnesses[0]?.reaches('announcementsRefused', 2_000);
  harnesses.push(await startNode(t, {port: third, udpPorts: ports}));
  const [, , newcomer] = harnesses;
  await newcomer?.reaches('nodesJoined', 2);
  for (const harness of harnesses) await harness.reaches('nodesJoined', 2);
  isFlooding = false;
  await flooded;
  t.log(`${sent * ports.length} datagrams`);
  for (const harness of harnesses) {
    acknowledgeAll((await harness.join()).client);
    t.is(harness.counter('nodesLost') + harness.counter('nodesLeft'), 0);
  }
  const {json} = (await harnesses[1]?.api.send(all)) ?? {json: {}};
  t.like(json, {status: 0, connections: 3});
  t.false('partial' in json);
});

test.serial('a node whose clock is 15 s ahead is one of the cluster, and the log of the others names it', async (t) => {
  const clockAhead = ['--import', fileURLToPath(new URL('../support/clock-ahead.ts', import.meta.url))];
  const {nodes} = await startCluster(t, 2, {}, (place) => (place === 1 ? {nodeArgs: clockAhead} : {}));
  const [right, wrong] = nodes;
  if (right === undefined || wrong === undefined) throw new Error('Expected two nodes');
  for (const [place, node] of nodes.entries()) await node.join(`${place}`);
  const {json} = await right.api.send({...all, replies: 'all'}, 'to both');
  t.like(json, {status: 0, connections: 2});
  t.false('partial' in json);
  t.is((await right.api.unsubscribe('unknown', 'room')).text, '{"status":0}');
  for (const [node, says] of [
    [right, /its clock is 1[45]\.\d s ahead","event":"cluster\.clockSkew"/],
    [wrong, /its clock is 1[45]\.\d s behind","event":"cluster\.clockSkew"/],
  ] as const) {
    await until(() => says.test(node.output) || undefined, 'the clock to be named in the log');
  }
});

test.serial('a node that is announced and cannot be reached makes answers partial until it says goodbye', async (t) => {
  const ports = await holdPorts(t, 2);
  const [first = 0, second = 0] = ports;
  const a = await startNode(t, {port: first, udpPorts: ports});
  acknowledgeAll((await a.join()).client);
  t.false('partial' in (await a.api.send(all)).json);
  // A node behind a firewall that lets datagrams out and nothing in.
  const keys = deriveNodeKeys(securityToken);
  const facts = {node: '7'.repeat(32), address: '127.0.0.1', wallMs: Date.now()};
  const announce = (msgtype: 'online' | 'offline', sequence: number): Promise<void> =>
    sendFrom(t, '127.0.0.1', writeAnnouncement(keys, {msgtype, port: second}, {...facts, sequence}), first);
  await announce('online', 1);
  await until(
    async () => ((await metric(a, 'rainbow_nodes_missing')) === 1 ? true : undefined),
    'the node to be missed',
  );
  for (const qos of [0, 1, 2]) t.like((await a.api.send({...all, qos})).json, {status: 0, partial: true});
  t.like((await a.api.subscribe('unknown', 'room')).json, {code: 'RB_NO_SUCH_CONNECTION', partial: true});
  t.is((await a.api.unsubscribe('unknown', 'room')).text, '{"status":0,"partial":true}');
  t.regex(
    (await a.api.get('/serverinfo/')).text,
    new RegExp(`<td>127.0.0.1:${second}</td><td>the connection is refused`),
  );
  await announce('offline', 2);
  await until(async () => ((await metric(a, 'rainbow_nodes_missing')) === 0 ? true : undefined), 'the goodbye');
  t.false('partial' in (await a.api.send(all)).json);
});
