// The cause of a failure is the word by which people find the fault; whether anything was sent decides whether the call
// may be made again.

import {createServer} from 'node:net';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {retryAfter} from '../../src/upstream/call-failure.ts';
import {connectCall, listen, listenHttp, listenRaw, messageCall, outcome, settingsOf, startHarness} from './harness.ts';

test('each 1xx but 101 is passed over, asked for or not, one or many of them', async (t) => {
  const final = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal';
  for (const first of [
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 100 Continue\r\nServer: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 102 Processing\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 199 Odd\r\n\r\n',
  ]) {
    const business = await listenRaw(t, first + final);
    const harness = startHarness(t, settingsOf(business.url, {socketsMax: 1}));
    for (let call = 0; call < 3; call++)
      t.like(await harness.call(messageCall()), {kind: 'accepted', body: {length: 4}}, first);
    t.is(business.sockets.length, 1, first);
  }
});

test('a 101 that was not requested fails the call, whether it names a protocol or not', async (t) => {
  for (const upgrade of ['Connection: upgrade\r\nUpgrade: x\r\n', '']) {
    const business = await listenRaw(t, `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`);
    const harness = startHarness(t, settingsOf(business.url));
    t.like(await harness.call(messageCall()), {kind: 'failed', wasSent: true, cause: 'answer 101'});
  }
});

test('a refused connection has its code for a cause, and nothing was sent', async (t) => {
  const {server, url} = await listen(t, createServer());
  await new Promise((resolve) => server.close(resolve));
  const answer = await startHarness(t, settingsOf(url)).call(messageCall());
  t.like(answer, {reason: 'unreachable', cause: 'ECONNREFUSED', wasSent: false});
});

const answers: readonly (readonly [body: string, type: string, cause: string])[] = [
  ['<html>', 'text/html; charset=utf-8', 'html answer'],
  ['<!doctype html>', 'application/json', 'html answer'],
  ['', 'application/json', 'empty answer'],
  ['{}', 'application/json', 'JSON without status'],
  ['[1]', 'application/json', 'answer not a JSON object'],
];
for (const [body, type, cause] of answers) {
  test(`a connect answer ${JSON.stringify(body)} fails for the cause "${cause}"`, async (t) => {
    const business = await listenHttp(t, (_request, response) => {
      response.setHeader('content-type', type);
      response.end(body);
    });
    const answer = await startHarness(t, settingsOf(business.url)).call(connectCall());
    t.like(answer, {kind: 'failed', reason: 'invalid', status: 200, wasSent: true, cause});
  });
}

test('a connect answer that is compressed, although none was asked for, fails for that cause', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('{"status":"success"}'));
  });
  const answer = await startHarness(t, settingsOf(business.url)).call(connectCall());
  t.like(answer, {kind: 'failed', reason: 'invalid', status: 200, cause: 'answer with Content-Encoding'});
});

for (const [status, retryAfterMs] of [
  [429, 7_000],
  [503, 7_000],
  [500, undefined],
] as const) {
  test(`Retry-After of a ${status} is ${retryAfterMs === undefined ? 'ignored' : 'read'}`, async (t) => {
    const business = await listenHttp(t, (_request, response) => {
      response.writeHead(status, {'retry-after': '7'}).end();
    });
    const answer = await startHarness(t, settingsOf(business.url)).call(messageCall());
    t.is(outcome(answer), 'failed/status');
    t.like(answer, {status, retryAfterMs, wasSent: true});
  });
}

test('Retry-After is seconds or a date, at most a day, and nothing else', (t) => {
  const now = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT');
  t.is(retryAfter('0', now), 0);
  t.is(retryAfter('90', now), 90_000);
  t.is(retryAfter('Sun, 06 Nov 1994 08:50:37 GMT', now), 60_000);
  t.is(retryAfter('Sun, 06 Nov 1994 08:00:00 GMT', now), 0);
  t.is(retryAfter('9999999999', now), 86_400_000);
  t.is(retryAfter('soon', now), undefined);
  t.is(retryAfter(['1', '2'], now), undefined);
  t.is(retryAfter(undefined, now), undefined);
});
