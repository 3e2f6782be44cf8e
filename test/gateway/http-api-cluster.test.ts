// The API as other nodes use it, and what it says of them.

import test from 'ava';
import {RainbowError} from '../../src/core/errors.ts';
import {prove} from '../../src/protocol/node-proof.ts';
import {outcomeOf, startApi, token} from './api-kit.ts';

const node = '0123456789abcdef0123456789abcdef';
const subscription = '{"identity":"abc","channel":"room"}';

test('a call with cluster=1 is for the clients of this node alone, an empty cluster is none', async (t) => {
  const {post, switchboard, ownNode} = await startApi(t);
  for (const query of ['cluster=1', 'cluster=yes']) await post(`/send/?channel=room&${query}`, 'x');
  t.is(ownNode.published.length, 2);
  await post('/send/?channel=room&cluster=', 'x');
  await post('/send/?channel=room', 'x');
  t.is(switchboard.published.length, 2);
  await post('/sub/?cluster=1', subscription);
  await post('/unsub/?cluster=1', subscription);
  t.is(ownNode.subscribed.length, 1);
  t.is(ownNode.unsubscribed.length, 1);
  t.is(switchboard.subscribed.length + switchboard.unsubscribed.length, 0);
});

test('a node may ask that everybody leave a channel; a caller may not', async (t) => {
  const {post, switchboard, ownNode} = await startApi(t);
  const body = '{"channel":"room","everyone":true}';
  t.is((await post('/unsub/?cluster=1', body)).text, '{"status":0}');
  t.deepEqual(ownNode.evicted, ['room']);
  t.like(await post('/unsub/', body), {status: 400});
  for (const wrong of ['{"channel":"room","everyone":1}', '{"channel":"","everyone":true}', '{"everyone":true}', 'x']) {
    t.like((await post('/unsub/?cluster=1', wrong)).json, {status: 1, code: 'RB_PARAMETERS'});
  }
  t.deepEqual(ownNode.evicted, ['room']);
  t.deepEqual(switchboard.evicted, []);
});

test('a node is answered errors with status 200, as nodes of the original know them; a wrong signature stays 401', async (t) => {
  const {post, call, ownNode} = await startApi(t);
  ownNode.onSubscribe = async () => 'noSuchConnection';
  const answer = await post('/sub/?cluster=1', subscription);
  t.is(answer.status, 200);
  t.like(answer.json, {status: 1, msg: 'no such connection'});
  t.is((await post('/sub/?cluster=1', '{}')).status, 200);
  t.like(await post('/send/?cluster=1&channel=room&qos=9', 'x'), {status: 200});
  ownNode.onPublish = () => Promise.reject(new RainbowError('RB_OVERLOADED'));
  const overloaded = await post('/send/?cluster=1&channel=room', 'x');
  t.is(overloaded.status, 200);
  t.is(overloaded.json.code, 'RB_OVERLOADED');
  const forged = `/send/?cluster=1&channel=room&timestamp=1420000000&nonce=1&signature=${'0'.repeat(40)}`;
  t.is((await call(forged, {method: 'POST', body: 'x'})).status, 401);
});

test('a publication without one of the nodes says so, and is counted', async (t) => {
  const {post, switchboard, counters} = await startApi(t);
  switchboard.onPublish = async () => outcomeOf({connections: 2, isPartial: true});
  t.is(
    (await post('/send/?channel=room', 'x')).text,
    '{"status":0,"connections":2,"data":"","partial":true,"message":"m1"}',
  );
  switchboard.onPublish = async () => outcomeOf({isTimedOut: true, isPartial: true});
  t.like((await post('/send/?channel=room', 'x')).json, {status: 1, msg: 'timeout', partial: true});
  t.is(counters.publicationsPartial, 2);
  switchboard.onPublish = async () => outcomeOf({});
  t.false('partial' in (await post('/send/?channel=room', 'x')).json);
});

test('a change without one of the nodes says so', async (t) => {
  const {post, switchboard} = await startApi(t);
  switchboard.isPartial = true;
  t.is((await post('/sub/', subscription)).text, '{"status":0,"partial":true}');
  t.is((await post('/unsub/', subscription)).text, '{"status":0,"partial":true}');
  switchboard.onSubscribe = async () => 'noSuchConnection';
  const answer = await post('/sub/', subscription);
  t.is(answer.status, 404);
  t.like(answer.json, {code: 'RB_NO_SUCH_CONNECTION', partial: true});
});

test('/hello/ answers ok and no more, with the id of the node, and its proof to who asks with a nonce', async (t) => {
  const {call} = await startApi(t);
  const plain = await call('/hello/');
  t.is(plain.text, 'ok');
  t.is(plain.headers.get('rainbownode'), node);
  t.is(plain.headers.get('rainbownodeproof'), null);
  const asked = await call('/hello/?nonce=12345678');
  t.is(asked.text, 'ok');
  t.is(asked.headers.get('rainbownodeproof'), prove(token, 'hello', ['12345678', node]));
  t.is((await call('/hello/?nonce=short')).headers.get('rainbownodeproof'), null);
});

const others = [
  {
    server: '10.0.0.2:1984',
    facts: {
      version: '1.2.4',
      uptimeSeconds: 90,
      connections: 1_500,
      channelsCount: 1_500,
      channels: [
        {name: 'room-00001', connections: 5},
        {name: 'zoo', connections: 7},
      ],
      cpuPercent: 2.5,
      memoryPercent: 1,
      memoryBytes: 104_857_600,
    },
  },
  {server: '10.0.0.1:1984', facts: undefined},
];

test('the page shows all nodes, and the channels of all of them', async (t) => {
  const {call, switchboard, port} = await startApi(t);
  switchboard.onInfo = async () => ({connections: 3, channels: [{name: 'room-00001', connections: 3}]});
  switchboard.nodes = others;
  const {text} = await call('/serverinfo/');
  t.true(text.includes(`<td>127.0.0.1:${port} (this node)</td><td>1.2.3</td>`));
  t.true(
    text.includes(
      '<td>10.0.0.2:1984</td><td>1.2.4</td><td>1 min 30 s</td><td>1 500</td><td>1 500</td><td>2.5 %</td><td>100 MB</td>',
    ),
  );
  t.true(text.includes('<td>10.0.0.1:1984</td><td>does not answer</td>'));
  t.regex(text, /<td>room-00001<\/td><td><meter[^>]*><\/meter><b>8<\/b>/);
  t.true(text.includes('1 498 more are not shown'));
});

test('as JSON the facts of this node have those of the others beside them, by where they are', async (t) => {
  const {call, switchboard} = await startApi(t);
  switchboard.nodes = others;
  const {json} = await call('/serverinfo/?format=json');
  t.deepEqual(json.nodes, [
    {server: '10.0.0.1:1984', isAnswering: false},
    {server: '10.0.0.2:1984', isAnswering: true, ...others[0]?.facts},
  ]);
  t.false('nodes' in (await call('/serverinfo/?cluster=1')).json);
  t.regex((await call('/metrics')).text, /^rainbow_nodes 2$/m);
});

test('a node that stands alone shows no table of nodes', async (t) => {
  const {call} = await startApi(t);
  t.notRegex((await call('/serverinfo/')).text, /<h2>Nodes/);
});
