// Business servers that misbehave, each in its own way: every call is answered, with the reason, and the next call to
// a server that has come to its senses goes through.

import {once} from 'node:events';
import {createServer} from 'node:net';
import test from 'ava';
import {type Call, excerptBytesMax} from '../../src/upstream/call.ts';
import {Latch} from '../support/deadline.ts';
import {scaled} from '../support/patience.ts';
import {holdPort} from '../support/ports.ts';
import {
  bodyText,
  closeCall,
  connectCall,
  listen,
  listenHttp,
  listenRaw,
  messageCall,
  outcome,
  settingsOf,
  startHarness,
} from './harness.ts';

const deadline = {callTimeoutMs: 400};
// Where something must arrive before the deadline, on a machine busy with other tests; those tests are serial.
const longDeadline = {callTimeoutMs: scaled(2_000)};

test('a server that is down is unreachable, and reached once it is up', async (t) => {
  const port = await holdPort(t);
  const harness = startHarness(t, settingsOf(`http://127.0.0.1:${port}`, {socketsMax: 2}));
  const answers = await harness.callAll([connectCall(), messageCall(), messageCall(), messageCall(), closeCall()]);
  t.deepEqual(answers.map(outcome), Array<string>(5).fill('failed/unreachable'));
  t.like(answers[0], {status: undefined});
  await listenHttp(t, (_request, response) => void response.end('up'), port);
  t.is(bodyText(await harness.call(messageCall())), 'up');
});

test('a name that does not resolve is unreachable', async (t) => {
  const harness = startHarness(t, settingsOf('http://does-not-exist.invalid'));
  t.is(outcome(await harness.call(messageCall())), 'failed/unreachable');
});

test('a server that never answers is a timeout', async (t) => {
  const business = await listenHttp(t, () => {});
  const harness = startHarness(t, settingsOf(business.url, deadline));
  const answers = await harness.callAll([connectCall(), messageCall(), closeCall()]);
  t.deepEqual(answers.map(outcome), Array<string>(3).fill('failed/timeout'));
  for (const socket of business.sockets) if (!socket.destroyed) await once(socket, 'close');
});

test.serial('a server that hangs after its headers is a timeout, reported with the status', async (t) => {
  const business = await listenHttp(t, (_request, response) => response.flushHeaders());
  const harness = startHarness(t, settingsOf(business.url, longDeadline));
  t.like(await harness.call(messageCall()), {kind: 'failed', reason: 'timeout', status: 200});
});

test('a body that trickles without end is a timeout, though bytes keep coming', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    const trickle = setInterval(() => response.write('.'), 10);
    response.on('close', () => clearInterval(trickle));
  });
  const harness = startHarness(t, settingsOf(business.url, deadline));
  t.is(outcome(await harness.call(messageCall())), 'failed/timeout');
});

test.serial('the deadline covers the wait for a socket, and a call that expires there is never sent', async (t) => {
  let seen = 0;
  const isHanging = {value: true};
  const business = await listenHttp(t, (_request, response) => {
    seen++;
    if (!isHanging.value) response.end('awake');
  });
  const harness = startHarness(t, settingsOf(business.url, {...longDeadline, socketsMax: 1}));
  const answers = await harness.callAll([messageCall(), messageCall(), messageCall()]);
  t.deepEqual(answers.map(outcome), Array<string>(3).fill('failed/timeout'));
  isHanging.value = false;
  t.is(bodyText(await harness.call(messageCall())), 'awake');
  t.is(seen, 2);
});

test('the deadline covers the making of a connection, which is then given up', async (t) => {
  // A TLS server that never says a word: the connection is never made.
  const silent = await listenRaw(t, '');
  const harness = startHarness(t, settingsOf(silent.url.replace('http:', 'https:'), {...deadline, socketsMax: 1}));
  t.is(outcome(await harness.call(messageCall())), 'failed/timeout');
  t.is(outcome(await harness.call(messageCall())), 'failed/timeout');
  while (silent.sockets.length < 2) await once(silent.server, 'connection');
  for (const socket of silent.sockets) if (!socket.destroyed) await once(socket, 'close');
});

test('a body larger than allowed is refused by its length, before it is read', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    response.writeHead(200, {'content-length': 65_537});
    response.flushHeaders();
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.like(await harness.call(messageCall()), {kind: 'failed', reason: 'tooLarge', status: 200});
});

test('a body without a length is refused at the byte that is too many, and its connection closed', async (t) => {
  const closed = new Latch();
  const business = await listenHttp(t, (_request, response) => {
    const write = (): void => {
      while (response.write(Buffer.alloc(16_384))) if (response.destroyed) return;
    };
    response.on('drain', write);
    response.on('close', () => closed.release());
    write();
  });
  const harness = startHarness(t, settingsOf(business.url));
  for (const call of [connectCall(), messageCall(), closeCall()]) {
    t.like(await harness.call(call), {kind: 'failed', reason: 'tooLarge', status: 200});
  }
  await closed.opened;
});

for (const [bytes, expected] of [
  [65_535, 'accepted'],
  [65_536, 'accepted'],
  [65_537, 'failed/tooLarge'],
] as const) {
  test(`of at most 65,536 bytes a body of ${bytes}, chunked or not, is ${expected}`, async (t) => {
    const business = await listenHttp(t, (request, response) => {
      if (request.url?.startsWith('/message/1/') === true) response.setHeader('content-length', bytes);
      else response.write('');
      response.end(Buffer.alloc(bytes));
    });
    const harness = startHarness(t, settingsOf(business.url));
    const answers = await harness.callAll([messageCall({type: 1}), messageCall({type: 2})]);
    t.deepEqual(answers.map(outcome), [expected, expected]);
    if (expected === 'accepted') t.like(answers[0], {body: {length: bytes}});
  });
}

