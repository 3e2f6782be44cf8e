// What the business server gets about a client that wants to connect (PROTOCOL section 2): identity, device, headers.

import test from 'ava';
import {answer, success} from '../support/business-server.ts';
import {until} from '../support/deadline.ts';
import {identityOf, start, startDaemon} from '../support/gateway.ts';

test('an identity is 64 hex characters, unique, and the same on every call of its connection', async (t) => {
  const harness = await start(t);
  const identities = new Set<string>();
  for (let index = 0; index < 20; index++) {
    const {client, identity} = await harness.join();
    t.regex(identity, /^[0-9a-f]{64}$/);
    identities.add(identity);
    client.send('SEND q1 id 1');
    t.is(identityOf(await harness.business.next('message')), identity);
    client.reset();
    t.is(identityOf(await harness.business.next('close')), identity);
  }
  t.is(identities.size, 20);
});

test("the identity in the answer of the connect call is the connection's from then on", async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({}, {identity: 'user-42'}));
  const client = await harness.connect();
  t.regex(identityOf(await harness.business.next('connect')), /^[0-9a-f]{64}$/);
  client.send('SEND q1 id 1');
  t.is(identityOf(await harness.business.next('message')), 'user-42');
  t.is(await client.packet(), 'ACK id 1');
  t.is((await harness.api.subscribe('user-42', 'room')).json.status, 0);
  const sent = harness.api.send({channel: 'room', qos: 1, replies: 'all'});
  client.sendAnswer('ack', (await client.parsed()).id, 'here');
  t.like((await sent).json, {connections: 1, replies: [{identity: 'user-42', data: 'here'}]});
  client.reset();
  t.is(identityOf(await harness.business.next('close')), 'user-42');
});

test('a number as identity is taken digit by digit, and what cannot be an identity is counted', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', answer(200, '{"status":"success","identity":9007199254740993}'));
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  t.is(identityOf(await harness.business.next('message')), '9007199254740993');
  t.is((await harness.api.subscribe('9007199254740993', 'room')).json.status, 0);
  t.is(harness.counter('identitiesUnfit'), 0);
  harness.business.once('connect', answer(200, '{"status":"success","identity":{"id":7}}'));
  await harness.business.take('connect', 1);
  const other = await harness.connect();
  other.send('SEND q1 id 1');
  t.regex(identityOf(await harness.business.next('message')), /^[0-9a-f]{64}$/);
  t.is(harness.counter('identitiesUnfit'), 1);
});

test('an identity that cannot be one is logged, without its value', async (t) => {
  const daemon = await startDaemon(t, {log_format: 'json'});
  daemon.business.once('connect', answer(200, '{"status":"success","identity":"not fit"}'));
  await daemon.connect();
  await until(() => (daemon.output.includes('identity.unfit') ? true : undefined), 'a line in the log');
  const line = daemon.output.split('\n').find((text) => text.includes('identity.unfit'));
  t.like(JSON.parse(line ?? ''), {
    level: 'warn',
    got: 'a string with blanks or characters outside printable ASCII',
    count: 1,
  });
  t.false(daemon.output.includes('not fit'));
});

test('device and platform are sent to the business server, from headers of either spelling or the query', async (t) => {
  const harness = await start(t, {requireDevice: true});
  const none = {'X-DEVICEID': undefined, 'X-CLIENT-OS': undefined};
  const ways = [
    {headers: {'X-DEVICEID': 'd-1', 'X-CLIENT-OS': 'ios7'}},
    {headers: {...none, 'x-deviceid': 'd-1', 'x-client-os': 'ios7'}},
    {headers: {...none, X_DEVICEID: 'd-1', X_CLIENT_OS: 'ios7'}},
    {headers: {...none, x_deviceid: 'd-1', x_client_os: 'ios7'}},
    {headers: none, path: '/connect/?X-DEVICEID=d-1&X-CLIENT-OS=ios7'},
    {headers: {...none, 'X-DEVICEID': 'd-1'}, path: '/connect/?X-CLIENT-OS=ios7'},
  ];
  for (const way of ways) {
    await harness.connect(way);
    const call = await harness.business.next('connect');
    t.is(call.header('X-DEVICEID') ?? call.header('X_DEVICEID'), 'd-1', JSON.stringify(way));
    t.is(call.header('X-CLIENT-OS') ?? call.header('X_CLIENT_OS'), 'ios7', JSON.stringify(way));
  }
});

test('require_device refuses a client without device or platform, and makes no call', async (t) => {
  const harness = await start(t, {requireDevice: true});
  const refused = [
    {'X-DEVICEID': undefined, 'X-CLIENT-OS': undefined},
    {'X-DEVICEID': undefined},
    {'X-CLIENT-OS': undefined},
    {'X-DEVICEID': ''},
    {'X-CLIENT-OS': ' '},
  ];
  for (const headers of refused) {
    const {client, answer: answered} = await harness.handshake({headers});
    t.is(answered.status, 401, JSON.stringify(headers));
    await client.end();
  }
  await harness.connect();
  t.is(harness.business.count('connect'), 1);
  t.is(harness.counter('handshakesRefused'), refused.length);
});

