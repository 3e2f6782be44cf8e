import test from 'ava';
import {readAddress} from '../../../src/gateway/http/api-address.ts';
import {parseQuery} from '../../../src/gateway/http/api-query.ts';
import {type OutcomeCounts, sendQuery} from '../../../src/protocol/api.ts';
import {type Audience, audienceParameters} from '../../../src/protocol/audience.ts';
import {openSocket, outcomeOf, readToEnd, startApi} from './api-harness.ts';

function counts(given: Partial<OutcomeCounts>): OutcomeCounts {
  return {confirmed: 0, timeout: 0, refused: 0, gone: 0, failed: 0, queued: 0, open: 0, ...given};
}

const countsText = `"outcomes":${JSON.stringify(counts({}))}`;

test('a call without parameters but its channel is sent as type 1 at QoS 2 with 10 s', async (t) => {
  const {post, router, counters} = await startApi(t);
  const answer = await post('/send/?channel=room', 'hello');
  t.is(answer.status, 200);
  t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  t.is(answer.text, `{"status":0,"connections":0,"data":"",${countsText},"message":"m1"}`);
  t.deepEqual(router.published, [
    {
      channel: 'room',
      identity: undefined,
      type: 1,
      qos: 2,
      timeoutMs: 10_000,
      payload: Uint8Array.from(Buffer.from('hello')),
      wantsReplies: false,
    },
  ]);
  t.is(counters.apiRequests, 1);
  t.is(counters.apiErrors, 0);
});

test('every parameter reaches the router', async (t) => {
  const {post, router} = await startApi(t);
  await post('/send/?identity=abc&msgtype=65535&qos=1&timeout=2.5&replies=all', 'x');
  t.like(router.published[0], {
    channel: undefined,
    identity: 'abc',
    type: 65_535,
    qos: 1,
    timeoutMs: 2_500,
    wantsReplies: true,
  });
});

const several: readonly (readonly [query: string, audience: Partial<Audience>])[] = [
  ['channel=a&channel=b', {channels: ['a', 'b']}],
  ['channel=a&identity=b', {channels: ['a'], identities: ['b']}],
  ['channel=a&identity=c&channel=b&channel=a&identity=d', {channels: ['a', 'b'], identities: ['c', 'd']}],
  ['user=ann', {users: ['ann']}],
  ['user=ann&user=ben&identity=b', {users: ['ann', 'ben'], identities: ['b']}],
  ['broadcast=1', {isEverybody: true}],
  ['broadcast', {isEverybody: true}],
  ['broadcast=true&except=b', {isEverybody: true, except: ['b']}],
  ['channel=a&except=b', {channels: ['a'], except: ['b']}],
  ['channel=a&except=b,c,b', {channels: ['a'], except: ['b', 'c']}],
  ['channel=a&except=b,c&except=d', {channels: ['a'], except: ['b,c', 'd']}],
  ['channel=a&except=b,c&except=b,c', {channels: ['a'], except: ['b,c']}],
];

for (const [query, audience] of several) {
  test(`/send/?${query} means each client once`, async (t) => {
    const {post, router} = await startApi(t);
    t.is(
      (await post(`/send/?${query}`, 'x')).text,
      `{"status":0,"connections":0,"data":"",${countsText},"message":"m1"}`,
    );
    const whole = {channels: [], identities: [], users: [], isEverybody: false, except: [], ...audience};
    t.like(router.published[0], {channel: undefined, identity: undefined});
    t.deepEqual(router.published[0]?.audience, whole);
    // Other nodes are asked for the same.
    const again = readAddress(parseQuery(sendQuery(audienceParameters(whole))));
    t.deepEqual('audience' in again ? again.audience : undefined, whole);
  });
}

for (const query of ['channel=a', 'channel=a&channel=a', 'channel=a&broadcast=0', 'channel=b&identity=c']) {
  test(`/send/?${query}: one target stays what it always was, several are distinguished`, async (t) => {
    const {post, router} = await startApi(t);
    await post(`/send/?${query}`, 'x');
    t.is(router.published[0]?.channel, query.includes('identity') ? undefined : 'a');
    t.is(router.published[0]?.audience === undefined, !query.includes('identity'));
  });
}

test('at QoS 0 the answer contains the publication and nothing else', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({message: 'a-7'});
  const answer = await post('/send/?channel=room&qos=0', 'x');
  t.is(answer.text, '{"status":0,"message":"a-7"}');
});

test('connections and the last non-empty reply are returned [RB-61]', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 3, lastReply: Buffer.from('{"é":"\\"房"}\u0000')});
  const {json, text} = await post('/send/?channel=room&qos=1', 'x');
  t.deepEqual(json, {
    status: 0,
    connections: 3,
    data: '{"é":"\\"房"}\u0000',
    outcomes: counts({confirmed: 3}),
    message: 'm1',
  });
  t.regex(text, /^\{"status":0,"connections":3,"data":/);
});

test('a byte order mark is part of the reply', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 1, lastReply: Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)});
  t.is((await post('/send/?channel=room', 'x')).json.data, '\u{feff}a');
});

test('a reply that is not UTF-8 comes as base64 and says so', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 1, lastReply: Uint8Array.of(0xff, 0xfe, 0x00)});
  const {json} = await post('/send/?channel=room', 'x');
  t.deepEqual(json, {
    status: 0,
    connections: 1,
    data: '//4A',
    encoding: 'base64',
    outcomes: counts({confirmed: 1}),
    message: 'm1',
  });
});