test('headers over 16 KiB are refused', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    response.setHeader('x-padding', 'x'.repeat(20_000));
    response.end();
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.is(outcome(await harness.call(messageCall())), 'failed/tooLarge');
});

for (const status of [301, 302, 304, 400, 401, 403, 404, 413, 429, 500, 502, 503]) {
  test(`status ${status} is a failed call, and nothing is called after it`, async (t) => {
    let seen = 0;
    const business = await listenHttp(t, (_request, response) => {
      seen++;
      response.writeHead(status, {location: '/elsewhere/'}).end(status === 304 ? undefined : '{"status":"success"}');
    });
    const harness = startHarness(t, settingsOf(business.url));
    for (const call of [connectCall(), messageCall(), closeCall()]) {
      t.like(await harness.call(call), {kind: 'failed', reason: 'status', status});
    }
    t.is(seen, 3);
    t.is(business.sockets.length, 1);
  });
}

for (const [name, status, headers, body] of [
  ['a 404', 404, {}, 'not found'],
  ['a 500 of many bytes', 500, {}, `<h1>${'x'.repeat(100_000)}`],
  ['HTML', 200, {'content-type': 'text/html'}, `<html>${'x'.repeat(1_000)}`],
  ['what is not JSON', 200, {}, 'success'],
  ['a refusal', 200, {}, '{"status":"no","why":"banned"}'],
  ['a signature that was refused', 200, {RAINBOWREQUESTINVALID: 'signature'}, 'expected another signature'],
  ['no body', 500, {}, ''],
] as const) {
  test(`${name} is handed over with the first ${excerptBytesMax} bytes of its body`, async (t) => {
    const business = await listenHttp(t, (_request, response) => void response.writeHead(status, headers).end(body));
    const harness = startHarness(t, settingsOf(business.url, {answerBytesMax: 200_000}));
    const isOfEach = status !== 200 || 'RAINBOWREQUESTINVALID' in headers;
    const calls: Call[] = isOfEach ? [connectCall(), messageCall(), closeCall()] : [connectCall()];
    for (const answer of await harness.callAll(calls)) {
      t.not(answer.kind, 'accepted');
      if (answer.kind === 'accepted') continue;
      const excerpt = answer.excerpt === undefined ? undefined : Buffer.from(answer.excerpt).toString();
      t.is(excerpt, body === '' ? undefined : body.slice(0, excerptBytesMax));
    }
  });
}

test('a page of HTML for a connect call is invalid', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<html>Welcome</html>');
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.like(await harness.call(connectCall()), {kind: 'failed', reason: 'invalid', status: 200});
});

test('another status in JSON refuses, and RAINBOWREQUESTINVALID is a failed call', async (t) => {
  const business = await listenHttp(t, (request, response) => {
    if (request.method === 'POST') response.setHeader('RAINBOWREQUESTINVALID', 'invalid signature');
    response.end('{"status":"failed"}');
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.is(outcome(await harness.call(connectCall())), 'refused');
  t.is(outcome(await harness.call(messageCall())), 'failed/invalid');
});

test('a connection dropped before, within or after the headers is unreachable, and the call is not made again', async (t) => {
  for (const bytes of [
    '',
    'HTTP/1.1 200 OK\r\nContent-Le',
    'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nonly ',
  ]) {
    let seen = 0;
    const business = await listenRaw(t, bytes, (socket) => {
      seen++;
      socket.end();
    });
    const harness = startHarness(t, settingsOf(business.url));
    t.is(outcome(await harness.call(messageCall())), 'failed/unreachable', bytes);
    t.is(seen, 1);
  }
});

test('a server that hangs up on everyone is unreachable, not tried for ever', async (t) => {
  const server = createServer((socket) => socket.destroy());
  const {port, sockets} = await listen(t, server);
  const harness = startHarness(t, settingsOf(`http://127.0.0.1:${port}`));
  t.is(outcome(await harness.call(messageCall())), 'failed/unreachable');
  t.is(outcome(await harness.call(closeCall())), 'failed/unreachable');
  t.true(sockets.length <= 4);
});

test('a connection reset is unreachable', async (t) => {
  const business = await listenRaw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n', (socket) =>
    socket.resetAndDestroy(),
  );
  const harness = startHarness(t, settingsOf(business.url));
  t.is(outcome(await harness.call(messageCall())), 'failed/unreachable');
});

test('what is not HTTP is unreachable', async (t) => {
  for (const bytes of [
    'SSH-2.0-OpenSSH_9.6\r\n',
    '\0\x01\x02\x03',
    'HTTP/1.1 two hundred\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  ]) {
    const business = await listenRaw(t, bytes);
    const harness = startHarness(t, settingsOf(business.url));
    t.is(outcome(await harness.call(messageCall())), 'failed/unreachable', bytes);
  }
});

test('bytes beyond an answer are not taken for the answer to the next call', async (t) => {
  let seen = 0;
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
  const business = await listenHttp(t, (request, response) => {
    seen++;
    if (seen === 1) request.socket.write(`${answer}real${answer}fake`);
    else response.end('next');
  });
  const harness = startHarness(t, settingsOf(business.url, {socketsMax: 1}));
  const answers = await harness.callAll([messageCall(), messageCall()]);
  t.deepEqual(answers.map(bodyText), ['real', 'next']);
});
