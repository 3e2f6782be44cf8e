// The API as other nodes use it, and what it says of them.

import {randomBytes} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {answerHello, askingHello, type HelloQuestion} from '../../../src/cluster/lan/hello.ts';
import {RainbowError} from '../../../src/core/errors.ts';
import {isNodeAnswer, type NodeCallFacts, signNodeCall} from '../../../src/protocol/node-call.ts';
import {deriveNodeKeys} from '../../../src/protocol/node-proof.ts';
import {bodyOf, openSocket, outcomeOf, readToEnd, startApi, token} from './api-harness.ts';

const node = '0123456789abcdef0123456789abcdef';
const subscription = '{"identity":"abc","channel":"room"}';

test('a call with cluster=1 is for the clients of this node alone, one with an empty cluster is not', async (t) => {
  const {post, router, ownNode} = await startApi(t);
  for (const query of ['cluster=1', 'cluster=yes']) await post(`/send/?channel=room&${query}`, 'x');
  t.is(ownNode.published.length, 2);
  await post('/send/?channel=room&cluster=', 'x');
  await post('/send/?channel=room', 'x');
  t.is(router.published.length, 2);
  await post('/sub/?cluster=1', subscription);
  await post('/unsub/?cluster=1', subscription);
  t.is(ownNode.subscribed.length, 1);
  t.is(ownNode.unsubscribed.length, 1);
  t.is(router.subscribed.length + router.unsubscribed.length, 0);
});

test('a node may ask that everybody leave a channel; a caller may not', async (t) => {
  const {post, router, ownNode} = await startApi(t);
  const body = '{"channel":"room","everyone":true}';
  t.is((await post('/unsub/?cluster=1', body)).text, '{"status":0}');
  t.deepEqual(ownNode.evicted, ['room']);
  t.like(await post('/unsub/', body), {status: 400});
  for (const wrong of ['{"channel":"room","everyone":1}', '{"channel":"","everyone":true}', '{"everyone":true}', 'x']) {
    t.like((await post('/unsub/?cluster=1', wrong)).json, {status: 1, code: 'RB_PARAMETERS'});
  }
  t.deepEqual(ownNode.evicted, ['room']);
  t.deepEqual(router.evicted, []);
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
  const {post, router, counters} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 2, isPartial: true});
  t.is(
    (await post('/send/?channel=room', 'x')).text,
    '{"status":0,"connections":2,"data":"","outcomes":{"confirmed":2,"timeout":0,"refused":0,"gone":0,"failed":0,' +
      '"queued":0,"open":0},"partial":true,"message":"m1"}',
  );
  router.onPublish = async () => outcomeOf({isTimedOut: true, isPartial: true});
  t.like((await post('/send/?channel=room', 'x')).json, {status: 1, msg: 'timeout', partial: true});
  t.like((await post('/send/?channel=room&qos=0', 'x')).json, {status: 0, partial: true});
  t.is(counters.publicationsPartial, 3);
  router.onPublish = async () => outcomeOf({});
  t.false('partial' in (await post('/send/?channel=room', 'x')).json);
});

test('a change without one of the nodes says so', async (t) => {
  const {post, router} = await startApi(t);
  router.isPartial = true;
  t.is((await post('/sub/', subscription)).text, '{"status":0,"partial":true}');
  t.is((await post('/unsub/', subscription)).text, '{"status":0,"partial":true}');
  router.onSubscribe = async () => 'noSuchConnection';
  const answer = await post('/sub/', subscription);
  t.is(answer.status, 404);
  t.like(answer.json, {code: 'RB_NO_SUCH_CONNECTION', partial: true});
});

const clustered = {udpPorts: [1984]};
const keys = deriveNodeKeys(token);
const asker = 'f'.repeat(32);

function questionHeaders({node: from, proof}: HelloQuestion): Record<string, string> {
  return {RAINBOWNODE: from, RAINBOWNODEPROOF: proof};
}

test('/hello/ proves who this node is to another node, over both ends of the connection', async (t) => {
  const {call, port, wall} = await startApi(t, clustered);
  const question = askingHello(keys, asker, '0123456789abcdef');
  const {text, headers} = await call(`/hello/?nonce=${question.nonce}`, {headers: questionHeaders(question)});
  t.is(text, 'ok');
  t.is(headers.get('rainbownode'), node);
  t.is(headers.get('rainbownodetime'), String(wall.wallMs));
  t.is(headers.get('rainbownodeplace'), `127.0.0.1:${port} 127.0.0.1`);
  const path = {place: `127.0.0.1:${port}`, asker: '127.0.0.1'};
  const said = answerHello(keys, question, {node, wallMs: wall.wallMs, path});
  t.is(headers.get('rainbownodeproof'), said?.proof ?? '');
});

