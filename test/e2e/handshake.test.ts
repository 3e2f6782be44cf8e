// PROTOCOL section 2 as the client sees it: who gets in, and who gets 400, 401, 426 or 503.

import test from 'ava';
import {
  after,
  answer,
  drop,
  endlessBody,
  garbage,
  halfAnswer,
  hang,
  type Script,
  stalledAnswer,
  success,
} from '../support/business-server.ts';
import {Latch} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {hex} from '../support/packets.ts';
import {scaled} from '../support/patience.ts';
import {holdPort} from '../support/ports.ts';
import {dial} from '../support/raw-client.ts';

test('success is answered 101 with the right key, no subprotocol and no extension', async (t) => {
  const harness = await start(t);
  const {client, answer: answered} = await harness.handshake({
    headers: {
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
      'Sec-WebSocket-Protocol': 'chat',
    },
  });
  t.is(answered.statusLine, 'HTTP/1.1 101 Switching Protocols');
  t.is(answered.headers['sec-websocket-accept'], client.acceptExpected);
  t.is(answered.headers.upgrade?.toLowerCase(), 'websocket');
  t.is(answered.headers.connection?.toLowerCase(), 'upgrade');
  t.is(answered.headers['sec-websocket-protocol'], undefined);
  t.is(answered.headers['sec-websocket-extensions'], undefined);
});

for (const version of ['8', '13']) {
  test(`WebSocket version ${version} is spoken`, async (t) => {
    const harness = await start(t);
    const client = await harness.connect({headers: {'Sec-WebSocket-Version': version}});
    client.send('SEND q1 id 1');
    t.is(await client.packet(), 'ACK id 1');
  });
}

test('any origin may connect', async (t) => {
  const harness = await start(t);
  await harness.connect({headers: {Origin: 'https://elsewhere.example'}});
  t.is((await harness.business.next('connect')).header('origin'), undefined);
});

test('the headers of an upgrade are read in any case', async (t) => {
  const harness = await start(t);
  const client = await dial(t, harness.gateway.port);
  client.sendRaw(
    Buffer.from(
      'GET /connect/ HTTP/1.1\r\nhost: x\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, upgrade\r\n' +
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n',
    ),
  );
  const answered = await client.response();
  t.is(answered.status, 101);
  t.is(answered.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

const outcomes: Record<string, readonly [number, Script]> = {
  'success with other members': [101, success({}, {user: 7})],
  'success at status 201': [101, answer(201, '{"status":"success"}')],
  'success declared as text': [101, answer(200, ' {"status":"success"}\n', {'content-type': 'text/html'})],
  fail: [401, answer(200, '{"status":"fail"}')],
  'any other status': [401, answer(200, '{"status":"SUCCESS"}')],
  'a number as status': [401, answer(200, '{"status":0}')],
  'fail at status 202': [401, answer(202, '{"status":"fail"}')],
  'status 500': [503, answer(500, '{"status":"success"}')],
  'status 401': [503, answer(401, '{"status":"fail"}')],
  'status 403': [503, answer(403)],
  'status 404': [503, answer(404, '{"status":"success"}')],
  'a redirect, which is not followed': [503, answer(302, '', {location: '/other/'})],
  'status 304': [503, answer(304)],
  'status 204 without body': [503, answer(204)],
  'an empty body': [503, answer(200)],
  HTML: [503, answer(200, '<html><body>success</body></html>', {'content-type': 'text/html'})],
  'JSON cut off': [503, answer(200, '{"status":"success"')],
  'JSON that is not an object': [503, answer(200, '"success"')],
  'JSON null': [503, answer(200, 'null')],
  'a JSON list': [503, answer(200, '[{"status":"success"}]')],
  'an object without status': [503, answer(200, '{}')],
  'bytes that are not UTF-8': [503, answer(200, hex('7B 22C3 28'))],
  RAINBOWREQUESTINVALID: [503, answer(200, '{"status":"success"}', {RAINBOWREQUESTINVALID: 'invalid signature'})],
  'a body over the cap': [503, answer(200, `{"status":"success","more":"${'x'.repeat(70_000)}"}`)],
  'an endless body': [503, endlessBody()],
  'half a body and the end': [503, halfAnswer()],
  'half a body and silence': [503, stalledAnswer()],
  'no answer at all': [503, hang()],
  'a dropped connection': [503, drop()],
  'bytes that are not HTTP': [503, garbage()],
};

test('each outcome of the connect call has its answer, and only success has a close call', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500), answerBytesMax: 65_536});
  let admitted = 0;
  for (const [what, [status, script]] of Object.entries(outcomes)) {
    harness.business.once('connect', script);
    const {client, answer: answered} = await harness.handshake();
    t.is(answered.status, status, what);
    if (status === 101) {
      admitted += 1;
      client.reset();
      await harness.business.next('close');
    } else {
      await client.end();
    }
  }
  t.is(harness.business.count('connect'), Object.keys(outcomes).length);
  t.is(harness.counter('handshakesRefused'), 4);
  t.is(harness.counter('handshakesFailed'), Object.keys(outcomes).length - 4 - admitted);
  await harness.gateway.close();
  t.is(harness.business.count('close'), admitted);
});

