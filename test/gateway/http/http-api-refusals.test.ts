import test from 'ava';
import {type ErrorCode, errorTable} from '../../../src/core/errors.ts';
import {bodyOf, exchange, openSocket, readToEnd, startApi} from './api-harness.ts';

const channel256 = 'r'.repeat(256);

const parameters: readonly (readonly [query: string, msg: string, code: ErrorCode, detail: RegExp])[] = [
  ['', 'channel miss', 'RB_CHANNEL_MISSING', /channel or identity/],
  ['channel=', 'channel miss', 'RB_CHANNEL_MISSING', /channel or identity/],
  [`channel=${channel256}r`, 'params error', 'RB_CHANNEL_INVALID', /^channel is "r{40}…"\. Send 1 to 256 bytes/],
  ['channel=a%3B%3Bb', 'params error', 'RB_CHANNEL_INVALID', /^channel is "a;;b"\. Send/],
  ['channel=a%00', 'params error', 'RB_CHANNEL_INVALID', /^channel is "a\\u0000"\. Send/],
  ['channel=%FF', 'params error', 'RB_PARAMETERS', /^The value of channel is not UTF-8\. Percent-encode its bytes/],
  ['channel=a&qos=%', 'params error', 'RB_PARAMETERS', /^The value of qos is not UTF-8/],
  [
    'channel=a&want=0',
    'params error',
    'RB_PARAMETERS',
    /^want is "0"\. Send a whole number from 1 to 10000000, majority/,
  ],
  ['channel=a&want=most', 'params error', 'RB_PARAMETERS', /^want is "most"/],
  ['channel=a&want=10000001', 'params error', 'RB_PARAMETERS', /^want is "10000001"/],
  ['channel=a&want=', 'params error', 'RB_PARAMETERS', /^want is ""/],
  ['channel=a&qos=0&want=1', 'params error', 'RB_PARAMETERS', /^The call has want, and qos is 0: no client confirms\./],
  ['channel=a&qos=0&detail=recipients', 'params error', 'RB_PARAMETERS', /^The call has detail, and qos is 0/],
  ['channel=a&detail=all', 'params error', 'RB_PARAMETERS', /^detail is "all"\. Send recipients, or leave it out\.$/],
  ['channel=a&reduce=sum', 'params error', 'RB_PARAMETERS', /^reduce is "sum"\. Send count, min, max, merge, list, or/],
  ['except=a', 'channel miss', 'RB_CHANNEL_MISSING', /channel or identity, or user, or broadcast=1/],
  ['broadcast=0', 'channel miss', 'RB_CHANNEL_MISSING', /channel or identity/],
  ['channel=&identity=b', 'params error', 'RB_CHANNEL_INVALID', /^channel is ""\. Send 1 to 256 bytes/],
  ['channel=&channel=a', 'params error', 'RB_CHANNEL_INVALID', /^channel is ""/],
  ['channel=a&channel=b;;c', 'params error', 'RB_CHANNEL_INVALID', /^channel is "b;;c"/],
  ['identity=a&identity=b%20c', 'params error', 'RB_PARAMETERS', /^identity is "b c"\. Send 1 to 256 printable/],
  ['user=', 'params error', 'RB_PARAMETERS', /^user is ""\. Send 1 to 256 printable/],
  ['user=a&user=%C3%A9', 'params error', 'RB_PARAMETERS', /^user is "é"/],
  ['channel=a&except=', 'params error', 'RB_PARAMETERS', /^except is ""/],
  ['channel=a&except=b,,c', 'params error', 'RB_PARAMETERS', /^except is ""/],
  ['channel=a&except=b&except=', 'params error', 'RB_PARAMETERS', /^except is ""/],
  ['broadcast=2', 'params error', 'RB_PARAMETERS', /^broadcast is "2"\. Send 1 or 0\.$/],
  ['broadcast=1&channel=a', 'params error', 'RB_PARAMETERS', /^The call has both broadcast and channel\. Send one/],
  ['broadcast=1&identity=a', 'params error', 'RB_PARAMETERS', /^The call has both broadcast and identity\./],
  ['broadcast=1&user=a', 'params error', 'RB_PARAMETERS', /^The call has both broadcast and user\./],
  [
    Array.from({length: 60}, (_, place) => `channel=${encodeURIComponent('/'.repeat(70) + place)}`).join('&'),
    'params error',
    'RB_PARAMETERS',
    /^The names of the recipients take 13\d{3} characters \(limit 12288\)\. Make several calls\.$/,
  ],
  ['identity=', 'params error', 'RB_PARAMETERS', /^identity is ".*"\. Send 1 to 256/],
  [`identity=${'i'.repeat(257)}`, 'params error', 'RB_PARAMETERS', /^identity is ".*"\. Send 1 to 256/],
  ['identity=%E6%88%BF', 'params error', 'RB_PARAMETERS', /^identity is "房"\. Send/],
  ['channel=a&qos=3', 'qos level error', 'RB_QOS', /^qos is "3"\. Send 0, 1 or 2\.$/],
  ['channel=a&qos=', 'qos level error', 'RB_QOS', /^qos is ""/],
  ['channel=a&qos=-1', 'qos level error', 'RB_QOS', /^qos is "-1"/],
  [
    'channel=a&msgtype=65536',
    'params error',
    'RB_PARAMETERS',
    /^msgtype is "65536"\. Send a whole number from 0 to 65535\.$/,
  ],
  ['channel=a&msgtype=-1', 'params error', 'RB_PARAMETERS', /msgtype/],
  ['channel=a&msgtype=one', 'params error', 'RB_PARAMETERS', /msgtype/],
  ['channel=a&msgtype=', 'params error', 'RB_PARAMETERS', /msgtype/],
  ['channel=a&timeout=soon', 'params error', 'RB_PARAMETERS', /timeout/],
  ['channel=a&replies=some', 'params error', 'RB_PARAMETERS', /^replies is "some"\. Send all, or leave it out\.$/],
  ['channel=a&replies', 'params error', 'RB_PARAMETERS', /^replies is ""/],
];

