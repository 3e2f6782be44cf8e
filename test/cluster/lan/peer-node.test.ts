import test from 'ava';
import {headerNodeCall} from '../../../src/protocol/header-name.ts';
import {isBodyOf, isNodeCall, readNodeCall, signNodeAnswer} from '../../../src/protocol/node-call.ts';
import {verify} from '../../../src/protocol/signature.ts';
import {
  createNode,
  keys,
  nodeBytesMax,
  nodeCallsMax,
  other,
  requestOf,
  type SentCall,
  self,
  token,
} from './node-harness.ts';

function last(calls: readonly SentCall[]): SentCall {
  const call = calls.at(-1);
  if (call === undefined) throw new Error('Expected a call, got none');
  return call;
}

/** The query of a call. */
function parametersOf({url}: SentCall): Readonly<Record<string, string>> {
  return Object.fromEntries(url.searchParams);
}

test('a publication goes out as the original repeats it: cluster=1, a second less; signed for this node and this call', (t) => {
  const {peer, calls, clock} = createNode();
  const nonces = new Set<string>();
  for (let count = 0; count < 3; count++) {
    void peer.ask({kind: 'publish', request: requestOf()});
    const call = last(calls);
    const claim = readNodeCall(call.headers[headerNodeCall] ?? '');
    if (claim === undefined) return t.fail();
    t.true(isNodeCall(keys, claim, {method: 'POST', target: call.path, receiver: other}));
    t.true(isBodyOf(claim, Buffer.from('hi')));
    t.like(claim, {sender: self, wallMs: clock.wallNow()});
    nonces.add(claim.nonce);
    t.is(call.method, 'POST');
    t.is(call.url.pathname, '/send/');
    const parameters = {channel: 'room', msgtype: '7', qos: '2', timeout: '9', cluster: '1'};
    t.deepEqual(Object.fromEntries(call.url.searchParams), parameters, 'no signature that is good for anything else');
    t.is(Buffer.from(call.body).toString(), 'hi');
  }
  t.is(nonces.size, 3);
});

test('a call carries the time of the called node, by its clock as it was measured last', (t) => {
  const {peer, calls, clock} = createNode(false, 15_200);
  void peer.ask({kind: 'publish', request: requestOf()});
  t.is(readNodeCall(last(calls).headers[headerNodeCall] ?? '')?.wallMs, clock.wallNow() + 15_200);
  peer.place = {...peer.place, clockOffsetMs: -3_000};
  void peer.ask({kind: 'publish', request: requestOf()});
  t.is(readNodeCall(last(calls).headers[headerNodeCall] ?? '')?.wallMs, clock.wallNow() - 3_000);
});

test('a node of the original gets the signature of any caller, and no header of ours', (t) => {
  const {peer, calls, clock} = createNode(true);
  void peer.ask({kind: 'publish', request: requestOf()});
  const {timestamp = '', nonce = '', signature = ''} = Object.fromEntries(last(calls).url.searchParams);
  t.is(verify(token, {timestamp, nonce, signature}, clock.wallNow()), 'valid');
  t.regex(nonce, /^9\d{4}9\d{9}$/);
  t.deepEqual(last(calls).headers, {});
});

test('an answer without proof, or with the proof of another call, does not count, and casts doubt [RB-61]', async (t) => {
  const {peer, calls, state, counters} = createNode();
  const said = {status: 0, connections: 5, data: 'forged'};
  const first = peer.ask({kind: 'publish', request: requestOf()});
  const proofOfFirst = signNodeAnswer(
    keys,
    readNodeCall(last(calls).headers[headerNodeCall] ?? '')?.proof ?? '',
    Buffer.from(JSON.stringify(said)),
  );
  last(calls).answer(said, '0'.repeat(64));
  t.is(await first, 'gone');
  const second = peer.ask({kind: 'publish', request: requestOf()});
  last(calls).answer(said, proofOfFirst);
  t.is(await second, 'gone');
  t.is(state.doubts, 2);
  t.is(counters.nodeCallsFailed, 2);
});

test('a node of the original is asked for whole seconds, and not for what it does not know', (t) => {
  const {peer, calls} = createNode(true);
  void peer.ask({kind: 'publish', request: requestOf({timeoutMs: 2_500})});
  t.is(last(calls).url.searchParams.get('timeout'), '3');
  void peer.ask({kind: 'publish', request: requestOf({timeoutMs: 4_000})});
  t.is(last(calls).url.searchParams.get('timeout'), '3');
  t.false(peer.mayConcern({kind: 'publish', request: requestOf({channel: undefined, identity: 'me'})}));
  t.true(peer.mayConcern({kind: 'publish', request: requestOf()}));
});

