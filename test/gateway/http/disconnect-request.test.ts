// The body of /disconnect/, at an API before a scripted router.

import test from 'ava';
import {startApi} from './api-harness.ts';

const farewell = {code: 4152, reason: 'disconnected'};

for (const [title, body, asked] of [
  ['an identity', {identity: 'abc'}, {target: 'identity', name: 'abc', farewell}],
  ['a user', {user: 'ann'}, {target: 'user', name: 'ann', farewell}],
  ['a channel', {channel: 'комната'}, {target: 'channel', name: 'комната', farewell}],
  ['a prefix', {prefix: 'user-'}, {target: 'prefix', name: 'user-', farewell}],
  [
    'all members',
    {identity: 'abc', code: 1001, reason: 'maintenance', reconnectAfterMs: 30_000},
    {target: 'identity', name: 'abc', farewell: {code: 1001, reason: 'maintenance', reconnectAfterMs: 30_000}},
  ],
  [
    'an empty reason and no wait',
    {identity: 'abc', code: 4999, reason: '', reconnectAfterMs: 0},
    {target: 'identity', name: 'abc', farewell: {code: 4999, reason: '', reconnectAfterMs: 0}},
  ],
] as const) {
  test(`/disconnect/ with ${title} is passed on, and answered with the connections that ended`, async (t) => {
    const {post, router} = await startApi(t);
    router.onDisconnect = async () => ({connections: 3, isPartial: false});
    const answer = await post('/disconnect/', JSON.stringify(body));
    t.deepEqual([answer.status, answer.text], [200, '{"status":0,"connections":3}']);
    t.deepEqual<unknown, unknown>(router.disconnected, [asked]);
  });
}

test('an answer that misses a part says so [RB-66]', async (t) => {
  const {post, router} = await startApi(t);
  router.onDisconnect = async () => ({connections: 0, isPartial: true});
  t.is((await post('/disconnect/', '{"identity":"abc"}')).text, '{"status":0,"connections":0,"partial":true}');
});

const long = 'ж'.repeat(62);

for (const [body, detail] of [
  ['', /^The body is not JSON/],
  ['[]', /^The body is an array/],
  ['{}', /^The call names no connections\. Send identity, user, channel or prefix\.$/],
  ['{"reason":"x"}', /^The call names no connections/],
  ['{"identity":"a","channel":"b"}', /^The call has both identity and channel\. Send one of them\.$/],
  ['{"identity":"a","prefix":"b"}', /^The call has both identity and prefix/],
  ['{"identity":"a","identity":"b"}', /^The member identity is given several times/],
  ['{"identity":null}', /^identity is null\. Send a string\.$/],
  ['{"identity":7}', /^identity is a number/],
  ['{"identity":""}', /^identity is ""\. Send 1 to 256/],
  ['{"user":""}', /^user is ""\. Send 1 to 256/],
  ['{"user":"a","identity":"b"}', /^The call has both identity and user/],
  ['{"prefix":""}', /^prefix is ""\. Send 1 to 256/],
  ['{"prefix":"a b"}', /^prefix is "a b"/],
  ['{"channel":""}', /^channel is ""/],
  ['{"channel":"a;;b"}', /^channel is "a;;b"/],
  ['{"session":"n.r"}', /^session is not supported/],
  ['{"identity":"a","session":"n.r"}', /^session is not supported/],
  ['{"identity":"a","reconnectAfter":5}', /^The member "reconnectAfter" is unknown\. Did you mean reconnectAfterMs\?$/],
  ['{"identity":"a","code":"4152"}', /^code is "4152"\. Send 1000, 1001, or a whole number from 4000 to 4999\.$/],
  ['{"identity":"a","code":1006}', /^code is 1006/],
  ['{"identity":"a","code":5000}', /^code is 5000/],
  ['{"identity":"a","code":4000.5}', /^code is 4000\.5/],
  ['{"identity":"a","reason":1}', /^reason is a number/],
  ['{"identity":"a","reason":"a\\nb"}', /^reason is "a\\nb"\. Send text without control characters/],
  ['{"identity":"a","reason":"\\ud800"}', /^reason is .*lone surrogates/],
  [
    `{"identity":"a","reason":"${long}"}`,
    /^reason has 124 bytes in UTF-8 \(limit 123 in this close frame\)\. Send less\.$/,
  ],
  [
    `{"identity":"a","reason":"${'x'.repeat(104)}","reconnectAfterMs":5}`,
    /^reason has 104 bytes in UTF-8 \(limit 103 in this close frame\)/,
  ],
  [
    '{"identity":"a","reconnectAfterMs":"5"}',
    /^reconnectAfterMs is "5"\. Send a whole number of ms from 0 to 86400000\.$/,
  ],
  ['{"identity":"a","reconnectAfterMs":-1}', /^reconnectAfterMs is -1/],
  ['{"identity":"a","reconnectAfterMs":0.5}', /^reconnectAfterMs is 0\.5/],
  ['{"identity":"a","reconnectAfterMs":86400001}', /^reconnectAfterMs is 86400001/],
  ['{"identity":"a","reconnectAfterMs":null}', /^reconnectAfterMs is null/],
] as const) {
  test(`/disconnect/ with ${body.slice(0, 60)} is refused, and disconnects no client`, async (t) => {
    const {post, router} = await startApi(t);
    const {status, json} = await post('/disconnect/', body);
    t.is(status, 400, JSON.stringify(json));
    t.regex(json.detail ?? '', detail);
    t.deepEqual(router.disconnected, []);
  });
}

test('a close frame is filled to its last byte, and not beyond', async (t) => {
  const {post} = await startApi(t);
  const text = '; reconnectAfterMs=30000';
  const reason = 'x'.repeat(123 - text.length);
  const call = async (more: string) =>
    (await post('/disconnect/', JSON.stringify({identity: 'a', reason: reason + more, reconnectAfterMs: 30_000})))
      .status;
  t.deepEqual([await call(''), await call('x')], [200, 400]);
});

test('a parameter in the query is refused, but for that of the signature and cluster', async (t) => {
  const {post, router, ownNode} = await startApi(t);
  t.regex(
    (await post('/disconnect/?identity=abc', '{"identity":"abc"}')).json.detail ?? '',
    /^The parameter "identity" is unknown/,
  );
  t.is((await post('/disconnect/?cluster=1', '{"identity":"abc"}')).status, 200);
  t.deepEqual([router.disconnected.length, ownNode.disconnected.length], [0, 1]);
});
