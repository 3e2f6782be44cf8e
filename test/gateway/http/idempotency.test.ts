// Idempotency-Key on /send/ and on lines of a batch, before a scripted router and a real memory of keys.

import test, {type ExecutionContext} from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import type {PublishOutcome} from '../../../src/router/router.ts';
import {openBatch} from '../../support/batch.ts';
import {type ApiKit, outcomeOf, startApi} from './api-harness.ts';

const keepMs = 300_000;

/** A call with a key. */
function send({post}: ApiKit, key: string, query = 'channel=room&qos=1', body = 'x') {
  return post(`/send/?${query}`, body, {headers: {'idempotency-key': key}});
}

/** Sends these lines in one batch. */
async function batch(t: ExecutionContext, api: ApiKit, lines: readonly object[]) {
  const call = openBatch(t, api.port, `/send/batch/?${api.signature()}`);
  for (const line of lines) call.write({...line});
  call.end();
  return call.rest();
}

/** Counts the messages, and answers each with its number. */
function counting({router}: ApiKit): void {
  router.onPublish = async () => outcomeOf({message: `m${router.published.length}`, connections: 1});
}

test('the same call with the same key gets the first answer, is marked, and sends nothing', async (t) => {
  const api = await startApi(t);
  counting(api);
  const first = await send(api, '"k"');
  t.is(first.json.message, 'm1');
  t.is(first.headers.get('idempotency-replayed'), null);
  for (let again = 0; again < 3; again++) {
    const repeated = await send(api, '"k"');
    t.is(repeated.status, 200);
    t.is(repeated.text, first.text);
    t.is(repeated.headers.get('idempotency-replayed'), 'true');
  }
  t.is(api.router.published.length, 1);
});

test('the same call is one with the same meaning, however its parameters are written', async (t) => {
  const api = await startApi(t);
  counting(api);
  for (const query of [
    'channel=room&qos=2',
    'qos=2&channel=r%6fom',
    'channel=room',
    'channel=room&msgtype=1&timeout=10',
  ])
    t.is((await send(api, '"k"', query)).json.message, 'm1', query);
});

for (const [what, query, body] of [
  ['another channel', 'channel=other&qos=1', 'x'],
  ['another QoS', 'channel=room&qos=2', 'x'],
  ['another type', 'channel=room&qos=1&msgtype=2', 'x'],
  ['another timeout', 'channel=room&qos=1&timeout=2', 'x'],
  ['a client instead of the channel', 'identity=room&qos=1', 'x'],
  ['replies wanted', 'channel=room&qos=1&replies=all', 'x'],
  ['another payload', 'channel=room&qos=1', 'y'],
  ['a longer payload', 'channel=room&qos=1', 'xx'],
] as const) {
  test(`the same key with ${what} is refused, and sends nothing`, async (t) => {
    const api = await startApi(t);
    await send(api, '"k"');
    const {status, json, headers} = await send(api, '"k"', query, body);
    t.is(status, 409);
    t.is(json.code, 'RB_IDEMPOTENCY_CONFLICT');
    t.is(headers.get('idempotency-replayed'), null);
    t.is(api.router.published.length, 1);
    t.is((await send(api, '"k"')).status, 200, 'the first call keeps the key');
  });
}

test('while the first call runs the second one is refused, and may come again', async (t) => {
  const api = await startApi(t);
  const outcome = Promise.withResolvers<PublishOutcome>();
  const called = Promise.withResolvers<void>();
  api.router.onPublish = () => {
    called.resolve();
    return outcome.promise;
  };
  const first = send(api, '"k"');
  await called.promise;
  const second = await send(api, '"k"');
  t.is(second.status, 409);
  t.is(second.json.code, 'RB_IDEMPOTENCY_RUNNING');
  t.is(second.headers.get('retry-after'), '1');
  outcome.resolve(outcomeOf({message: 'm1', connections: 3}));
  t.is((await first).json.connections, 3);
  t.is((await send(api, '"k"')).json.connections, 3);
  t.is(api.router.published.length, 1);
});

test('an answer is kept for five minutes from when it was given', async (t) => {
  const api = await startApi(t);
  counting(api);
  await send(api, '"k"');
  t.true(api.memory.total > 0, 'the key counts');
  t.is((await send(api, '"k"')).json.message, 'm1');
  api.wall.agedMs += keepMs;
  api.wall.elapse(keepMs);
  t.is((await send(api, '"k"')).json.message, 'm2');
});

test('a timeout without confirmation is an answer like the others', async (t) => {
  const api = await startApi(t);
  api.router.onPublish = async () => outcomeOf({isTimedOut: true});
  const first = await send(api, '"k"');
  t.is(first.json.code, 'RB_TIMEOUT');
  t.is((await send(api, '"k"')).text, first.text);
  t.is(api.router.published.length, 1);
});

for (const code of ['RB_OVERLOADED', 'RB_STOPPING'] as const) {
  test(`a call refused with ${code} had no effect, and its key is free`, async (t) => {
    const api = await startApi(t);
    api.router.onPublish = () => Promise.reject(new RainbowError(code));
    t.is((await send(api, '"k"')).json.code, code);
    counting(api);
    t.is((await send(api, '"k"')).json.status, 0);
  });
}

