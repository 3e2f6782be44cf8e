// The HTTP API beside its happy paths: every error with its status, message and code, and the pages.

import {connect as connectSocket} from 'node:net';
import test from 'ava';
import type {ApiAnswer, ApiRequest} from '../support/api.ts';
import {within} from '../support/deadline.ts';
import {type Harness, start} from '../support/gateway.ts';

/** A wrong call and what must come back. */
interface Fault extends ApiRequest {
  readonly expected: readonly [status: number, msg: string, code: string];
}

const channelMiss = [400, 'channel miss', 'RB_CHANNEL_MISSING'] as const;
const qosError = [400, 'qos level error', 'RB_QOS'] as const;
const paramsError = [400, 'params error', 'RB_PARAMETERS'] as const;
const noChannel = [400, 'params error', 'RB_CHANNEL_INVALID'] as const;
const noPath = [404, 'no such path', 'RB_NO_SUCH_PATH'] as const;
const noMethod = [405, 'method not allowed', 'RB_METHOD'] as const;

const faults: Readonly<Record<string, Fault>> = {
  'no channel': {path: '/send/', expected: channelMiss},
  'an empty channel': {path: '/send/', query: {channel: ''}, expected: channelMiss},
  'qos 3': {path: '/send/', query: {channel: 'c', qos: 3}, expected: qosError},
  'qos -1': {path: '/send/', query: {channel: 'c', qos: -1}, expected: qosError},
  'qos x': {path: '/send/', query: {channel: 'c', qos: 'x'}, expected: qosError},
  'qos 1.0': {path: '/send/', query: {channel: 'c', qos: '1.0'}, expected: qosError},
  'msgtype 65536': {path: '/send/', query: {channel: 'c', msgtype: 65_536}, expected: paramsError},
  'msgtype -1': {path: '/send/', query: {channel: 'c', msgtype: -1}, expected: paramsError},
  'msgtype x': {path: '/send/', query: {channel: 'c', msgtype: 'x'}, expected: paramsError},
  'msgtype 1.5': {path: '/send/', query: {channel: 'c', msgtype: 1.5}, expected: paramsError},
  'timeout x': {path: '/send/', query: {channel: 'c', timeout: 'x'}, expected: paramsError},
  'replies of an unknown kind': {path: '/send/', query: {channel: 'c', replies: 'some'}, expected: paramsError},
  'channel and broadcast at once': {path: '/send/', query: {channel: 'c', broadcast: 1}, expected: paramsError},
  'a channel with a line break': {path: '/send/', query: {channel: 'a\nb'}, expected: noChannel},
  'a channel of 257 bytes': {path: '/send/', query: {channel: 'c'.repeat(257)}, expected: noChannel},
  'a query that is not UTF-8': {path: '/send/?channel=%FF', expected: noChannel},
  'a body that is not JSON': {path: '/sub/', body: 'identity=i', expected: paramsError},
  'a JSON list': {path: '/sub/', body: '[]', expected: paramsError},
  'JSON null': {path: '/sub/', body: 'null', expected: paramsError},
  'no body': {path: '/sub/', expected: paramsError},
  'no identity': {path: '/sub/', body: {channel: 'c'}, expected: paramsError},
  'no channel in the body': {path: '/sub/', body: {identity: 'i'}, expected: paramsError},
  'an empty identity': {path: '/sub/', body: {identity: '', channel: 'c'}, expected: paramsError},
  'an empty channel in the body': {path: '/sub/', body: {identity: 'i', channel: ''}, expected: paramsError},
  'an object as channel': {path: '/sub/', body: {identity: 'i', channel: {}}, expected: paramsError},
  'unsub without body': {path: '/unsub/', expected: paramsError},
  'unsub without channel': {path: '/unsub/', body: {identity: 'i'}, expected: paramsError},
  'sub for an unknown client': {
    path: '/sub/',
    body: {identity: 'i', channel: 'c'},
    expected: [404, 'no such connection', 'RB_NO_SUCH_CONNECTION'],
  },
  'an unknown path': {path: '/sends/', expected: noPath},
  'the root': {path: '/', method: 'GET', expected: noPath},
  'GET of /sub/': {path: '/sub/', method: 'GET', expected: noMethod},
  'PUT of /send/': {path: '/send/?channel=c', method: 'PUT', expected: noMethod},
  'DELETE of /unsub/': {path: '/unsub/', method: 'DELETE', expected: noMethod},
  'POST of /hello/': {path: '/hello/', expected: noMethod},
  'a body over the limit': {
    path: '/send/?channel=c&qos=0',
    body: Buffer.alloc(10_001),
    expected: [413, 'body too large', 'RB_BODY_TOO_LARGE'],
  },
};

async function check(harness: Harness, fault: Fault): Promise<{answer: ApiAnswer; expected: Fault['expected']}> {
  const {expected, ...request} = fault;
  return {answer: await harness.api.call(request), expected};
}

test('every fault has its HTTP status, message and code', async (t) => {
  const harness = await start(t, {payloadBytesMax: 10_000});
  for (const [what, fault] of Object.entries(faults)) {
    const {answer, expected} = await check(harness, fault);
    const [status, msg, code] = expected;
    t.is(answer.status, status, `${what}: ${answer.text}`);
    t.like(answer.json, {status: 1, msg}, what);
    // A fault of the channel in a body may be named as such or as one of the parameters.
    if (msg !== 'params error') t.is(answer.json.code, code, what);
    else t.true(['RB_PARAMETERS', 'RB_CHANNEL_INVALID', 'RB_CHANNEL_MISSING'].includes(answer.json.code ?? ''), what);
    t.regex(answer.headers['content-type'] ?? '', /^application\/json/, what);
  }
  t.is(harness.counter('apiErrors'), Object.keys(faults).length);
});

