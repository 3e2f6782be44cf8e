// What a refused client gets (PROTOCOL section 2): the JSON error of the API, and no call is made for what is no
// upgrade. Requests that no client library would send are written by hand.

import test, {type ExecutionContext} from 'ava';
import {signedQuery} from '../../src/protocol/signature.ts';
import {answer, hang} from '../support/business-server.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {dial} from '../support/raw-client.ts';
import type {HandshakeAnswer} from '../support/upgrade.ts';

/** Writes `text` as it is; settles with the answer, once the connection has ended. */
async function exchange(t: ExecutionContext, harness: Harness, text: string): Promise<HandshakeAnswer> {
  const client = await dial(t, harness.gateway.port);
  client.sendRaw(Buffer.from(text, 'latin1'));
  const answered = await client.response();
  if (answered.status === 101) client.reset();
  else await client.end();
  return answered;
}

const requestLine = 'GET /connect/ HTTP/1.1';
const lines = {
  host: 'Host: gateway.test',
  connection: 'Connection: Upgrade',
  upgrade: 'Upgrade: websocket',
  key: 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  version: 'Sec-WebSocket-Version: 13',
};

function upgradeOf(changes: Partial<typeof lines> = {}, more: readonly string[] = [], line = requestLine): string {
  const all = [line, ...Object.values({...lines, ...changes}).filter((text) => text !== ''), ...more];
  return `${all.join('\r\n')}\r\n\r\n`;
}

const malformedUpgrades: Readonly<Record<string, string>> = {
  'no Host': upgradeOf({host: ''}),
  'two Hosts': upgradeOf({}, ['Host: gateway.test']),
  'an empty Host': upgradeOf({host: 'Host:'}),
  'a Host with a blank': upgradeOf({host: 'Host: a b'}),
  'a Host with userinfo': upgradeOf({host: 'Host: user@gateway.test'}),
  'an absolute target of another host': upgradeOf({}, [], 'GET http://other.test/connect/ HTTP/1.1'),
  'an absolute target of another port': upgradeOf({}, [], 'GET http://gateway.test:81/connect/ HTTP/1.1'),
  'an absolute target of another scheme': upgradeOf({}, [], 'GET ws://gateway.test/connect/ HTTP/1.1'),
  'HTTP/1.0': upgradeOf({}, [], 'GET /connect/ HTTP/1.0'),
  'a body of known length': `${upgradeOf({}, ['Content-Length: 3'])}abc`,
  'a body in chunks': `${upgradeOf({}, ['Transfer-Encoding: chunked'])}3\r\nabc\r\n0\r\n\r\n`,
  'two keys': upgradeOf({}, [lines.key]),
  'two versions': upgradeOf({}, [lines.version]),
  'a subprotocol with a bad character': upgradeOf({}, ['Sec-WebSocket-Protocol: a/b']),
  'an empty subprotocol': upgradeOf({}, ['Sec-WebSocket-Protocol: a,,b']),
  'a subprotocol twice': upgradeOf({}, ['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: a']),
};

test('an upgrade that is malformed is answered 400 in JSON and counted, and no call is made', async (t) => {
  const harness = await start(t);
  let count = 0;
  for (const [what, text] of Object.entries(malformedUpgrades)) {
    const {status, headers, body} = await exchange(t, harness, text);
    t.is(status, 400, what);
    t.like(JSON.parse(body), {status: 1, msg: 'malformed request', code: 'RB_REQUEST_MALFORMED'}, what);
    t.is(headers['content-type'], 'application/json; charset=utf-8');
    t.is(headers['sec-websocket-version'], '13, 8');
    t.is(harness.counter('handshakesInvalid'), ++count, what);
  }
  t.is(harness.business.count('connect'), 0);
  t.is(harness.counter('connectionsOpened'), 0);
});

test('an absolute target that names the same host as Host is a path, of upgrades and of calls [RFC 9112 3.2.2]', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', async (response, call) => {
    t.is(call.header('name'), 'ann');
    response.end('{"status":"success"}');
  });
  for (const target of ['http://gateway.test', 'HTTP://Gateway.Test:80', 'https://gateway.test:443']) {
    const line = `GET ${target}/connect/?name=ann HTTP/1.1`;
    t.is((await exchange(t, harness, upgradeOf({}, [], line))).status, 101, line);
  }
  for (const [line, body] of [
    ['GET http://gateway.test/hello/?x=1 HTTP/1.1', 'ok'],
    ['GET http://gateway.test/hello HTTP/1.1', 'ok'],
    ['GET http://gateway.test? HTTP/1.1', 'RB_NO_SUCH_PATH'],
  ]) {
    const answered = await exchange(t, harness, `${line}\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`);
    t.true(answered.body.includes(body ?? ''), line);
  }
  const signed = signedQuery(securityToken, Date.now(), '1');
  const send = `POST http://gateway.test/send/?channel=empty&${signed} HTTP/1.1\r\nHost: gateway.test`;
  const answered = await exchange(t, harness, `${send}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`);
  t.is(answered.status, 200);
});

test('an upgrade may offer several protocols to change to, and subprotocols that are not selected', async (t) => {
  const harness = await start(t);
  for (const more of [['Upgrade: h2c'], ['Content-Length: 0'], ['Sec-WebSocket-Protocol: chat, rainbow.v2']]) {
    t.is((await exchange(t, harness, upgradeOf({}, more))).status, 101, more.join());
  }
  // Quadratic once: a list of blanks of the length that a request may have.
  const connection = `Connection: Upgrade,x${' '.repeat(15_500)}y`;
  t.is((await exchange(t, harness, upgradeOf({connection}))).status, 101);
});

