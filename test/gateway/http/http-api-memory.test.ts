// What calls of the API may hold: their bodies, and the replies that they are answered with.

import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import test from 'ava';
import {outcomePieces} from '../../../src/gateway/http/api-answer.ts';
import type {PublishOutcome} from '../../../src/router/router.ts';
import {outcomeOf, startApi} from './api-harness.ts';

test('a body is held until its call is answered', async (t) => {
  const {post, memory, router} = await startApi(t, {memoryBytesMax: 10_000_000});
  let held = 0;
  router.onPublish = async () => {
    held = memory.total;
    return outcomeOf({connections: 1});
  };
  t.is((await post('/send/?channel=room', Buffer.alloc(100_000))).status, 200);
  t.true(held > 100_000 && held < 110_000, `${held}`);
  t.is((await post('/hello/')).status, 405);
  t.is(memory.total, 0);
});

for (const path of ['/send/?channel=room', '/sub/', '/unsub/']) {
  test(`where memory is full ${path} is answered 503 before its body is read, and may be made again`, async (t) => {
    const {post, memory, counters} = await startApi(t, {memoryBytesMax: 1_000_000});
    memory.hold(999_000);
    const refused = await post(path, Buffer.alloc(1_000));
    t.is(refused.status, 503);
    t.like(refused.json, {
      code: 'RB_OVERLOADED',
      detail: 'The gateway holds 999000 bytes for clients and callers (memory_max is 1000000). Retry later',
    });
    t.is(counters.apiOverloaded, 1);
    memory.release(999_000);
    t.not((await post(path, JSON.stringify({identity: 'a', channel: 'b'}))).status, 503);
  });
}

test('a body of no length is taken for one of payload_max', async (t) => {
  const {port, memory, signature} = await startApi(t, {memoryBytesMax: 1_000_000, payloadBytesMax: 400_000});
  memory.hold(300_000);
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(`POST /send/?channel=room&${signature()} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.regex(answer.toString(), /^HTTP\/1\.1 503 /);
});

test('bodies that are slow hold the room of their frames', async (t) => {
  const {port, memory, post, signature} = await startApi(t, {memoryBytesMax: 1_000_000, payloadBytesMax: 500_000});
  const slow = connect(port, '127.0.0.1');
  t.teardown(() => slow.destroy());
  slow.write(
    `POST /send/?channel=room&${signature()} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 400000\r\n\r\n`,
  );
  await once(slow, 'data');
  t.true(memory.total > 800_000, `${memory.total}`);
  t.is((await post('/send/?channel=room', Buffer.alloc(400_000))).status, 503);
});

test('a caller that goes before its body is whole leaves nothing held', async (t) => {
  const {port, memory, signature} = await startApi(t);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /send/?channel=room&${signature()} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 50000\r\n\r\n`,
  );
  await once(socket, 'data');
  t.true(memory.total > 50_000);
  const {promise, resolve} = Promise.withResolvers<void>();
  const release = memory.release.bind(memory);
  memory.release = (bytes) => {
    release(bytes);
    resolve();
  };
  socket.destroy();
  await promise;
  t.is(memory.total, 0);
});

for (const [what, replies] of [
  ['', []],
  ['long ', [{identity: 'a', data: Buffer.alloc(300_000, 'a')}]],
] as const) {
  test(`a caller that goes while ${what}answers wait behind the first one leaves nothing held`, async (t) => {
    const {app, port, memory, signature, router} = await startApi(t);
    const first = Promise.withResolvers<PublishOutcome>();
    const second = Promise.withResolvers<void>();
    router.onPublish = async () => {
      if (router.published.length === 1) return first.promise;
      // Its answer is made in the turn of the event loop that follows.
      setImmediate(() => second.resolve());
      return outcomeOf({connections: 1, replies});
    };
    const connected = once(app.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    const [accepted] = (await connected) as [Socket];
    for (let count = 0; count < 2; count++) {
      const query = `channel=room&qos=1&replies=all&${signature()}`;
      socket.write(`POST /send/?${query} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody`);
    }
    await second.promise;
    t.true(memory.total > 0);
    const closed = once(accepted, 'close');
    socket.destroy();
    await closed;
    t.is(memory.total, 0);
    first.resolve(outcomeOf({connections: 1}));
  });
}

const megabyte = 1_048_576;

test('long replies are answered whole, and held until the caller has them', async (t) => {
  const {post, router, memory, wall} = await startApi(t);
  await post('/send/?channel=room');
  const timers = wall.pendingCount;
  const text = 'ä€😀"\\\u0001'.repeat(60_000);
  const replies = [
    {identity: 'a', data: Buffer.from(text)},
    {identity: 'b', data: Buffer.alloc(300_001, 0xff)},
    {identity: 'c', data: new Uint8Array(0)},
  ];
  router.onPublish = async () => outcomeOf({connections: 3, lastReply: Buffer.from(text), replies});
  const {json} = await post('/send/?channel=room&replies=all', 'x');
  t.deepEqual(json, {
    status: 0,
    connections: 3,
    data: text,
    replies: [
      {identity: 'a', data: text},
      {identity: 'b', data: Buffer.alloc(300_001, 0xff).toString('base64'), encoding: 'base64'},
      {identity: 'c', data: ''},
    ],
    outcomes: {confirmed: 3, timeout: 0, refused: 0, gone: 0, failed: 0, queued: 0, open: 0},
    message: json.message,
  });
  t.is(memory.total, 0);
  t.is(wall.pendingCount, timers, 'no timer watches whether the caller reads');
});

test('replies that were left out are reported, and the count is of all', async (t) => {
  const {post, router, counters} = await startApi(t);
  const replies = [{identity: 'a', data: Buffer.from('ok')}];
  router.onPublish = async () => outcomeOf({connections: 90, replies, isTruncated: true});
  const {json} = await post('/send/?channel=room&replies=all', 'x');
  t.like(json, {status: 0, connections: 90, replies: [{identity: 'a', data: 'ok'}], truncated: true});
  t.is(counters.repliesTruncated, 1);
});

test('no answer has a text too long for a string: to a node less than what it reads, whatever the bytes', (t) => {
  const replies = Array.from({length: 16}, (_, number) => ({identity: `${number}`, data: new Uint8Array(megabyte)}));
  const outcome = outcomeOf({connections: 16, replies, lastReply: new Uint8Array(megabyte)});
  for (const [isToNode, max] of [
    [true, 16 * megabyte],
    [false, 160 * megabyte],
  ] as const) {
    let length = 0;
    let longest = 0;
    let end = '';
    for (const piece of outcomePieces(1, true, outcome, isToNode)) {
      length += piece.length;
      longest = Math.max(longest, piece.length);
      end = piece;
    }
    t.true(length < max, `${length}`);
    t.true(longest < megabyte);
    t.is(end.includes('"truncated":true'), isToNode);
  }
});

test('the pieces of an answer are the answer', (t) => {
  const replies = [{identity: 'a', data: Buffer.from('one')}];
  for (const outcome of [
    outcomeOf({connections: 1, replies, lastReply: Buffer.from('one')}),
    outcomeOf({isTimedOut: true}),
  ])
    for (const qos of [0, 1, 2] as const) {
      const text = [...outcomePieces(qos, true, outcome)].join('');
      t.notThrows(() => JSON.parse(text) as unknown, text);
    }
});