test('a short timeout is the other node’s as well', (t) => {
  const {peer, calls} = createNode();
  void peer.ask({kind: 'publish', request: requestOf({timeoutMs: 500})});
  t.is(last(calls).url.searchParams.get('timeout'), '0.5');
  void peer.ask({
    kind: 'publish',
    request: requestOf({timeoutMs: 3_999, wantsReplies: true, channel: undefined, identity: 'me'}),
  });
  t.deepEqual(parametersOf(last(calls)), {
    identity: 'me',
    msgtype: '7',
    qos: '2',
    timeout: '3.999',
    replies: 'all',
    cluster: '1',
  });
});

test('the counts of the other node are returned, replies included [RB-61]', async (t) => {
  const {peer, calls} = createNode();
  const outcome = peer.ask({kind: 'publish', request: requestOf({wantsReplies: true})});
  last(calls).answer({
    status: 0,
    connections: 3,
    data: '/w==',
    encoding: 'base64',
    refused: 1,
    timeout: true,
    outcomes: {confirmed: 3, timeout: 2, refused: 1, gone: 4, failed: 5, queued: '6', open: -7},
    replies: [{identity: 'a', data: 'yes'}, {identity: 'b', data: '/w==', encoding: 'base64'}, {identity: 7}, null],
  });
  t.deepEqual(await outcome, {
    message: 'p1',
    connections: 3,
    isTimedOut: true,
    refused: 1,
    gone: 4,
    late: 2,
    open: 0,
    failed: 5,
    queued: 0,
    isPartial: false,
    lastReply: Buffer.of(0xff),
    replies: [
      {identity: 'a', data: Buffer.from('yes')},
      {identity: 'b', data: Buffer.of(0xff)},
    ],
  });
});

test('a timeout of the other node is one of ours; of the original the count is then not known', async (t) => {
  for (const isOriginal of [false, true]) {
    const {peer, calls} = createNode(isOriginal);
    const outcome = peer.ask({kind: 'publish', request: requestOf()});
    last(calls).answer({status: 1, msg: 'timeout'});
    t.like(await outcome, {connections: 0, isTimedOut: true, isPartial: isOriginal});
  }
});

for (const body of [
  undefined,
  '',
  '<html>It works!</html>',
  'null',
  '[]',
  '{}',
  '{"status":0}',
  '{"status":0,"connections":-1}',
  '{"status":0,"connections":"3"}',
  '{"status":0,"connections":1e300}',
  '{"status":0,"connections":1e999}',
  '{"status":0,"connections":2.5}',
  '{"status":0,"connections":10000001}',
  '{"status":0,"connections":3,"refused":-1}',
  '{"status":0,"connections":3',
  '{"status":1,"msg":"signature error"}',
  '{"status":1,"msg":"shutting down","code":"RB_STOPPING"}',
  '{"status":"0","connections":3}',
]) {
  test(`${body === undefined ? 'no answer' : body === '' ? 'an empty answer' : body} to a publication is partial`, async (t) => {
    const {peer, calls} = createNode();
    const outcome = peer.ask({kind: 'publish', request: requestOf()});
    last(calls).answer(body);
    t.is(await outcome, 'gone');
  });
}

test('QoS 0 is not waited for, and goes out in order, one call at a time [RB-45]', async (t) => {
  const {peer, calls} = createNode();
  const payload = Buffer.from('1');
  t.like(await peer.ask({kind: 'publish', request: requestOf({qos: 0, payload})}), {connections: 0});
  payload.fill(0x78);
  await peer.ask({kind: 'publish', request: requestOf({qos: 0, payload: Buffer.from('2')})});
  t.is(calls.length, 1);
  void peer.ask({kind: 'publish', request: requestOf({qos: 1})});
  t.is(calls.length, 2, 'the others do not wait for it');
  calls[0]?.answer({status: 0});
  t.deepEqual(
    calls.map(({body}) => Buffer.from(body).toString()),
    ['1', 'hi', '2'],
  );
});

test('a broken call is reported at once, and casts doubt', async (t) => {
  const {peer, calls, state, counters} = createNode();
  const outcome = peer.ask({kind: 'publish', request: requestOf()});
  last(calls).answer(undefined);
  t.is(await outcome, 'gone');
  t.is(state.doubts, 1);
  t.is(counters.nodeCallsFailed, 1);
});