for (const [query, msg, code, detail] of parameters) {
  test(`/send/?${query.slice(0, 60)} is refused: ${code}`, async (t) => {
    const {post, router, counters} = await startApi(t);
    const answer = await post(`/send/?${query}`, 'x');
    t.is(answer.status, 400);
    t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    t.like(answer.json, {status: 1, msg, code});
    t.regex(answer.json.detail ?? '', detail);
    t.is(router.published.length, 0);
    t.like(counters, {apiRequests: 1, apiErrors: 1, signaturesRefused: 0});
  });
}

const atTheBound: readonly string[] = [
  `channel=${channel256}`,
  `identity=${'i'.repeat(256)}`,
  'channel=a&msgtype=0',
  'channel=a&msgtype=65535',
  'channel=a&timeout=300',
  'channel=a&timeout=-1',
  'channel=a&timeout=0',
];

for (const query of atTheBound) {
  test(`/send/?${query.slice(0, 60)} is within bounds`, async (t) => {
    const {post} = await startApi(t);
    t.is((await post(`/send/?${query}`, 'x')).status, 200);
  });
}

for (const [path, hint] of [
  ['/', /Rainbow gateway.*\/connect\/.*\/openapi\.json.*\/serverinfo\//],
  ['/?a=1', /Rainbow gateway/],
  ['/inspector', /inspector is off\. Set inspector = on and an inspector_key/],
  ['/inspector/', /inspector is off/],
] as const) {
  test(`${path} is no path of ours, with a word on where to go`, async (t) => {
    const {call} = await startApi(t);
    const {status, json} = await call(path);
    t.is(status, 404);
    t.like(json, {status: 1, msg: 'no such path', code: 'RB_NO_SUCH_PATH'});
    t.regex((json as {readonly detail?: string}).detail ?? '', hint);
  });
}

test('a URL with a character outside ASCII is refused with what to do', async (t) => {
  const {port} = await startApi(t);
  const socket = await openSocket(t, port);
  socket.end('POST /send/?channel=café HTTP/1.1\r\nhost: x\r\n\r\n');
  const answer = bodyOf(await readToEnd(socket)) as {readonly detail?: string};
  t.like(answer, {code: 'RB_REQUEST_MALFORMED'});
  t.regex(answer.detail ?? '', /Percent-encode them/);
});

for (const path of ['/nothing/', '/send/more/', '/SEND/', '//send/', '/sendx', '/favicon.ico']) {
  test(`${path} is no path of ours`, async (t) => {
    const {call, counters} = await startApi(t);
    for (const method of ['GET', 'POST', 'PROPFIND']) {
      const answer = await call(path, {method});
      t.is(answer.status, 404);
      t.deepEqual(answer.json, {status: 1, msg: 'no such path', code: 'RB_NO_SUCH_PATH'});
    }
    t.like(counters, {apiRequests: 3, apiErrors: 3});
  });
}

const otherMethods: readonly (readonly [method: string, path: string, allow: string])[] = [
  ['PUT', '/send/', 'GET, HEAD, POST'],
  ['DELETE', '/send', 'GET, HEAD, POST'],
  ['GET', '/sub/', 'POST'],
  ['GET', '/unsub/?x=1', 'POST'],
  ['POST', '/hello/', 'GET, HEAD'],
  ['POST', '/serverinfo/', 'GET, HEAD'],
  ['OPTIONS', '/metrics', 'GET, HEAD'],
  ['POST', '/connect/', 'GET, HEAD'],
  ['PURGE', '/send/', 'GET, HEAD, POST'],
];

for (const [method, path, allow] of otherMethods) {
  test(`${method} ${path} is not allowed, and the answer says what is`, async (t) => {
    const {call} = await startApi(t);
    const answer = await call(path, {method});
    t.is(answer.status, 405);
    t.is(answer.headers.get('allow'), allow);
    t.like(answer.json, {status: 1, msg: 'method not allowed', code: 'RB_METHOD'});
  });
}

for (const path of ['/send/', '/hello/', '/send', '/hello']) {
  test(`GET ${path} answers ok, to anybody`, async (t) => {
    const {call} = await startApi(t);
    const answer = await call(path);
    t.is(answer.status, 200);
    t.is(answer.text, 'ok');
    t.is(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    const head = await call(path, {method: 'HEAD'});
    t.is(head.status, 200);
    t.is(head.headers.get('content-length'), '2');
  });
}

test('GET /connect/ without an upgrade is answered 426', async (t) => {
  const {call, counters} = await startApi(t);
  const answer = await call('/connect/?X-DEVICEID=1');
  t.is(answer.status, 426);
  t.is(answer.headers.get('upgrade'), 'websocket');
  t.like(answer.json, {status: 1, code: 'RB_UPGRADE_REQUIRED'});
  t.is(counters.handshakesInvalid, 1);
});

test('a request that offers another protocol is answered as it is, a WebSocket upgrade goes to the gateway', async (t) => {
  const {port, app} = await startApi(t);
  const upgraded = Promise.withResolvers<string | undefined>();
  app.server.on('upgrade', (request, socket) => {
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    upgraded.resolve(request.url);
  });
  const offer = (protocol: string): string =>
    `GET /hello/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`;
  t.regex(await exchange(t, port, offer('h2c')), /^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok$/);
  t.regex(await exchange(t, port, offer('WebSocket')), /^HTTP\/1\.1 401 /);
  t.is(await upgraded.promise, '/hello/');
});

test('a body one byte over the bound is refused 413, whether its length is announced or not', async (t) => {
  const {post, port, signature, router} = await startApi(t, {payloadBytesMax: 1_000});
  const answer = await post('/send/?channel=a', new Uint8Array(1_001));
  t.is(answer.status, 413);
  t.like(answer.json, {status: 1, msg: 'body too large', code: 'RB_BODY_TOO_LARGE'});
  t.regex(answer.json.detail ?? '', /^The body has 1001 bytes \(payload_max is 1000\)/);
  const head = `POST /send/?channel=a&${signature()} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunked = await exchange(t, port, `${head}3e9\r\n${'x'.repeat(1_001)}\r\n0\r\n\r\n`);
  t.regex(chunked, /^HTTP\/1\.1 413 /);
  t.is(bodyOf(chunked).code, 'RB_BODY_TOO_LARGE');
  t.is(router.published.length, 0);
});

test('a caller that is refused is answered before it has sent its body', async (t) => {
  const {port} = await startApi(t);
  const head = 'POST /send/?channel=a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n';
  const answer = await exchange(t, port, head);
  t.regex(answer, /^HTTP\/1\.1 401 /);
  t.regex(answer, /\r\nconnection: close\r\n/i, 'a hundred megabytes are not read to be thrown away');
});

test('a refused call with a body within bounds keeps its connection, so that its caller can read the answer', async (t) => {
  const {port} = await startApi(t, {payloadBytesMax: 1_000});
  const socket = await openSocket(t, port);
  const body = 'x'.repeat(1_000);
  socket.write(`POST /send/?channel=a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${body}`);
  socket.write('GET /hello/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 OK[\s\S]*ok$/);
});

test('a path that cannot be decoded is a malformed request', async (t) => {
  const {call, counters} = await startApi(t);
  const answer = await call('/send%zz/', {method: 'POST'});
  t.is(answer.status, 400);
  t.like(answer.json, {status: 1, msg: 'malformed request', code: 'RB_REQUEST_MALFORMED'});
  t.like(counters, {apiRequests: 1, apiErrors: 1});
});

const malformed: readonly (readonly [title: string, bytes: string, status: number, code: ErrorCode])[] = [
  ['that is no HTTP', 'hello\r\n\r\n', 400, 'RB_REQUEST_MALFORMED'],
  [
    'with raw bytes in its URL',
    'GET /send/?channel=\xe6\x88\xbf HTTP/1.1\r\nHost: x\r\n\r\n',
    400,
    'RB_REQUEST_MALFORMED',
  ],
  [
    'with two lengths',
    'POST /send/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'RB_REQUEST_MALFORMED',
  ],
  [
    'with length and chunks, which smuggling needs',
    'POST /send/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'RB_REQUEST_MALFORMED',
  ],
  ['with 20 KB of headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'RB_HEADERS_TOO_LARGE'],
];

for (const [title, bytes, status, code] of malformed) {
  test(`a request ${title} is answered ${status} as JSON and its connection closed`, async (t) => {
    const {port, counters, call} = await startApi(t);
    const answer = await exchange(t, port, bytes);
    t.true(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    t.is(bodyOf(answer).code, code);
    t.is(bodyOf(answer).msg, errorTable[code].message);
    t.like(counters, {apiRequests: 1, apiErrors: 1});
    t.is((await call('/hello/')).text, 'ok');
  });
}

test('a body cut off by its caller affects no other caller', async (t) => {
  const {port, signature, call, logLines, router} = await startApi(t);
  const socket = await openSocket(t, port);
  socket.end(`POST /send/?channel=a&${signature()} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`);
  await readToEnd(socket);
  t.is((await call('/hello/')).text, 'ok');
  t.is(router.published.length, 0);
  t.deepEqual(logLines, []);
});

test('with legacy_http_status every refusal has status 200, and the same body', async (t) => {
  const {call, post, router} = await startApi(t, {legacyHttpStatus: true, payloadBytesMax: 100});
  router.onSubscribe = async () => 'noSuchConnection';
  router.onPublish = () => Promise.reject(new Error('x'));
  const answers = [
    [await call('/send/?channel=a', {method: 'POST'}), 'RB_SIGNATURE_MISSING'],
    [await post('/send/?qos=1', 'x'), 'RB_CHANNEL_MISSING'],
    [await post('/sub/', '{"identity":"a","channel":"b"}'), 'RB_NO_SUCH_CONNECTION'],
    [await post('/send/?channel=a', 'x'.repeat(101)), 'RB_BODY_TOO_LARGE'],
    [await post('/send/?channel=a', 'x'), 'RB_INTERNAL'],
    [await call('/nothing/'), 'RB_NO_SUCH_PATH'],
    [await call('/sub/'), 'RB_METHOD'],
  ] as const;
  for (const [answer, code] of answers) {
    t.is(answer.status, 200, code);
    t.like(answer.json, {status: 1, code, msg: errorTable[code].message});
  }
});