test('behind NAT a node names the address by which others reach it', async (t) => {
  const {call} = await startApi(t, {...clustered, clusterAddress: '203.0.113.7:1984'});
  const question = askingHello(keys, asker, '0123456789abcdef');
  const {headers} = await call(`/hello/?nonce=${question.nonce}`, {headers: questionHeaders(question)});
  t.is(headers.get('rainbownodeplace'), '203.0.113.7:1984 127.0.0.1');
});

test('/hello/ answers a stranger ok and nothing else, and so everybody where no cluster is configured', async (t) => {
  const question = askingHello(keys, asker, '0123456789abcdef');
  const right = questionHeaders(question);
  const strangers = [
    {},
    {RAINBOWNODE: asker},
    {...right, RAINBOWNODE: 'e'.repeat(32)},
    {...right, RAINBOWNODEPROOF: '0'.repeat(64)},
    questionHeaders(askingHello(deriveNodeKeys('another'), asker, question.nonce)),
  ];
  for (const [options, headersList] of [
    [clustered, strangers],
    [{}, [...strangers, right]],
  ] as const) {
    const {call} = await startApi(t, options);
    for (const headers of headersList) {
      for (const path of ['/hello/', '/hello/?nonce=12345678', `/hello/?nonce=${question.nonce}`]) {
        if (headers === right && !path.includes(question.nonce)) continue;
        const answer = await call(path, {headers});
        t.is(answer.text, 'ok');
        t.deepEqual(
          [...answer.headers.keys()].filter((name) => name.startsWith('rainbow')),
          [],
        );
      }
    }
  }
});

/** A call of another node, as it should be but for what a test changes after it was signed. */
function nodeCall(target: string, body: string, changes: Partial<NodeCallFacts> = {}) {
  const nonce = randomBytes(16).toString('hex');
  const facts = {method: 'POST', target, body: Buffer.from(body), sender: asker, receiver: node, wallMs: 0, nonce};
  const {header, proof} = signNodeCall(keys, {...facts, ...changes});
  return {proof, options: {method: 'POST', body, headers: {RAINBOWNODECALL: header}}};
}

const target = '/send/?channel=room&cluster=1';

test('a call of another node needs no signature of a caller, is for this node alone, and its answer is signed', async (t) => {
  const {call, ownNode, router, wall} = await startApi(t, clustered);
  const {proof, options} = nodeCall(target, 'hi', {wallMs: wall.wallMs});
  const answer = await call(target, options);
  t.is(answer.status, 200);
  t.is(Buffer.from(ownNode.published[0]?.payload ?? '').toString(), 'hi');
  t.is(router.published.length, 0);
  const signature = answer.headers.get('rainbownodeanswer') ?? undefined;
  t.true(isNodeAnswer(keys, proof, Buffer.from(answer.text), signature));
  t.false(isNodeAnswer(keys, proof, Buffer.from(`${answer.text} `), signature));
  ownNode.onPublish = () => Promise.reject(new RainbowError('RB_OVERLOADED'));
  const refused = nodeCall(target, 'hi', {wallMs: wall.wallMs});
  const refusal = await call(target, refused.options);
  t.is(refusal.status, 200);
  t.true(
    isNodeAnswer(keys, refused.proof, Buffer.from(refusal.text), refusal.headers.get('rainbownodeanswer') ?? undefined),
  );
});

test('a call of another node whose body comes after its window is refused, since its repeat could no longer be known', async (t) => {
  const {port, counters, ownNode, wall} = await startApi(t, clustered);
  const socket = await openSocket(t, port);
  const answer = readToEnd(socket);
  const {RAINBOWNODECALL: header} = nodeCall(target, 'hi', {wallMs: wall.wallMs}).options.headers;
  const head = `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRAINBOWNODECALL: ${header}\r\n`;
  socket.write(`${head}Content-Length: 2\r\n\r\n`);
  while (counters.apiRequests === 0) await nextTurn();
  wall.wallMs += 10_000;
  socket.write('hi');
  t.is(bodyOf(await answer).code, 'RB_SIGNATURE_EXPIRED');
  t.is(ownNode.published.length, 0);
});

test('a long answer to a node, which is made in pieces, is signed whole', async (t) => {
  const {call, ownNode, wall} = await startApi(t, clustered);
  const long = `${target}&replies=all&qos=1`;
  const replies = Array.from({length: 20}, (_, place) => ({identity: `i${place}`, data: Buffer.alloc(50_000, 0x61)}));
  ownNode.onPublish = async () => outcomeOf({connections: 20, replies});
  const {proof, options} = nodeCall(long, 'hi', {wallMs: wall.wallMs});
  const {text, headers, json} = await call(long, options);
  t.true(text.length > 1_000_000);
  t.is((json.replies as readonly unknown[]).length, 20);
  t.true(isNodeAnswer(keys, proof, Buffer.from(text), headers.get('rainbownodeanswer') ?? undefined));
});