test('silence of half the peer timeout casts doubt, again and again; what is heard counts as life', async (t) => {
  const {peer, calls, clock, state} = createNode();
  void peer.ask({kind: 'publish', request: requestOf()});
  clock.advance(999);
  t.is(state.doubts, 0);
  clock.advance(1);
  t.is(state.doubts, 1);
  clock.advance(500);
  const answered = peer.ask({kind: 'publish', request: requestOf()});
  last(calls).answer({status: 0, connections: 0, data: ''});
  await answered;
  clock.advance(999);
  t.is(state.doubts, 1);
  clock.advance(1);
  t.is(state.doubts, 2);
});

test('a node that is lost is waited for no more, one that said goodbye may still answer', async (t) => {
  const lost = createNode();
  const waiting = lost.peer.ask({kind: 'publish', request: requestOf()});
  lost.peer.close(true);
  t.is(await waiting, 'gone');
  t.true(lost.calls[0]?.isCancelled);
  t.true(lost.state.isClosed);
  t.is(lost.clock.pendingCount, 0);

  const leaving = createNode();
  const answered = leaving.peer.ask({kind: 'publish', request: requestOf()});
  leaving.peer.close(false);
  t.false(leaving.state.isClosed);
  t.is(await leaving.peer.ask({kind: 'publish', request: requestOf()}), 'gone');
  last(leaving.calls).answer({status: 0, connections: 2, data: ''});
  t.like(await answered, {connections: 2, isPartial: false});
  t.true(leaving.state.isClosed);
  t.is(leaving.clock.pendingCount, 0);
});

test('a publication is given up a little after its own time', async (t) => {
  const {peer, calls, clock} = createNode();
  const outcome = peer.ask({kind: 'publish', request: requestOf({timeoutMs: 3_000})});
  clock.advance(3_399);
  t.false(last(calls).isCancelled);
  clock.advance(1);
  t.true(last(calls).isCancelled);
  t.is(await outcome, 'gone');
});

test('calls to one node are bounded, in number and in bytes', async (t) => {
  const {peer, calls, counters} = createNode();
  for (let count = 0; count < nodeCallsMax; count++) void peer.ask({kind: 'publish', request: requestOf()});
  t.is(calls.length, 256);
  t.is(await peer.ask({kind: 'publish', request: requestOf()}), 'gone');
  calls[0]?.answer({status: 0, connections: 0, data: ''});
  t.is(calls.length, 257);
  t.is(counters.nodeCallsFailed, 1);

  const another = createNode();
  const payload = new Uint8Array(nodeBytesMax / 4);
  for (let count = 0; count < 4; count++) void another.peer.ask({kind: 'publish', request: requestOf({payload})});
  t.is(another.calls.length, 4);
  t.is(await another.peer.ask({kind: 'publish', request: requestOf()}), 'gone');
});

for (const [end, finish] of [
  ['answered', ({calls}: ReturnType<typeof createNode>) => last(calls).answer({status: 0, connections: 0, data: ''})],
  ['broken', ({calls}: ReturnType<typeof createNode>) => last(calls).answer(undefined)],
  ['given up', ({clock}: ReturnType<typeof createNode>) => clock.advance(20_000)],
] as const) {
  test(`a call that was ${end} gives its bytes and its place back`, async (t) => {
    const node = createNode();
    const payload = new Uint8Array(nodeBytesMax);
    for (let round = 1; round <= 3; round++) {
      const outcome = node.peer.ask({kind: 'publish', request: requestOf({payload})});
      t.is(node.calls.length, round);
      finish(node);
      await outcome;
    }
  });
}

test('what waits past its deadline is never sent', async (t) => {
  const {peer, calls, clock} = createNode();
  void peer.ask({kind: 'publish', request: requestOf({qos: 0, payload: Buffer.from('1')})});
  void peer.ask({kind: 'publish', request: requestOf({qos: 0, payload: Buffer.from('2')})});
  clock.advance(2_000);
  t.is(calls.length, 1);
  t.true(calls[0]?.isCancelled);
  t.is(clock.pendingCount, 0);
});