test('the connect call has its deadline, and not less', async (t) => {
  const harness = await start(t, {callTimeoutMs: 600});
  harness.business.once('connect', hang());
  const begin = performance.now();
  const {answer: answered} = await harness.handshake();
  const tookMs = performance.now() - begin;
  t.is(answered.status, 503);
  t.true(tookMs > 500, `${tookMs} ms`);
});

test('a success that comes after the deadline admits no client', async (t) => {
  const harness = await start(t, {callTimeoutMs: 200});
  const latch = new Latch();
  harness.business.once('connect', after(latch, success({RAINBOWCLIENTCHANNEL: 'room'})));
  const {client, answer: answered} = await harness.handshake();
  t.is(answered.status, 503);
  latch.release();
  await client.end();
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {status: 0, connections: 0});
});

test('an unreachable business server is 503', async (t) => {
  const connectUrl = `http://127.0.0.1:${await holdPort(t)}/connect/`;
  const harness = await start(t, {connectUrl});
  const {answer: answered} = await harness.handshake();
  t.is(answered.status, 503);
});

test('a plain GET is answered 426, and no call is made', async (t) => {
  const harness = await start(t);
  const plain = await harness.api.get('/connect/?X-DEVICEID=1&X-CLIENT-OS=web');
  t.is(plain.status, 426);
  t.like(plain.json, {status: 1, code: 'RB_UPGRADE_REQUIRED'});
  const {answer: half} = await harness.handshake({headers: {Upgrade: undefined, Connection: undefined}});
  t.is(half.status, 426);
  await harness.connect();
  t.is(harness.business.count('connect'), 1);
});

const invalid = {
  'no key': {headers: {'Sec-WebSocket-Key': undefined}},
  'a key that is too short': {headers: {'Sec-WebSocket-Key': 'c2hvcnQ='}},
  'a key that is not base64': {headers: {'Sec-WebSocket-Key': '!'.repeat(24)}},
  'no version': {headers: {'Sec-WebSocket-Version': undefined}},
  'version 12': {headers: {'Sec-WebSocket-Version': '12'}},
  'version 99': {headers: {'Sec-WebSocket-Version': '99'}},
  'another upgrade': {headers: {Upgrade: 'h2c'}},
} as const;

test('an invalid upgrade is answered 400, and no call is made', async (t) => {
  const harness = await start(t);
  for (const [what, options] of Object.entries(invalid)) {
    const {client, answer: answered} = await harness.handshake(options);
    t.true(answered.status === 400 || (answered.status === 426 && what !== 'no key'), `${what}: ${answered.status}`);
    client.finish();
    await client.end();
  }
  await harness.connect();
  t.is(harness.business.count('connect'), 1);
});

test('an upgrade by POST or to another path is refused, and no call is made', async (t) => {
  const harness = await start(t);
  const posted = await harness.handshake({method: 'POST'});
  t.true([400, 405].includes(posted.answer.status), posted.answer.statusLine);
  const elsewhere = await harness.handshake({path: '/elsewhere/'});
  t.is(elsewhere.answer.status, 404);
  await harness.connect();
  t.is(harness.business.count('connect'), 1);
});

test('a refusal is a whole HTTP answer, and the connection ends with it', async (t) => {
  const harness = await start(t);
  for (const [script, status] of [
    [answer(200, '{"status":"fail"}'), 401],
    [answer(500), 503],
  ] as const) {
    harness.business.once('connect', script);
    const {client, answer: answered} = await harness.handshake();
    t.is(answered.status, status);
    t.is(answered.headers.connection?.toLowerCase(), 'close');
    t.not(answered.headers['content-length'], undefined);
    await client.end();
  }
});