for (const mode of ['exact', 'strict'] as const) {
  test(`a captured call of a node is good for nothing else, nowhere else and never again, replay = ${mode}`, async (t) => {
    const {call, ownNode, router, wall, counters} = await startApi(t, {
      ...clustered,
      replay: mode,
      serverinfo: 'open',
    });
    const {wallMs} = wall;
    const captured = nodeCall(target, 'hi', {wallMs});
    t.is((await call(target, captured.options)).status, 200);
    const {header} = {header: captured.options.headers.RAINBOWNODECALL};
    const wrong: readonly (readonly [string, string, RequestInit, string])[] = [
      ['made again', target, {}, 'RB_SIGNATURE_REPLAYED'],
      ['another body', target, {body: 'ho'}, 'RB_SIGNATURE'],
      ['no body', target, {body: ''}, 'RB_SIGNATURE'],
      ['another channel', target.replace('room', 'other'), {}, 'RB_SIGNATURE'],
      ['without cluster', '/send/?channel=room', {}, 'RB_SIGNATURE'],
      ['another path', '/sub/?channel=room&cluster=1', {}, 'RB_SIGNATURE'],
      ['another method', '/serverinfo/?cluster=1', {method: 'GET'}, 'RB_SIGNATURE'],
      ['the trace', '/trace/?channel=room&cluster=1', {method: 'GET'}, 'RB_SIGNATURE'],
      [
        'a header twice',
        target,
        {
          headers: [
            ['RAINBOWNODECALL', header],
            ['RAINBOWNODECALL', header],
          ],
        },
        'RB_SIGNATURE_MALFORMED',
      ],
      ['no form', target, {headers: {RAINBOWNODECALL: 'x'}}, 'RB_SIGNATURE_MALFORMED'],
      ['another node', target, nodeCall(target, 'hi', {wallMs, receiver: 'e'.repeat(32)}).options, 'RB_SIGNATURE'],
      ['too old', target, nodeCall(target, 'hi', {wallMs: wallMs - 10_000}).options, 'RB_SIGNATURE_EXPIRED'],
      ['too new', target, nodeCall(target, 'hi', {wallMs: wallMs + 10_000}).options, 'RB_SIGNATURE_EXPIRED'],
    ];
    for (const [what, path, changes, code] of wrong) {
      const {body, ...options} = {...captured.options, ...changes};
      const answer = await call(path, {...options, ...(options.method === 'POST' && {body: body ?? null})});
      t.is(answer.status, 401, what);
      t.is(answer.json.code, code, what);
    }
    t.is(ownNode.published.length, 1);
    t.is(router.published.length, 0);
    t.is(counters.signaturesRefused, wrong.length);
  });
}

test('where no cluster is configured the header of a node opens nothing', async (t) => {
  const {call, wall} = await startApi(t);
  const {options} = nodeCall(target, 'hi', {wallMs: wall.wallMs});
  t.like(await call(target, options), {status: 401});
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
  {server: '10.0.0.3:1984', facts: undefined, cause: 'the proof of /hello/ is wrong'},
];

test('the page shows all nodes, and the channels of all of them', async (t) => {
  const {call, router, port} = await startApi(t);
  router.onInfo = async () => ({connections: 3, channels: [{name: 'room-00001', connections: 3}]});
  router.nodes = others;
  const {text} = await call('/serverinfo/');
  t.true(text.includes(`<td>127.0.0.1:${port} (this node)</td><td>1.2.3</td>`));
  t.true(
    text.includes(
      '<td>10.0.0.2:1984</td><td>1.2.4</td><td>1 min 30 s</td><td>1 500</td><td>1 500</td><td>2.5 %</td><td>100 MB</td>',
    ),
  );
  t.true(text.includes('<td>10.0.0.1:1984</td><td>does not answer</td>'));
  t.true(text.includes('<td>10.0.0.3:1984</td><td>the proof of /hello/ is wrong</td>'));
  t.regex(text, /<td>room-00001<\/td><td><meter[^>]*><\/meter><b>8<\/b>/);
  t.true(text.includes('1 498 more are not shown'));
});

test('as JSON the facts of this node have those of the others beside them, by where they are', async (t) => {
  const {call, router} = await startApi(t);
  router.nodes = others;
  const {json} = await call('/serverinfo/?format=json');
  t.deepEqual(json.nodes, [
    {server: '10.0.0.1:1984', isAnswering: false},
    {server: '10.0.0.2:1984', isAnswering: true, ...others[0]?.facts},
    {server: '10.0.0.3:1984', isAnswering: false, cause: 'the proof of /hello/ is wrong'},
  ]);
  t.false('nodes' in (await call('/serverinfo/?cluster=1')).json);
  const metrics = (await call('/metrics')).text;
  t.regex(metrics, /^rainbow_nodes 2$/m);
  t.regex(metrics, /^rainbow_nodes_missing 1$/m);
});

test('a node that stands alone shows no table of nodes', async (t) => {
  const {call} = await startApi(t);
  t.notRegex((await call('/serverinfo/')).text, /<h2>Nodes/);
});
