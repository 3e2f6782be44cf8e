import {createHash} from 'node:crypto';
import test from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import {escapeHtml} from '../../../src/gateway/admin/serverinfo-page.ts';
import type {OtherNode} from '../../../src/router/router.ts';
import {type ApiKit, apiKey, signedAt, startApi} from '../http/api-harness.ts';

const paths = ['/serverinfo/', '/serverinfo/?format=json', '/serverinfo/?cluster=1', '/metrics'];

function withChannels({router}: ApiKit, count: number): void {
  const channels = Array.from({length: count}, (_, index) => ({
    name: `room-${String(index).padStart(5, '0')}`,
    connections: index % 7,
  }));
  router.onInfo = async () => ({connections: 1_234_567, channels});
}

test('the page shows the node, its version, its channels with their clients, and every counter', async (t) => {
  const api = await startApi(t);
  withChannels(api, 3);
  const {status, text, headers} = await api.call('/serverinfo/');
  t.is(status, 200);
  t.is(headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(headers.get('cache-control'), 'no-store');
  t.true(text.startsWith('<!doctype html>'));
  for (const part of [
    `127.0.0.1:${api.port}`,
    'version 1.2.3',
    '1 234 567',
    'room-00002',
    'apiRequests',
    'CPU',
    'Memory',
  ]) {
    t.true(text.includes(part), part);
  }
  t.notRegex(text, /not shown/);
});

test('the page loads nothing and runs nothing, and its policy allows its own style alone', async (t) => {
  const {call} = await startApi(t);
  const {text, headers} = await call('/serverinfo/');
  t.notRegex(text, /<script|<link|<img|<iframe|@import|url\(|https?:|style="|\son\w+=/i);
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
  const digest = createHash('sha256').update(style).digest('base64');
  const policy = headers.get('content-security-policy') ?? '';
  t.true(policy.includes("default-src 'none'"));
  t.true(policy.includes(`style-src 'sha256-${digest}'`));
  t.true(policy.includes("frame-ancestors 'none'"));
});

test('channel names are text on the page, whatever they hold', async (t) => {
  const api = await startApi(t);
  const name = `</td><script>alert("1")</script>&amp;'`;
  api.router.onInfo = async () => ({connections: 1, channels: [{name, connections: 1}]});
  const {text} = await api.call('/serverinfo/');
  t.false(text.includes('<script'));
  t.true(text.includes('&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;'));
  t.is(escapeHtml('<>&"\'x'), '&lt;&gt;&amp;&quot;&#39;x');
});

test('a node without channels says so', async (t) => {
  const {call} = await startApi(t);
  t.regex((await call('/serverinfo/')).text, /No channel has a client/);
});

for (const [count, shown] of [
  [999, 999],
  [1_000, 1_000],
  [1_001, 1_000],
] as const) {
  test(`of ${count} channels ${shown} are listed, and the rest is owned up to`, async (t) => {
    const api = await startApi(t);
    withChannels(api, count);
    const page = (await api.call('/serverinfo/')).text;
    t.is(page.split('<td>room-').length - 1, shown);
    t.is(/1 more are not shown/.test(page), count > shown);
    const {json} = await api.call('/serverinfo/?format=json');
    t.like(json, {channelsCount: count});
    t.is((json.channels as readonly unknown[]).length, shown);
    const cluster = (await api.call('/serverinfo/?cluster=1')).json;
    t.is(cluster.channels_cnt, count);
    t.is((cluster.channels as readonly unknown[]).length, shown);
  });
}

test('the facts are JSON where the query or the Accept header asks for them', async (t) => {
  const api = await startApi(t);
  withChannels(api, 1);
  const answers = [
    await api.call('/serverinfo/?format=json'),
    await api.call('/serverinfo/', {headers: {accept: 'application/json, text/plain;q=0.5'}}),
  ];
  for (const {json, headers} of answers) {
    t.is(headers.get('content-type'), 'application/json; charset=utf-8');
    t.like(json, {
      status: 0,
      server: `127.0.0.1:${api.port}`,
      version: '1.2.3',
      connections: 1_234_567,
      channelsCount: 1,
      channels: [{name: 'room-00000', connections: 0}],
      pid: process.pid,
    });
    for (const name of ['cpuPercent', 'memoryPercent', 'memoryBytes', 'heapBytes', 'uptimeSeconds'])
      t.is(typeof json[name], 'number', name);
    t.is(typeof (json.counters as Readonly<Record<string, unknown>>).apiRequests, 'number');
  }
  const html = await api.call('/serverinfo/?format=html', {headers: {accept: 'application/json'}});
  t.is(html.headers.get('content-type'), 'text/html; charset=utf-8');
});

test('the page shows how long the node has been up, in its two largest units', async (t) => {
  const api = await startApi(t);
  const times = [
    [30_000, /up [345]\d s</],
    [3_600_000, /up 1 h 0 min</],
    [90_061_000, /up 1 d 1 h</],
  ] as const;
  for (const [agedMs, shown] of times) {
    api.wall.agedMs = agedMs;
    t.regex((await api.call('/serverinfo/')).text, shown);
  }
});

test('cluster=1 is answered in the shape of the original', async (t) => {
  const api = await startApi(t);
  withChannels(api, 2);
  const {json} = await api.call('/serverinfo/?cluster=1');
  const ofTheOriginal = ['status', 'server', 'channels_cnt', 'channels', 'process'];
  t.deepEqual(Object.keys(json), [...ofTheOriginal, 'version', 'uptime', 'connections']);
  t.like(json, {
    status: 0,
    server: `127.0.0.1:${api.port}`,
    channels_cnt: 2,
    channels: [
      ['room-00000', 0],
      ['room-00001', 1],
    ],
  });
  const facts = json.process as Readonly<Record<string, unknown>>;
  t.deepEqual(Object.keys(facts), ['user', 'pid', 'cpu', 'mem', 'memory']);
  t.is(facts.pid, process.pid);
});

const nodeFacts = {channelsCount: 1, channels: [{name: 'far', connections: 2}], cpuPercent: 0, memoryPercent: 0};
const answering: OtherNode = {server: '10.0.0.2:1984', facts: {...nodeFacts, connections: 2}};
const halfSilent: OtherNode = {server: '10.0.0.3:1984', facts: {...nodeFacts, connections: 2, isPartial: true}};
const silent: OtherNode = {server: '10.0.0.4:1984', facts: undefined, cause: 'another version'};

for (const {missing, isPartial, nodes, says} of [
  {missing: 'nothing', isPartial: false, nodes: [answering], says: undefined},
  {missing: 'a thread', isPartial: true, nodes: [], says: 'Clients and channels of a thread of this node are missing'},
  {missing: 'a node', isPartial: false, nodes: [answering, silent], says: 'of 1 other node are missing'},
  {missing: "another node's thread", isPartial: false, nodes: [halfSilent], says: 'of 1 other node are missing'},
  {missing: 'all of these', isPartial: true, nodes: [halfSilent, silent], says: 'of this node and 2 other nodes are'},
]) {
  test(`every form of the facts says that it is partial, or that nothing is missing: ${missing} [RB-66]`, async (t) => {
    const api = await startApi(t);
    api.router.onInfo = async () => ({connections: 3, channels: [], isPartial});
    api.router.nodes = nodes;
    const page = (await api.call('/serverinfo/')).text;
    t.is(/<p role="status"><b>Partial<\/b>/.test(page), says !== undefined);
    t.true(page.includes(says ?? 'Rainbow'));
    t.is(page.includes('3 (partial)'), isPartial && nodes.length > 0, 'the row of this node');
    t.is(page.includes('2 (partial)'), nodes.includes(halfSilent), 'the row of the other');
    const {json} = await api.call('/serverinfo/?format=json');
    t.is(json.partial, says === undefined ? undefined : true);
    const others = json.nodes as readonly {readonly server: string; readonly partial?: true}[];
    t.deepEqual(
      others.filter(({partial}) => partial).map(({server}) => server),
      nodes.filter((node) => node === halfSilent).map(({server}) => server),
    );
    // Both are about this node alone.
    t.is((await api.call('/serverinfo/?cluster=1')).json.partial, isPartial ? true : undefined);
    t.regex((await api.call('/metrics/')).text, new RegExp(`^rainbow_partial ${isPartial ? 1 : 0}$`, 'm'));
  });
}

test('metrics are in the text format, every counter and gauge with its meaning', async (t) => {
  const api = await startApi(t);
  withChannels(api, 3);
  api.counters.packetsIn = 42;
  const {status, text, headers} = await api.call('/metrics');
  t.is(status, 200);
  t.regex(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  for (const line of [
    '# HELP rainbow_packets_in_total packets received, faults included',
    '# TYPE rainbow_packets_in_total counter',
    'rainbow_packets_in_total 42',
    'rainbow_api_requests_total 1',
    '# TYPE rainbow_connections gauge',
    'rainbow_connections 1234567',
    'rainbow_channels 3',
    'rainbow_replay_entries 0',
  ]) {
    t.true(text.split('\n').includes(line), line);
  }
  t.regex(text, /^process_resident_memory_bytes \d+$/m);
  api.counters.packetsIn = 43;
  await api.post('/send/?channel=a', 'x');
  const later = (await api.call('/metrics')).text;
  t.regex(later, /^rainbow_packets_in_total 43$/m);
  t.regex(later, /^rainbow_replay_entries 1$/m);
});

for (const path of paths) {
  test(`${path} is open to any caller only if the configuration says so`, async (t) => {
    const open = await startApi(t, {serverinfo: 'open'});
    const forwarded = {headers: {'x-forwarded-for': '203.0.113.9'}};
    t.is((await open.call(path)).status, 200);
    t.is((await open.call(path, forwarded)).status, 200);

    const local = await startApi(t);
    t.is((await local.call(path)).status, 200);
    const answer = await local.call(path, forwarded);
    t.is(answer.status, 401, 'a proxy on this machine is not its callers');
    t.is(local.counters.signaturesRefused, 1);

    const signed = await startApi(t, {serverinfo: 'signed', apiKeys: [apiKey]});
    const unsigned = await signed.call(path);
    t.is(unsigned.status, 401);
    t.like(unsigned.json, {status: 1, code: 'RB_SIGNATURE_MISSING'});
  });

  test(`${path} takes a signature, once, or a key`, async (t) => {
    const api = await startApi(t, {serverinfo: 'signed', apiKeys: [apiKey], replay: 'strict'});
    const separator = path.includes('?') ? '&' : '?';
    const signed = `${path}${separator}${signedAt(api.wall.wallMs, '1')}`;
    t.is((await api.call(signed)).status, 200);
    t.is((await api.call(signed)).json.code, 'RB_SIGNATURE_REPLAYED');
    t.is((await api.call(path, {headers: {authorization: `Bearer ${apiKey}`}})).status, 200);
    t.is((await api.call(path, {headers: {authorization: 'Bearer x'}})).json.code, 'RB_API_KEY');
  });

  test(`${path} answers by its code, or 500, where the router fails`, async (t) => {
    const api = await startApi(t);
    api.router.onInfo = () => Promise.reject(new RainbowError('RB_OVERLOADED'));
    t.is((await api.call(path)).status, 503);
    api.router.onInfo = () => Promise.reject(new Error('x'));
    const answer = await api.call(path);
    t.is(answer.status, 500);
    t.is(answer.json.code, 'RB_INTERNAL');
    t.is(api.logLines.length, 1);
  });
}