test('only replies=all returns every reply with its client', async (t) => {
  const {post, router} = await startApi(t);
  const replies = [
    {identity: 'a"b', data: Buffer.from('one')},
    {identity: 'c', data: new Uint8Array(0)},
    {identity: 'd', data: Uint8Array.of(0x80)},
  ];
  router.onPublish = async () => outcomeOf({connections: 3, lastReply: Uint8Array.of(0x80), replies});
  const {json} = await post('/send/?channel=room&replies=all', 'x');
  t.deepEqual(json.replies, [
    {identity: 'a"b', data: 'one'},
    {identity: 'c', data: ''},
    {identity: 'd', data: 'gA==', encoding: 'base64'},
  ]);
  t.false('replies' in (await post('/send/?channel=room', 'x')).json);
  router.onPublish = async () => outcomeOf({});
  t.deepEqual((await post('/send/?channel=room&replies=all', 'x')).json.replies, []);
});

test('a timeout with confirmations returns the real number and that it is open [RB-62]', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 2, isTimedOut: true, late: 3, gone: 4});
  const {json, status} = await post('/send/?channel=room', 'x');
  t.is(status, 200);
  const outcomes = counts({confirmed: 2, timeout: 3, gone: 4});
  t.deepEqual(json, {status: 0, connections: 2, data: '', timeout: true, outcomes, message: 'm1'});
});

test('a timeout without a confirmation is status 1, HTTP status 200, and no error of the API [RB-62]', async (t) => {
  const {post, router, counters} = await startApi(t);
  router.onPublish = async () => outcomeOf({isTimedOut: true, refused: 1});
  const {json, status} = await post('/send/?channel=room', 'x');
  t.is(status, 200);
  const timeout = {status: 1, msg: 'timeout', code: 'RB_TIMEOUT', connections: 0, refused: 1};
  t.deepEqual(json, {...timeout, outcomes: counts({refused: 1}), message: 'm1'});
  t.is(counters.apiErrors, 0);
});

test('clients whose queue was full are reported [RB-52]', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => outcomeOf({connections: 1, refused: 4});
  t.is((await post('/send/?channel=room', 'x')).json.refused, 4);
});

test('an empty channel is answered at once, without an error', async (t) => {
  const {post} = await startApi(t);
  const {json, status} = await post('/send/?identity=unknown', 'x');
  t.is(status, 200);
  t.like(json, {status: 0, connections: 0});
});

const payloads: readonly (readonly [title: string, body: Uint8Array<ArrayBuffer>])[] = [
  ['empty', new Uint8Array(0)],
  ['of any bytes', Uint8Array.from({length: 256}, (_, index) => index)],
  ['just below the bound', new Uint8Array(999)],
  ['at the bound', new Uint8Array(1_000)],
];

for (const [title, body] of payloads) {
  test(`a payload ${title} arrives untouched`, async (t) => {
    const {post, router} = await startApi(t, {payloadBytesMax: 1_000});
    t.is((await post('/send/?channel=room', body)).status, 200);
    t.deepEqual(router.published[0]?.payload, body);
  });
}

for (const type of [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'nonsense',
  ';;',
  'a/b; =',
]) {
  test(`a payload is bytes also where its content-type is ${type}`, async (t) => {
    const {post, router} = await startApi(t);
    await post('/send/?channel=room', '{not json', {headers: {'content-type': type}});
    t.deepEqual(router.published[0]?.payload, Uint8Array.from(Buffer.from('{not json')));
  });
}

test('a call without any body or content-type is an empty payload', async (t) => {
  const {port, router, signature} = await startApi(t);
  const socket = await openSocket(t, port);
  socket.write(`POST /send/?channel=room&${signature()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 200 /);
  t.is(router.published[0]?.payload.length, 0);
});

test('a payload sent in chunks arrives whole', async (t) => {
  const {port, router, signature} = await startApi(t);
  const socket = await openSocket(t, port);
  const head = `POST /send/?channel=room&${signature()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked`;
  socket.write(`${head}\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`);
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 200 /);
  t.deepEqual(router.published[0]?.payload, Uint8Array.from(Buffer.from('abcde')));
});

test('a channel in UTF-8 arrives as its name', async (t) => {
  const {post, router} = await startApi(t);
  await post('/send/?channel=%E6%88%BF%e9%97%b4+1', 'x');
  t.is(router.published[0]?.channel, '房间 1');
});

test('a parameter given twice counts as the last one says, unless it names recipients', async (t) => {
  const {post, router} = await startApi(t);
  const {json} = await post('/send/?channel=b&qos=9&qos=1&timeout=3&timeout=4', 'x');
  t.like(router.published[0], {channel: 'b', qos: 1, timeoutMs: 4_000});
  t.deepEqual(json.ignored, ['qos', 'timeout']);
});

test('the path is accepted without its slash', async (t) => {
  const {post, router} = await startApi(t);
  t.is((await post('/send?channel=room', 'x')).status, 200);
  t.is(router.published.length, 1);
});

test('calls of one connection are answered in order, whichever finishes first', async (t) => {
  const {port, router, signature} = await startApi(t);
  const first = Promise.withResolvers<void>();
  router.onPublish = async ({channel}) => {
    if (channel === 'slow') await first.promise;
    else first.resolve();
    return outcomeOf({message: channel ?? ''});
  };
  const socket = await openSocket(t, port);
  const request = (channel: string, end: string): string =>
    `POST /send/?channel=${channel}&${signature()} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n${end}\r\nx`;
  socket.write(request('slow', '') + request('quick', 'Connection: close\r\n'));
  const answers = await readToEnd(socket);
  t.regex(answers, /"message":"slow"[\s\S]*"message":"quick"/);
});