test('subscriptions are repeated with the body of the original', async (t) => {
  const {peer, calls} = createNode();
  const subscription = {identity: 'me', channel: 'room'};
  const asked = [
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}}),
    peer.ask({kind: 'subscribe', request: {...subscription, occupy: true}}),
    peer.ask({kind: 'unsubscribe', request: subscription}),
  ];
  t.deepEqual(
    calls.map(({url, body}) => [
      url.pathname,
      url.searchParams.get('cluster'),
      JSON.parse(Buffer.from(body).toString()),
    ]),
    [
      ['/sub/', '1', {identity: 'me', channel: 'room'}],
      ['/sub/', '1', {identity: 'me', channel: 'room', occupy: 1}],
      ['/unsub/', '1', {identity: 'me', channel: 'room'}],
    ],
  );
  calls[0]?.answer({status: 0});
  calls[1]?.answer({status: 1, msg: 'no such connection'});
  calls[2]?.answer('<html>');
  t.deepEqual(await Promise.all(asked), [
    {outcome: 'done', ticket: 0},
    {outcome: 'noSuchConnection', ticket: 0},
    'gone',
  ]);
});

for (const [body, outcome] of [
  [{status: 1, msg: 'too many channels', code: 'RB_TOO_MANY_CHANNELS'}, 'tooManyChannels'],
  [{status: 1, msg: 'overloaded', code: 'RB_OVERLOADED'}, 'overloaded'],
  [{status: 1, msg: 'shutting down', code: 'RB_STOPPING'}, 'gone'],
] as const) {
  test(`${body.msg} of another node is ${outcome}`, async (t) => {
    const {peer, calls} = createNode();
    const asked = peer.ask({kind: 'subscribe', request: {identity: 'me', channel: 'room', occupy: false}});
    last(calls).answer(body);
    t.deepEqual(await asked, outcome === 'gone' ? outcome : {outcome, ticket: 0});
  });
}

test('a change that is not answered within the peer timeout is given up', async (t) => {
  const {peer, clock} = createNode();
  const asked = peer.ask({kind: 'unsubscribe', request: {identity: 'me', channel: 'room'}});
  clock.advance(2_000);
  t.is(await asked, 'gone');
});

test('everybody is asked to leave a channel but on nodes of the original, which cannot', async (t) => {
  const {peer, calls} = createNode();
  const asked = peer.ask({kind: 'evict', request: {channel: 'room', before: 1, except: []}});
  t.is(last(calls).url.pathname, '/unsub/');
  t.deepEqual(JSON.parse(Buffer.from(last(calls).body).toString()), {channel: 'room', everyone: true});
  last(calls).answer({status: 0});
  t.is(await asked, 'done');
  const original = createNode(true);
  t.is(await original.peer.ask({kind: 'evict', request: {channel: 'room', before: 1, except: []}}), 'gone');
  t.deepEqual(original.calls, []);
});

test('facts are read only from nodes of ours and of the original', async (t) => {
  const {peer, calls} = createNode();
  const ours = peer.ask({kind: 'info', request: undefined});
  t.is(last(calls).method, 'GET');
  t.is(last(calls).url.pathname, '/serverinfo/');
  last(calls).answer({
    status: 0,
    server: '10.0.0.2:1984',
    channels_cnt: 2,
    channels: [['a', 1], ['b', 2], ['c', -1], 'd'],
    process: {user: 'root', pid: 7, cpu: 1.5, mem: 0.5, memory: 1_000},
    version: '1.2.3',
    uptime: 60,
    connections: 3,
  });
  t.deepEqual(await ours, {
    server: '10.0.0.2:1984',
    facts: {
      version: '1.2.3',
      uptimeSeconds: 60,
      connections: 3,
      channelsCount: 2,
      channels: [
        {name: 'a', connections: 1},
        {name: 'b', connections: 2},
      ],
      cpuPercent: 1.5,
      memoryPercent: 0.5,
      memoryBytes: 1_000,
    },
  });
  const original = peer.ask({kind: 'info', request: undefined});
  last(calls).answer(
    '{"status":0,"server":"x","channels_cnt":0,"channels":[],"process":{"user":"root","pid":"7","cpu":"0.3","mem":"1.2"}}',
  );
  t.like(await original, {facts: {cpuPercent: 0.3, memoryPercent: 1.2, connections: undefined, version: undefined}});
  const halfSilent = peer.ask({kind: 'info', request: undefined});
  last(calls).answer({status: 0, channels_cnt: 0, channels: [], process: {}, partial: true});
  t.like(await halfSilent, {facts: {channelsCount: 0, isPartial: true}});
  const nobody = peer.ask({kind: 'info', request: undefined});
  last(calls).answer('<html>');
  t.deepEqual(await nobody, {server: '10.0.0.2:1984', facts: undefined});
});
