import {once} from 'node:events';
import test from 'ava';
import type {RecipientReport} from '../../../src/router/gathering.ts';
import {openSocket, outcomeOf, startApi} from './api-harness.ts';

const confirmed = (identity: string, text: string): RecipientReport => ({
  ...{identity, outcome: 'confirmed', ms: 3},
  data: Buffer.from(text),
});

const accept = {accept: 'application/x-ndjson'};

test('lines of replies come before the answer, which is the last one and has no list', async (t) => {
  const {call, router, signature} = await startApi(t);
  router.onPublish = async (_request, gathering) => {
    const part = gathering?.addPart();
    gathering?.ready();
    part?.begun(2, []);
    part?.settled(confirmed('a', 'yes'));
    part?.settled({identity: 'b', outcome: 'gone', data: new Uint8Array(0), ms: 4});
    part?.done('open');
    return outcomeOf({connections: 1, gone: 1});
  };
  const search = `channel=room&replies=all&odd=1&${signature()}`;
  const {text, headers} = await call(`/send/?${search}`, {method: 'POST', headers: accept, body: 'x'});
  t.is(headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  const [line, last, ...none] = text.split('\n');
  t.is(line, '{"identity":"a","outcome":"confirmed","reply":"yes","ms":3}');
  t.like(JSON.parse(last ?? ''), {status: 0, connections: 1, data: 'yes', replies: undefined, ignored: ['odd']});
  t.deepEqual(none, ['']);
});

test('a call that fails before its first line is refused as any other', async (t) => {
  const {call, router, signature} = await startApi(t);
  router.onPublish = async () => Promise.reject(Object.assign(new Error('full'), {code: 'RB_OVERLOADED'}));
  const answer = await call(`/send/?channel=room&${signature()}`, {method: 'POST', headers: accept, body: 'x'});
  t.is(answer.status, 503);
  t.like(answer.json, {status: 1, code: 'RB_OVERLOADED'});
});

test('at QoS 0, and for a caller that takes anything, the answer is one', async (t) => {
  const {call, signature} = await startApi(t);
  const one = await call(`/send/?channel=room&qos=0&${signature()}`, {method: 'POST', headers: accept, body: 'x'});
  t.is(one.text, '{"status":0,"message":"m1"}\n');
  for (const types of ['*/*', 'application/json', 'text/plain, application/x-ndjsonx']) {
    const other = await call(`/send/?channel=room&${signature()}`, {
      ...{method: 'POST', headers: {accept: types}, body: 'x'},
    });
    t.is(other.headers.get('content-type'), 'application/json; charset=utf-8', types);
  }
});

test('a caller that does not read is kept lines within a bound, and hears that some are missing', async (t) => {
  const {port, router, signature, memory} = await startApi(t);
  const before = memory.total;
  const text = 'x'.repeat(100_000);
  const published = Promise.withResolvers<void>();
  router.onPublish = async (_request, gathering) => {
    const part = gathering?.addPart();
    gathering?.ready();
    part?.begun(400, []);
    // Forty megabytes, in one turn.
    for (let client = 0; client < 400; client++) part?.settled(confirmed(`client ${client}`, text));
    t.true(memory.total - before < 10_000_000, `${memory.total - before} bytes are kept`);
    published.resolve();
    return outcomeOf({connections: 400});
  };
  const socket = await openSocket(t, port);
  socket.pause();
  socket.write(
    `POST /send/?channel=room&${signature()} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n` +
      `Accept: application/x-ndjson\r\n\r\nx`,
  );
  await published.promise;
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.resume();
  await once(socket, 'close');
  t.regex(received, /"connections":400,[^\n]*"truncated":true/);
  t.is(received.match(/"outcome":"confirmed"/g)?.length, 83);
  t.is(memory.total, before);
});