test('without require_device a client needs neither', async (t) => {
  const harness = await start(t);
  await harness.connect({headers: {'X-DEVICEID': undefined, 'X-CLIENT-OS': undefined}});
  t.is(harness.business.count('connect'), 1);
});

test("the connect call is a signed GET with the client's headers", async (t) => {
  const harness = await start(t);
  await harness.connect({
    headers: {Cookie: 'a=1; b=2', 'User-Agent': 'app/1.0', Authorization: 'Bearer of-the-client', 'X-Custom': 'ä-1'},
  });
  const call = await harness.business.next('connect');
  t.like(call, {method: 'GET', path: '/connect/', isSigned: true, body: Buffer.alloc(0)});
  t.is(call.header('cookie'), 'a=1; b=2');
  t.is(call.header('user-agent'), 'app/1.0');
  t.is(call.header('authorization'), 'Bearer of-the-client');
  t.is(call.header('x-custom'), 'ä-1');
  t.deepEqual([...call.query.keys()].toSorted(), ['nonce', 'signature', 'timestamp']);
  // Old business servers read both as numbers.
  t.regex(call.query.get('nonce') ?? '', /^\d+$/);
  t.regex(call.query.get('timestamp') ?? '', /^\d{10}$/);
});

test('hop-by-hop headers, Host, Origin, Sec-WebSocket-* and RAINBOW* stay behind', async (t) => {
  const harness = await start(t);
  await harness.connect({
    headers: {
      Origin: 'https://page.example',
      Connection: 'Upgrade, X-Hop',
      'X-Hop': 'gone',
      'Keep-Alive': 'timeout=5',
      TE: 'trailers',
      Trailer: 'X-Sum',
      'Proxy-Authorization': 'Basic eDp5',
      'Proxy-Connection': 'keep-alive',
      'Sec-WebSocket-Extensions': 'permessage-deflate',
      'Sec-WebSocket-Protocol': 'chat',
      RAINBOWCLIENTIDENTITY: 'forged',
      RainbowClientCookie: 'forged',
      RAINBOWCLIENTCHANNEL: 'forged',
      rainbowmessageid: 'forged',
      RAINBOWREQUESTINVALID: 'forged',
    },
  });
  const call = await harness.business.next('connect');
  const names = call.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const gone = ['origin', 'upgrade', 'x-hop', 'te', 'trailer', 'proxy-authorization', 'proxy-connection'];
  for (const name of gone) t.false(names.includes(name), name);
  t.deepEqual(
    names.filter((name) => name.startsWith('sec-websocket')),
    [],
  );
  t.deepEqual(
    names.filter((name) => name.startsWith('rainbow')),
    ['rainbowclientidentity', 'rainbowclientaddress', 'rainbowclientorigin'],
  );
  t.is(call.header('rainbowclientorigin'), 'https://page.example');
  t.regex(identityOf(call), /^[0-9a-f]{64}$/);
  t.is(call.header('host'), new URL(harness.business.url).host);
  t.not(call.header('keep-alive'), 'timeout=5');
  t.not(call.header('connection')?.toLowerCase(), 'upgrade, x-hop');
});

test('query parameters become headers where name and value are safe, the first of a repeated one', async (t) => {
  const harness = await start(t);
  await harness.connect({path: '/connect/?token=abc&room=a%20b&token=second&X-App=7'});
  const call = await harness.business.next('connect');
  t.is(call.header('token'), 'abc');
  t.is(call.header('room'), 'a b');
  t.is(call.header('x-app'), '7');
});

test('no query parameter can change the call itself', async (t) => {
  const harness = await start(t);
  const evil = [
    'Host=evil.example',
    'Content-Length=100',
    'Transfer-Encoding=chunked',
    'Connection=close',
    'Upgrade=h2c',
    'Expect=100-continue',
    'Cookie=session%3Dstolen',
    'X-Forwarded-For=127.0.0.1',
    'RAINBOWCLIENTIDENTITY=forged',
    'rainbowclientcookie=forged',
    'Origin=https%3A%2F%2Fevil.example',
    'Sec-WebSocket-Key=forged',
    'X-Split=a%0D%0AInjected%3A%20yes',
    'X-Zero=a%00b',
    'bad%20name=1',
    'bad%3Aname=1',
    'bad%0D%0Aname=1',
    '=1',
    'X-Broken=%E0%A4%A',
    'good=1',
  ];
  await harness.connect({path: `/connect/?${evil.join('&')}`});
  const call = await harness.business.next('connect');
  t.is(call.header('good'), '1');
  t.is(call.header('host'), new URL(harness.business.url).host);
  t.regex(identityOf(call), /^[0-9a-f]{64}$/);
  const never = ['content-length', 'transfer-encoding', 'upgrade', 'expect', 'cookie', 'x-forwarded-for'];
  never.push('rainbowclientcookie', 'origin', 'sec-websocket-key', 'injected', 'bad name', 'bad', 'bad:name');
  for (const name of never) t.is(call.header(name), undefined, name);
  t.is(call.header('rainbowclientorigin'), undefined);
  t.false(call.rawHeaders.some((text) => text.includes('evil') || text.includes('forged')));
  t.is(call.body.length, 0);
});
