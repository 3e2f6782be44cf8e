// Who may call the HTTP API (PROTOCOL section 5): signatures in all their wrong forms, repeats, and bearer keys.

import test from 'ava';
import {type ApiRequest, freshNonce} from '../support/api.ts';
import {type Harness, start} from '../support/gateway.ts';

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Calls each signed path and returns whether all were refused as the contract says. */
async function isRefused(harness: Harness, credentials: NonNullable<ApiRequest['credentials']>): Promise<boolean> {
  for (const path of ['/send/?channel=room&qos=0', '/sub/', '/unsub/']) {
    const {status, json} = await harness.api.call({path, body: {identity: 'i', channel: 'c'}, credentials});
    if (status !== 401 || json.status !== 1 || json.msg !== 'signature error' || json.code === undefined) return false;
  }
  return true;
}

test('a good signature is accepted on every path', async (t) => {
  const harness = await start(t);
  t.is((await harness.api.send({channel: 'room', qos: 0})).status, 200);
  t.is((await harness.api.unsubscribe('i', 'room')).status, 200);
  t.is((await harness.api.subscribe('i', 'room')).status, 404);
});

test('no signature, a part of one, or an empty one is refused', async (t) => {
  const harness = await start(t);
  t.true(await isRefused(harness, {kind: 'none'}));
  const {timestamp, nonce, signature} = harness.api.signature() as Record<'timestamp' | 'nonce' | 'signature', string>;
  const partial = [
    {timestamp, nonce},
    {timestamp, signature},
    {nonce, signature},
    {timestamp: '', nonce, signature},
    {timestamp, nonce: '', signature},
    {timestamp, nonce, signature: ''},
  ];
  for (const query of partial) {
    const {status, json} = await harness.api.call({path: '/send/?channel=c&qos=0', query, credentials: {kind: 'none'}});
    t.is(status, 401, JSON.stringify(query));
    t.is(json.msg, 'signature error');
  }
  t.true(harness.counter('signaturesRefused') >= 9);
});

test('another token, a digit off, or a strange format is refused', async (t) => {
  const harness = await start(t);
  const good = harness.api.signature();
  const flipped = `${good.signature?.slice(0, 39)}${good.signature?.endsWith('0') ? '1' : '0'}`;
  t.true(await isRefused(harness, {kind: 'signature', token: 'wrong'}));
  t.true(await isRefused(harness, {kind: 'signature', ...good, signature: flipped}));
  t.true(await isRefused(harness, {kind: 'signature', signature: 'x'.repeat(40)}));
  t.true(await isRefused(harness, {kind: 'signature', signature: good.signature?.slice(0, 39) ?? ''}));
  t.true(await isRefused(harness, {kind: 'signature', signature: `${good.signature}0`}));
  for (const timestamp of ['abc', `${nowSeconds()}.5`, ` ${nowSeconds()}`, `+${nowSeconds()}`, '-1', '1e9', '0x10']) {
    t.true(await isRefused(harness, {kind: 'signature', timestamp}), timestamp);
  }
  for (const nonce of ['with blank', 'n'.repeat(10_000), 'ä', 'a\u0000b']) {
    t.true(await isRefused(harness, {kind: 'signature', nonce}), nonce.slice(0, 20));
  }
});

test('the window is less than 10 s either way', async (t) => {
  const harness = await start(t);
  const body = {identity: 'i', channel: 'c'};
  for (const offset of [-8, -5, 0, 5, 8]) {
    const timestamp = String(nowSeconds() + offset);
    const {status} = await harness.api.call({path: '/unsub/', body, credentials: {kind: 'signature', timestamp}});
    t.is(status, 200, String(offset));
  }
  for (const offset of [-3_600, -11, -10, 12, 3_600]) {
    const timestamp = String(nowSeconds() + offset);
    const answer = await harness.api.call({path: '/unsub/', body, credentials: {kind: 'signature', timestamp}});
    t.is(answer.status, 401, String(offset));
    t.like(answer.json, {status: 1, msg: 'signature error', code: 'RB_SIGNATURE_EXPIRED'});
  }
});

test('a parameter given twice counts as its last', async (t) => {
  const harness = await start(t);
  const bad = {timestamp: '1', nonce: 'x', signature: 'y'};
  const good = harness.api.signature();
  const query = (parts: readonly Record<string, string>[]) =>
    parts.map((part) => new URLSearchParams(part).toString()).join('&');
  const last = await harness.api.call({
    path: `/send/?channel=c&qos=0&${query([bad, good])}`,
    credentials: {kind: 'none'},
  });
  t.is(last.status, 200);
  const first = await harness.api.call({
    path: `/send/?channel=c&qos=0&${query([harness.api.signature(), bad])}`,
    credentials: {kind: 'none'},
  });
  t.is(first.status, 401);
});