test('a call with wrong parameters uses no key', async (t) => {
  const api = await startApi(t);
  t.is((await send(api, '"k"', 'channel=room&qos=9')).status, 400);
  t.is((await send(api, '"k"')).status, 200);
});

test('a call that failed by a fault of ours may have had an effect: its key stays taken', async (t) => {
  const api = await startApi(t);
  api.router.onPublish = () => Promise.reject(new Error('of the test'));
  t.is((await send(api, '"k"')).status, 500);
  counting(api);
  const {status, json} = await send(api, '"k"');
  t.is(status, 409);
  t.is(json.code, 'RB_IDEMPOTENCY_UNKNOWN');
  t.is(api.router.published.length, 1);
});

test('an answer that is too long to be kept is given once, and its message is not sent again', async (t) => {
  const api = await startApi(t);
  const replies = [{identity: 'a', data: Buffer.alloc(300_000, 'r')}];
  api.router.onPublish = async () => outcomeOf({connections: 1, replies});
  const query = 'channel=room&replies=all';
  t.like((await send(api, '"k"', query)).json, {status: 0, connections: 1});
  t.is((await send(api, '"k"', query)).json.code, 'RB_IDEMPOTENCY_UNKNOWN');
  t.is(api.router.published.length, 1);
});

test('where the owner of the key does not answer nothing is sent', async (t) => {
  const api = await startApi(t);
  const asked: string[] = [];
  api.keys.ask = async ({kind}) => {
    asked.push(kind);
    return 'gone';
  };
  const {status, json, headers} = await send(api, '"k"');
  t.is(status, 503);
  t.is(json.code, 'RB_IDEMPOTENCY_UNREACHABLE');
  t.truthy(headers.get('retry-after'));
  t.is(api.router.published.length, 0);
  t.deepEqual(asked, ['claim', 'release'], 'the question may have arrived');
});

test('where there is no room for a key nothing is sent', async (t) => {
  const api = await startApi(t, {memoryBytesMax: 1_000_000});
  let refused = 0;
  for (let count = 0; refused === 0 && count < 1_000; count++) {
    const {status, json} = await send(api, `"k${count}"`);
    if (status === 200) continue;
    t.is(json.code, 'RB_OVERLOADED');
    refused = count;
  }
  t.true(refused > 100, `${refused}`);
  t.is(api.router.published.length, refused);
  t.true(api.memory.total < 300_000, 'a quarter of the bound');
  t.is((await send(api, '"k0"')).status, 200, 'those that are known are answered');
  t.is((await api.post('/send/?channel=room', 'x')).status, 200, 'and calls without a key');
});

test('a dry send and the call of another node need no key', async (t) => {
  const api = await startApi(t);
  for (const query of ['channel=room&dry=1', 'channel=room&cluster=1']) {
    t.is((await send(api, 'not a "key"', query)).status, 200, query);
  }
});

test('a line of a batch has its key as a member, and is the call of /send/ that it stands for', async (t) => {
  const api = await startApi(t);
  counting(api);
  const line = {channel: 'room', qos: 1, payload: 'x', idempotency_key: 'k'};
  const [first] = await batch(t, api, [line]);
  t.like(first, {status: 0, connections: 1, message: 'm1'});
  const [again, other, wrong] = await batch(t, api, [line, {...line, payload: 'y'}, {...line, idempotency_key: ''}]);
  t.deepEqual<unknown, unknown>(again, {...first, replayed: true});
  t.is(other?.code, 'RB_IDEMPOTENCY_CONFLICT');
  t.is(wrong?.code, 'RB_PARAMETERS');
  t.is((await send(api, '"k"')).json.message, 'm1');
  t.is((await send(api, '"k"')).headers.get('idempotency-replayed'), 'true');
  t.is(api.router.published.length, 1);
});

test('lines begin in their order, also where their keys are asked for elsewhere and in another order', async (t) => {
  const api = await startApi(t);
  const ask = api.keys.ask.bind(api.keys);
  const answers = new Map<string, () => void>();
  api.keys.ask = async (question) => {
    if (question.kind === 'claim') await new Promise<void>((resolve) => void answers.set(question.key, resolve));
    return question.key === 'gone' ? 'gone' : ask(question);
  };
  const call = openBatch(t, api.port, `/send/batch/?${api.signature()}`);
  for (const key of ['a', undefined, 'b', 'gone', 'c', undefined]) {
    call.write({channel: key ?? 'none', ...(key !== undefined && {idempotency_key: key})});
  }
  call.end();
  while (answers.size < 4) await new Promise(setImmediate);
  for (const key of ['c', 'gone', 'b', 'a']) {
    t.is(api.router.published.length, 0);
    answers.get(key)?.();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  }
  t.deepEqual(
    (await call.rest()).map(({code}) => code),
    [undefined, undefined, undefined, 'RB_IDEMPOTENCY_UNREACHABLE', undefined, undefined],
  );
  t.deepEqual(
    api.router.published.map(({channel}) => channel),
    ['a', 'none', 'b', 'c', 'none'],
  );
});