const refusals = {
  RB_CLIENT_REFUSED: [401, answer(200, '{"status":"fail"}')],
  RB_BUSINESS_SERVER: [503, answer(500)],
} as const;

for (const [code, [status, script]] of Object.entries(refusals)) {
  test(`a handshake that the connect call ends is answered ${status} with ${code} in JSON`, async (t) => {
    const harness = await start(t);
    harness.business.once('connect', script);
    const {answer: answered} = await harness.handshake();
    t.is(answered.status, status);
    t.like(JSON.parse(answered.body), {status: 1, code});
    t.is(answered.headers['content-type'], 'application/json; charset=utf-8');
    t.is(answered.headers['retry-after'] !== undefined, status === 503);
  });
}

test('a handshake without a connect call has its code as well', async (t) => {
  const harness = await start(t, {requireDevice: true, handshakesMax: 1});
  const device = await harness.handshake({headers: {'X-DEVICEID': undefined}});
  t.is(device.answer.status, 401);
  t.is((JSON.parse(device.answer.body) as {code: string}).code, 'RB_DEVICE_MISSING');
  const elsewhere = await harness.handshake({path: '/elsewhere/'});
  t.is(elsewhere.answer.status, 404);
  t.is((JSON.parse(elsewhere.answer.body) as {code: string}).code, 'RB_NO_SUCH_PATH');
  harness.business.once('connect', hang());
  const waiting = await dial(t, harness.gateway.port);
  waiting.request();
  await harness.business.next('connect');
  const full = await harness.handshake();
  t.is(full.answer.status, 503);
  t.is((JSON.parse(full.answer.body) as {code: string}).code, 'RB_OVERLOADED');
  t.regex(full.answer.headers['retry-after'] ?? '', /^\d+$/);
  const closing = harness.gateway.close();
  const stopped = await waiting.response();
  t.is(stopped.status, 503);
  t.is((JSON.parse(stopped.body) as {code: string}).code, 'RB_STOPPING');
  await closing;
});

const coded = (headers: string, version = '1.1'): string =>
  `POST /send/?channel=room HTTP/${version}\r\nHost: a\r\n${headers}\r\n\r\n1\r\nx\r\n0\r\n\r\n`;

const strayRequests: Readonly<Record<string, readonly [text: string, status: number, code: string]>> = {
  'without Host': ['GET /hello/ HTTP/1.1\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'with two Hosts': ['GET /hello/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'with a blank in Host': ['GET /hello/ HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'with userinfo in Host': ['POST /send/ HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'to no path, with a path in Host': ['GET /nowhere/ HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'of HTTP/0.9': ['GET /hello/\r\n\r\n', 505, 'RB_HTTP_VERSION'],
  'that says HTTP/2.0': ['GET /hello/ HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'RB_HTTP_VERSION'],
  'that says HTTP/7.3': ['GET /hello/ HTTP/7.3\r\nHost: a\r\n\r\n', 505, 'RB_HTTP_VERSION'],
  "that is HTTP/2's preface": ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'RB_HTTP_VERSION'],
  'with an absolute target of another host': [
    'GET http://b/hello/ HTTP/1.1\r\nHost: a\r\n\r\n',
    400,
    'RB_REQUEST_MALFORMED',
  ],
  'with userinfo in its target': ['GET http://a@a/hello/ HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'with another scheme': ['GET ftp://a/hello/ HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  'that is compressed': [coded('transfer-encoding: gzip, chunked'), 501, 'RB_TRANSFER_ENCODING'],
  'that is compressed, by two headers': [
    coded('transfer-encoding: gzip\r\ntransfer-encoding: chunked'),
    501,
    'RB_TRANSFER_ENCODING',
  ],
  'that is chunked over HTTP/1.0': [coded('transfer-encoding: chunked', '1.0'), 400, 'RB_REQUEST_MALFORMED'],
  'with a compressed body': [coded('content-encoding: gzip\r\ncontent-length: 1'), 415, 'RB_CONTENT_ENCODING'],
  'with a compressed body in chunks': [
    coded('content-encoding: identity, BR\r\ntransfer-encoding: chunked'),
    415,
    'RB_CONTENT_ENCODING',
  ],
  'with an unknown Expect': ['GET /hello/ HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n', 417, 'RB_EXPECTATION'],
  'by CONNECT': ['CONNECT /send/ HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'RB_METHOD'],
  'by CONNECT to a host': ['CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', 405, 'RB_METHOD'],
};

test('a request of an odd form is answered in JSON, counted, and its connection closed', async (t) => {
  const harness = await start(t);
  let count = 0;
  for (const [what, [text, status, code]] of Object.entries(strayRequests)) {
    const answered = await exchange(t, harness, text);
    t.is(answered.status, status, what);
    t.is((JSON.parse(answered.body) as {code: string}).code, code, what);
    t.is(harness.counter('apiErrors'), ++count, what);
    t.is(harness.counter('apiRequests'), count, what);
  }
  t.is((await exchange(t, harness, 'GET /hello/ HTTP/1.0\r\n\r\n')).body, 'ok');
});