test('an exact repeat is refused; the same signature for another path, parameter or body is not', async (t) => {
  const harness = await start(t);
  const {client} = await harness.join();
  const credentials = {kind: 'signature', ...harness.api.signature()} as const;
  const call = (options: Partial<ApiRequest>) =>
    harness.api.call({path: '/send/', query: {channel: 'a', qos: 0}, body: 'hi', credentials, ...options});
  t.is((await call({})).status, 200);
  const repeated = await call({});
  t.is(repeated.status, 401);
  t.like(repeated.json, {status: 1, msg: 'signature error', code: 'RB_SIGNATURE_REPLAYED'});
  t.is((await call({body: 'ho'})).status, 200);
  t.is((await call({query: {channel: 'b', qos: 0}})).status, 200);
  t.is((await call({query: {channel: 'a', qos: 0, msgtype: 2}})).status, 200);
  t.is((await call({path: '/unsub/', query: {}, body: {identity: 'i', channel: 'c'}})).status, 200);
  t.is((await call({body: 'ho'})).status, 401);
  client.reset();
});

test('repeats are refused when they come at the same time', async (t) => {
  const harness = await start(t);
  const credentials = {kind: 'signature', ...harness.api.signature()} as const;
  const calls = Array.from({length: 10}, () =>
    harness.api.call({path: '/send/', query: {channel: 'a', qos: 0}, body: 'hi', credentials}),
  );
  const statuses = (await Promise.all(calls)).map(({status}) => status).toSorted((left, right) => left - right);
  t.deepEqual(statuses, [200, ...Array.from({length: 9}, () => 401)]);
});

test('replay = strict refuses a signature that was used before, whatever it was used for', async (t) => {
  const harness = await start(t, {replay: 'strict'});
  const credentials = {kind: 'signature', ...harness.api.signature()} as const;
  t.is((await harness.api.call({path: '/send/?channel=a&qos=0', body: 'hi', credentials})).status, 200);
  const {status, json} = await harness.api.call({
    path: '/unsub/',
    body: {identity: 'i', channel: 'c'},
    credentials,
  });
  t.is(status, 401);
  t.is(json.code, 'RB_SIGNATURE_REPLAYED');
  t.is((await harness.api.send({channel: 'a', qos: 0})).status, 200);
});

test('the signatures of our own calls are not accepted back', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('SEND q0');
  await harness.business.next('message');
  client.reset();
  await harness.business.next('close');
  for (const kind of ['connect', 'message', 'close'] as const) {
    const [call] = harness.business.calls(kind);
    t.true(call?.isSigned);
    const query = Object.fromEntries(call?.query ?? []);
    t.deepEqual(Object.keys(query).toSorted(), ['nonce', 'signature', 'timestamp']);
    const back = await harness.api.call({
      path: '/send/?channel=room&qos=0',
      query,
      body: 'stolen',
      credentials: {kind: 'none'},
    });
    t.is(back.status, 401, kind);
    t.is(back.json.msg, 'signature error');
  }
});

test('replay = strict: a call made before a restart is refused after it', async (t) => {
  const harness = await start(t, {replay: 'strict'});
  const query = harness.api.signature();
  const call = (api: Harness['api']) =>
    api.call({path: '/send/?channel=a&qos=0', query, body: 'hi', credentials: {kind: 'none'}});
  t.is((await call(harness.api)).status, 200);
  await harness.gateway.close();
  const restarted = await start(t, {replay: 'strict'});
  t.like((await call(restarted.api)).json, {status: 1, code: 'RB_SIGNATURE_EXPIRED'});
  t.is((await restarted.api.send({channel: 'a', qos: 0})).status, 200, 'a caller that signs now is not refused');
});

const key = 'key-0123456789-abcdefghij';
const otherKey = 'another-key-0123456789-xyz';

test('a bearer key opens the API, and no wrong one does', async (t) => {
  const harness = await start(t, {apiKeys: [key, otherKey]});
  const call = (bearer: string) =>
    harness.api.call({path: '/send/?channel=room&qos=0', body: 'hi', credentials: {kind: 'bearer', key: bearer}});
  t.is((await call(key)).status, 200);
  t.is((await call(otherKey)).status, 200);
  t.is((await call(key)).status, 200);
  for (const wrong of [`${key}x`, key.slice(1), key.toUpperCase(), 'a b', `${key},${otherKey}`]) {
    const {status, json} = await call(wrong);
    t.is(status, 401, wrong);
    t.like(json, {status: 1, msg: 'signature error', code: 'RB_API_KEY'});
  }
  t.is((await call('')).status, 401);
});

test('without api_keys no bearer key is accepted, not even an empty one or the token', async (t) => {
  const harness = await start(t);
  for (const bearer of ['', 'undefined', 'e2e-5f0c1d2b8a7e4936', key]) {
    t.true(await isRefused(harness, {kind: 'bearer', key: bearer}), bearer);
  }
});

test('a nonce may have four digits, as old callers draw them, and collide', async (t) => {
  const harness = await start(t);
  const timestamp = String(nowSeconds());
  const nonce = '1000';
  for (const body of ['a', 'b', 'c']) {
    const credentials = {kind: 'signature', timestamp, nonce} as const;
    t.is((await harness.api.call({path: '/send/?channel=room&qos=0', body, credentials})).status, 200);
  }
  t.not(freshNonce(), freshNonce());
});