test('legacy_http_status answers every error with 200, and the same body', async (t) => {
  const harness = await start(t, {payloadBytesMax: 10_000, legacyHttpStatus: true});
  for (const [what, fault] of Object.entries(faults)) {
    const {answer, expected} = await check(harness, fault);
    t.is(answer.status, 200, `${what}: ${answer.text}`);
    t.like(answer.json, {status: 1, msg: expected[1]}, what);
  }
  const unsigned = await harness.api.call({path: '/send/?channel=c', credentials: {kind: 'none'}});
  t.is(unsigned.status, 200);
  t.like(unsigned.json, {status: 1, msg: 'signature error'});
});

test('a timeout above 300 s is taken for 300 s: callers of the original may ask for more', async (t) => {
  const harness = await start(t);
  const {status, json} = await harness.api.send({channel: 'unknown', qos: 1, timeout: 600});
  t.is(status, 200);
  t.like(json, {status: 0, connections: 0});
});

test('msgtype 0 and 65535 are in range, and a timeout of 300 too', async (t) => {
  const harness = await start(t);
  for (const msgtype of [0, 65_535]) {
    t.is((await harness.api.send({channel: 'unknown', qos: 0, msgtype, timeout: 300})).status, 200);
  }
});

test('paths are accepted without their slash too', async (t) => {
  const harness = await start(t);
  t.like((await harness.api.call({path: '/send?channel=c&qos=0', body: 'hi'})).json, {status: 0});
  t.like((await harness.api.call({path: '/unsub', body: {identity: 'i', channel: 'c'}})).json, {status: 0});
  t.is((await harness.api.call({path: '/sub', body: {identity: 'i', channel: 'c'}})).status, 404);
  for (const path of ['/send', '/hello', '/send/', '/hello/']) {
    const {status, text} = await harness.api.get(path);
    t.is(status, 200, path);
    t.is(text, 'ok', path);
  }
});

test('an unknown parameter is ignored, and so is the type of the body', async (t) => {
  const harness = await start(t);
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense', 'image/png'];
  for (const type of types) {
    const {status, json} = await harness.api.call({
      path: '/send/?channel=c&qos=0&colour=green',
      body: 'not { JSON',
      headers: {'content-type': type},
    });
    t.is(status, 200, type);
    t.is(json.status, 0);
  }
  const {identity} = await harness.join();
  for (const type of types) {
    const body = JSON.stringify({identity, channel: 'c', colour: 'green'});
    const {json} = await harness.api.call({path: '/sub/', body, headers: {'content-type': type}});
    t.is(json.status, 0, type);
  }
});

test('/serverinfo/ is a page, and shows nodes, channels and connections', async (t) => {
  const harness = await start(t);
  const {identity} = await harness.join();
  await harness.api.subscribe(identity, '<b>room & hall</b>');
  const {status, headers, text} = await harness.api.get('/serverinfo/');
  t.is(status, 200);
  t.regex(headers['content-type'] ?? '', /^text\/html/);
  t.false(text.includes('<b>room'));
  t.regex(text, /room &amp; hall/);
});

test('/serverinfo/ for signed callers only, where it is set so', async (t) => {
  const harness = await start(t, {serverinfo: 'signed'});
  for (const path of ['/serverinfo/', '/serverinfo/?format=json', '/metrics']) {
    t.is((await harness.api.get(path)).status, 401, path);
    t.is((await harness.api.call({method: 'GET', path})).status, 200, path);
  }
});

test('/metrics shows what the gateway counts', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('00');
  await client.fence();
  const {status, text} = await harness.api.get('/metrics');
  t.is(status, 200);
  t.regex(text, /^rainbow_packets_faulty_total(?:\{[^}]*\})? 1$/m);
  t.regex(text, /^rainbow_connections_opened_total(?:\{[^}]*\})? 1$/m);
});

const garbage = {
  'no HTTP at all': '\u0016\u0003\u0001 hello\r\n\r\n',
  'a request line without path': 'GET HTTP/1.1\r\n\r\n',
  'two lengths': 'POST /send/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
  'length and chunks':
    'POST /send/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'headers without end': `GET /hello/ HTTP/1.1\r\nHost: x\r\n${'X-Long: 0123456789\r\n'.repeat(5_000)}`,
} as const;

test('bytes that are no HTTP request get an error and are closed, and affect no client [RB-58]', async (t) => {
  const harness = await start(t);
  const other = await harness.connect();
  for (const [what, bytes] of Object.entries(garbage)) {
    const socket = connectSocket({port: harness.gateway.port, host: '127.0.0.1'});
    t.teardown(() => {
      socket.destroy();
    });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(bytes);
    await within(closed, `the end after ${what}`);
    if (text !== '') t.regex(text, /^HTTP\/1\.1 4\d\d /, what);
  }
  other.send('SEND q1 id 1');
  t.is(await other.packet(), 'ACK id 1');
  t.is((await harness.api.get('/hello/')).text, 'ok');
});

test('a caller that goes away in the middle of its body affects no other caller', async (t) => {
  const harness = await start(t);
  for (let index = 0; index < 5; index++) {
    const socket = connectSocket({port: harness.gateway.port, host: '127.0.0.1'});
    socket.on('error', () => {});
    const query = new URLSearchParams({channel: 'c', ...harness.api.signature()});
    await new Promise<void>((resolve) => {
      socket.write(`POST /send/?${query} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`, () => resolve());
    });
    socket.resetAndDestroy();
  }
  t.like((await harness.api.send({channel: 'c', qos: 0})).json, {status: 0});
});
