// POST /send/batch/ before a scripted router.

import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import type {PublishOutcome} from '../../../src/router/router.ts';
import {type BatchCall, openBatch} from '../../support/batch.ts';
import {type ApiKit, apiKey, openSocket, outcomeOf, readToEnd, startApi} from './api-harness.ts';

const linesMax = 128;
const stallMs = 60_000;

/** Begins a signed batch. */
function begin(t: ExecutionContext, api: ApiKit, query = api.signature()): BatchCall {
  return openBatch(t, api.port, `/send/batch/?${query}`);
}

/** Answers each message with its payload as id. */
function echo({router}: ApiKit): void {
  router.onPublish = async ({payload}) => outcomeOf({message: Buffer.from(payload).toString()});
}

/** Sends a whole body, and gives the answers. */
async function send(t: ExecutionContext, api: ApiKit, body: string | Uint8Array) {
  const batch = begin(t, api);
  batch.write(body);
  batch.end();
  return batch.rest();
}

/** Lets what can run do so, as often as a test needs that checks that something does not happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

/** Settles once the router was asked for so many publications. */
async function published({router}: ApiKit, count: number): Promise<void> {
  while (router.published.length < count) await nextTurn();
}

test('each line is a message, and is answered as /send/ answers it', async (t) => {
  const api = await startApi(t);
  const {router, post} = api;
  router.onPublish = async ({qos}) => outcomeOf({connections: qos === 0 ? 0 : 3, lastReply: Buffer.from('yes')});
  const lines = [
    {channel: 'lobby', payload: 'hello'},
    {identity: 'user-17', qos: 0, msgtype: 7, payload_base64: 'AP8='},
    {channel: 'lobby', qos: 1, timeout: 2.5, replies: 'all', payload: ''},
  ];
  const answers = await send(t, api, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  t.is(router.published.length, 3);
  t.like(router.published[1], {identity: 'user-17', qos: 0, type: 7, payload: Uint8Array.of(0, 0xff)});
  t.like(router.published[2], {channel: 'lobby', qos: 1, timeoutMs: 2_500, wantsReplies: true});
  for (const [place, {payload, payload_base64, ...parameters}] of lines.entries()) {
    const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    const {json} = await post(`/send/?${query}`, payload ?? Buffer.from(payload_base64 ?? '', 'base64'));
    t.deepEqual<unknown, unknown>(answers[place], json);
  }
});

test('the answer is NDJSON', async (t) => {
  const api = await startApi(t);
  const batch = begin(t, api);
  batch.end();
  const {statusCode, headers} = await batch.response;
  t.is(statusCode, 200);
  t.is(headers['content-type'], 'application/x-ndjson; charset=utf-8');
  t.deepEqual(await batch.rest(), [], 'no line, no answer');
});

test('answers come in the order of their lines, whichever finishes first, and lines begin in order', async (t) => {
  const api = await startApi(t);
  const outcomes: PromiseWithResolvers<PublishOutcome>[] = [];
  api.router.onPublish = () => {
    const outcome = Promise.withResolvers<PublishOutcome>();
    outcomes.push(outcome);
    return outcome.promise;
  };
  const batch = begin(t, api);
  for (const channel of ['a', 'b', 'c', 'd']) batch.write({channel});
  batch.write('broken\n');
  batch.end();
  await published(api, 4);
  for (const place of [3, 1, 2, 0]) outcomes[place]?.resolve(outcomeOf({message: `m${place}`}));
  t.deepEqual(
    (await batch.rest()).map(({message, code}) => message ?? code),
    ['m0', 'm1', 'm2', 'm3', 'RB_PARAMETERS'],
  );
  t.deepEqual(
    api.router.published.map(({channel}) => channel),
    ['a', 'b', 'c', 'd'],
  );
});

test('an answer comes before the next line is sent', async (t) => {
  const api = await startApi(t);
  echo(api);
  const batch = begin(t, api);
  for (const payload of ['one', 'two', 'three']) {
    batch.write({channel: 'lobby', payload});
    t.like(await batch.next(), {message: payload});
  }
  batch.end();
  t.is(await batch.next(), undefined);
});

for (const [what, body] of [
  ['line feeds', '{"channel":"a","payload":"1"}\n{"channel":"a","payload":"2"}\n'],
  ['CRLF', '{"channel":"a","payload":"1"}\r\n{"channel":"a","payload":"2"}\r\n'],
  ['no line feed at the end', '{"channel":"a","payload":"1"}\n{"channel":"a","payload":"2"}'],
  ['empty lines', '\n\r\n{"channel":"a","payload":"1"}\n \t \n\n{"channel":"a","payload":"2"}\n\n'],
  ['a byte order mark', '\u{feff}{"channel":"a","payload":"1"}\n{"channel":"a","payload":"2"}\n'],
] as const) {
  test(`a body with ${what} has two lines`, async (t) => {
    const api = await startApi(t);
    echo(api);
    t.deepEqual(
      (await send(t, api, body)).map(({message}) => message),
      ['1', '2'],
    );
    t.like(api.counters, {batchLines: 2, batchLinesRefused: 0});
  });
}

const faults = {
  'no JSON': ['hello', 'RB_PARAMETERS'],
  'bytes that are not UTF-8': [Buffer.from([0x22, 0xff, 0x22]), 'RB_PARAMETERS'],
  'an unknown name': ['{"channel":"a","colour":1}', 'RB_PARAMETERS'],
  'no recipients': ['{"payload":"x"}', 'RB_CHANNEL_MISSING'],
  'a wrong qos': ['{"channel":"a","qos":9}', 'RB_QOS'],
  'a wrong channel': ['{"channel":"a;;b"}', 'RB_CHANNEL_INVALID'],
  'a payload above payload_max': [`{"channel":"a","payload":"${'x'.repeat(1_001)}"}`, 'RB_BODY_TOO_LARGE'],
  'more bytes than a line may have': [`{"channel":"a","payload":"${'x'.repeat(70_000)}"}`, 'RB_BODY_TOO_LARGE'],
} as const;

for (const [what, [line, code]] of Object.entries(faults)) {
  test(`a line with ${what} is answered ${code}, and the others are sent`, async (t) => {
    const api = await startApi(t, {payloadBytesMax: 1_000});
    echo(api);
    const good = (payload: string) => Buffer.from(`{"channel":"a","payload":"${payload}"}\n`);
    const answers = await send(t, api, Buffer.concat([good('1'), Buffer.from(line), Buffer.from('\n'), good('2')]));
    t.is(answers.length, 3);
    t.like(answers[0], {status: 0, message: '1'});
    t.like(answers[1], {status: 1, code});
    t.like(answers[2], {status: 0, message: '2'});
    t.like(api.counters, {batchLines: 3, batchLinesRefused: 1});
    t.is(api.memory.total, 0);
  });
}

test('a line that fails by a fault of ours is logged, and the others are answered', async (t) => {
  const api = await startApi(t);
  api.router.onPublish = async ({channel}) => {
    if (channel === 'broken') throw new Error('of the test');
    return outcomeOf({});
  };
  const answers = await send(t, api, '{"channel":"broken"}\n{"channel":"a"}\n');
  t.deepEqual(
    answers.map(({code}) => code),
    ['RB_INTERNAL', undefined],
  );
  t.true(api.logLines.some((line) => line.includes('api.failed') && line.includes('of the test')));
});

test('no more than 128 lines are under way, and the caller is not read meanwhile', async (t) => {
  const api = await startApi(t);
  const release = Promise.withResolvers<void>();
  api.router.onPublish = async () => {
    await release.promise;
    return outcomeOf({});
  };
  const batch = begin(t, api);
  const count = 5_000;
  const line = `${JSON.stringify({channel: 'lobby', payload: 'x'.repeat(1_000)})}\n`;
  for (let sent = 0; sent < count; sent++) batch.write(line);
  batch.end();
  await published(api, linesMax);
  await settled();
  t.is(api.router.published.length, linesMax);
  t.true(api.memory.total < 2_000_000, `${api.memory.total}`);
  t.true((batch.request.socket?.writableLength ?? 0) > 0, 'the caller has more to send');
  release.resolve();
  t.is((await batch.rest()).length, count);
  t.is(api.router.published.length, count);
  t.is(api.memory.total, 0);
});

test('a caller that reads no answers has no more lines sent, and gets every answer when it does', async (t) => {
  const api = await startApi(t);
  api.router.onPublish = async () => outcomeOf({connections: 1, lastReply: Buffer.alloc(200_000, 'r')});
  const batch = begin(t, api);
  const count = 300;
  for (let sent = 0; sent < count; sent++) batch.write({channel: 'lobby'});
  batch.end();
  const {promise, resolve} = Promise.withResolvers<number>();
  void (async () => {
    // What the kernel takes of the answers has an end.
    for (let before = -1; before < api.router.published.length; await settled()) before = api.router.published.length;
    resolve(api.router.published.length);
  })();
  const begun = await promise;
  t.true(begun < count, `${begun} lines of ${count} begun`);
  t.true(api.memory.total < 64_000_000, `${api.memory.total}`);
  t.is((await batch.rest()).length, count);
  t.is(api.memory.total, 0);
});

test('lines of many bytes are under way one by one', async (t) => {
  const api = await startApi(t, {payloadBytesMax: 8_000_000});
  const release = Promise.withResolvers<void>();
  api.router.onPublish = async () => {
    await release.promise;
    return outcomeOf({});
  };
  const batch = begin(t, api);
  for (let sent = 0; sent < 3; sent++) batch.write({channel: 'lobby', payload: 'x'.repeat(5_000_000)});
  batch.end();
  await published(api, 1);
  await settled();
  t.is(api.router.published.length, 1);
  release.resolve();
  t.is((await batch.rest()).length, 3);
});

test('where memory is full a line is refused, and the next one is sent when there is room', async (t) => {
  const api = await startApi(t, {memoryBytesMax: 1_000_000});
  echo(api);
  const batch = begin(t, api);
  batch.write({channel: 'a', payload: '1'});
  t.like(await batch.next(), {message: '1'});
  const room = 1_000_000 - api.memory.total - 100;
  api.memory.hold(room);
  batch.write({channel: 'a', payload: '2'});
  t.like(await batch.next(), {status: 1, code: 'RB_OVERLOADED'});
  batch.write('{"channel":"a",');
  batch.write(`"payload":"${'x'.repeat(200)}`);
  await settled();
  batch.write('"}\n');
  t.like(await batch.next(), {status: 1, code: 'RB_OVERLOADED'}, 'a line that comes in parts as well');
  api.memory.release(room);
  batch.write({channel: 'a', payload: '3'});
  t.like(await batch.next(), {message: '3'});
  batch.end();
  await batch.rest();
  t.is(api.memory.total, 0);
});

test('where memory is short a batch sends one line at a time', async (t) => {
  const api = await startApi(t, {memoryBytesMax: 1_000_000});
  const release = Promise.withResolvers<void>();
  api.router.onPublish = async () => {
    await release.promise;
    return outcomeOf({});
  };
  api.memory.hold(760_000);
  const batch = begin(t, api);
  for (let sent = 0; sent < 10; sent++) batch.write({channel: 'lobby'});
  batch.end();
  await published(api, 1);
  await settled();
  t.is(api.router.published.length, 1);
  release.resolve();
  t.is((await batch.rest()).length, 10);
});

test('a batch for which there is no memory is refused before it is read', async (t) => {
  const api = await startApi(t, {memoryBytesMax: 1_000_000});
  api.memory.hold(990_000);
  const batch = begin(t, api);
  batch.write({channel: 'lobby'});
  batch.end();
  t.is((await batch.response).statusCode, 503);
  t.is(api.router.published.length, 0);
});

test('what has begun runs on when the caller leaves, a line that was cut is not sent, and nothing is held', async (t) => {
  const api = await startApi(t);
  await api.post('/send/?channel=room');
  const timers = api.wall.pendingCount;
  api.router.published.length = 0;
  const outcome = Promise.withResolvers<PublishOutcome>();
  api.router.onPublish = () => outcome.promise;
  const accepted = once(api.app.server, 'connection');
  const batch = begin(t, api);
  batch.write({channel: 'whole'});
  batch.write('{"channel":"cut"}');
  await published(api, 1);
  const [socket] = await accepted;
  const closed = once(socket, 'close');
  batch.request.destroy();
  await closed;
  await settled();
  t.deepEqual(
    api.router.published.map(({channel}) => channel),
    ['whole'],
  );
  outcome.resolve(outcomeOf({connections: 1}));
  await settled();
  t.is(api.memory.total, 0);
  t.is(api.wall.pendingCount, timers);
});

test('a gateway that stops answers what has begun, and the rest with its error', async (t) => {
  const api = await startApi(t);
  const outcome = Promise.withResolvers<PublishOutcome>();
  api.router.onPublish = () => outcome.promise;
  const batch = begin(t, api);
  batch.write({channel: 'a'});
  await published(api, 1);
  const closed = api.app.close();
  while (api.app.server.listening) await nextTurn();
  batch.write({channel: 'b'});
  batch.write('{"channel":"c"}');
  batch.end();
  outcome.resolve(outcomeOf({connections: 1}));
  t.deepEqual(
    (await batch.rest()).map(({code, connections}) => code ?? connections),
    [1, 'RB_STOPPING', 'RB_STOPPING'],
  );
  await closed;
  t.is(api.router.published.length, 1);
});

test('a caller that sends nothing for a minute while nothing is under way gets an error, and is cut off', async (t) => {
  const api = await startApi(t);
  const outcome = Promise.withResolvers<PublishOutcome>();
  api.router.onPublish = () => outcome.promise;
  const batch = begin(t, api);
  batch.write({channel: 'a'});
  await published(api, 1);
  for (let minute = 0; minute < 3; minute++) api.wall.elapse(stallMs);
  outcome.resolve(outcomeOf({connections: 1}));
  t.like(await batch.next(), {connections: 1}, 'a message may take longer');
  batch.write('{"channel":');
  await settled();
  api.wall.elapse(stallMs);
  api.wall.elapse(stallMs);
  t.deepEqual(
    (await batch.rest()).map(({code}) => code),
    ['RB_REQUEST_TIMEOUT'],
  );
  t.is(api.router.published.length, 1);
});

test('a body may last longer than any other request', async (t) => {
  const api = await startApi(t);
  echo(api);
  const batch = begin(t, api);
  batch.write({channel: 'a', payload: '1'});
  t.like(await batch.next(), {message: '1'});
  // Node looks at its connections each five seconds.
  const late = once(api.app.server, 'clientError');
  api.app.server.requestTimeout = 1;
  t.like((await late)[0], {code: 'ERR_HTTP_REQUEST_TIMEOUT'});
  batch.write({channel: 'a', payload: '2'});
  t.like(await batch.next(), {message: '2'});
  batch.end();
  t.is(await batch.next(), undefined);
});

test('a request that breaks HTTP in its body ends with its connection, and no second head', async (t) => {
  const api = await startApi(t);
  echo(api);
  const socket = await openSocket(t, api.port);
  const answer = readToEnd(socket);
  const line = '{"channel":"a","payload":"1"}\n';
  socket.write(
    `POST /send/batch/?${api.signature()} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n` +
      `${line.length.toString(16)}\r\n${line}\r\n`,
  );
  await published(api, 1);
  socket.write('this is no chunk\r\n');
  t.is((await answer).split('HTTP/1.1').length, 2);
});

test('answers that are long come whole, each on its line', async (t) => {
  const api = await startApi(t);
  const text = 'ä€😀"\\\u0001\n'.repeat(60_000);
  const replies = [{identity: 'a', data: Buffer.from(text)}];
  api.router.onPublish = async ({channel}) =>
    channel === 'long'
      ? outcomeOf({connections: 1, lastReply: Buffer.from(text), replies})
      : outcomeOf({message: 'm2'});
  const answers = await send(t, api, '{"channel":"long","replies":"all"}\n{"channel":"short"}\n');
  t.is(answers.length, 2);
  t.deepEqual(answers[0]?.replies, [{identity: 'a', data: text}]);
  t.is(answers[1]?.message, 'm2');
  t.is(api.memory.total, 0);
});

test('a batch is signed as any call, and its signature is good for one', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey]});
  const query = api.signature();
  for (const status of [200, 401]) {
    const batch = begin(t, api, query);
    batch.write({channel: 'a'});
    batch.end();
    t.is((await batch.response).statusCode, status);
    for await (const _ of await batch.response);
  }
  t.is(api.router.published.length, 1);
  const {status, text} = await api.call('/send/batch/', {
    method: 'POST',
    body: '{"channel":"a"}\n',
    headers: {authorization: `Bearer ${apiKey}`},
  });
  t.is(status, 200);
  t.is(text.split('\n').length, 2);
});

test('a parameter in the query is refused, since it belongs into a line', async (t) => {
  const api = await startApi(t);
  const {status, json} = await api.post('/send/batch/?qos=1', '{"channel":"a"}\n');
  t.is(status, 400);
  t.is(json.code, 'RB_PARAMETERS');
  t.is(api.router.published.length, 0);
});
