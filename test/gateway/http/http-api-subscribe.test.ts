import test from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import {startApi} from './api-harness.ts';

const body = '{"identity":"abc","channel":"room"}';

test('/sub/ joins a client to a channel, and /unsub/ takes it out', async (t) => {
  const {post, router} = await startApi(t);
  const answers = [await post('/sub/', body), await post('/unsub/', body), await post('/sub', body)];
  for (const answer of answers) {
    t.is(answer.status, 200);
    t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    t.is(answer.text, '{"status":0}');
  }
  const subscription = {identity: 'abc', channel: 'room'};
  t.deepEqual(router.subscribed, [
    {...subscription, occupy: false},
    {...subscription, occupy: false},
  ]);
  t.deepEqual(router.unsubscribed, [subscription]);
});

for (const value of ['true', '1', '"1"', '"0"', '"no"', '0.5', '{}', '[]']) {
  test(`occupy ${value} removes every other subscriber`, async (t) => {
    const {post, router} = await startApi(t);
    await post('/sub/', `{"identity":"abc","channel":"room","occupy":${value}}`);
    t.true(router.subscribed[0]?.occupy);
  });
}

for (const value of ['false', '0', '""', 'null']) {
  test(`occupy ${value} removes no client`, async (t) => {
    const {post, router} = await startApi(t);
    await post('/sub/', `{"identity":"abc","channel":"room","occupy":${value}}`);
    t.false(router.subscribed[0]?.occupy);
  });
}

test('a channel in UTF-8, and names beside the known ones, are fine', async (t) => {
  const {post, router} = await startApi(t);
  await post('/sub/', '{"identity":"abc","channel":"房间","more":[1]}', {headers: {'content-type': 'text/plain'}});
  t.is(router.subscribed[0]?.channel, '房间');
});

const invalid: readonly (readonly [
  title: string,
  body: string | Uint8Array<ArrayBuffer>,
  code: string,
  detail: RegExp,
])[] = [
  ['that is empty', '', 'RB_PARAMETERS', /^The body is not JSON\. Send a JSON object\.$/],
  ['that is not JSON', '{"identity":', 'RB_PARAMETERS', /^The body is not JSON\. Send a JSON object\.$/],
  [
    'that is not UTF-8',
    Uint8Array.of(0x22, 0xff, 0x22),
    'RB_PARAMETERS',
    /^The body is not JSON\. Send a JSON object\.$/,
  ],
  ['that is a string', '"x"', 'RB_PARAMETERS', /^The body is a string\. Send a JSON object/],
  ['that is an array', '[]', 'RB_PARAMETERS', /^The body is an array/],
  ['that is null', 'null', 'RB_PARAMETERS', /^The body is null/],
  ['that is a number', '7', 'RB_PARAMETERS', /^The body is a number/],
  ['without identity', '{"channel":"room"}', 'RB_PARAMETERS', /^identity is missing\. Send it as a string\.$/],
  ['without channel', '{"identity":"abc"}', 'RB_PARAMETERS', /^channel is missing\. Send it as a string\.$/],
  [
    'with a number as identity',
    '{"identity":7,"channel":"room"}',
    'RB_PARAMETERS',
    /^identity is a number\. Send a string\.$/,
  ],
  [
    'with a number as channel',
    '{"identity":"abc","channel":7}',
    'RB_PARAMETERS',
    /^channel is a number\. Send a string\.$/,
  ],
  ['with null as channel', '{"identity":"abc","channel":null}', 'RB_PARAMETERS', /^channel is null/],
  ['with an object as channel', '{"identity":"abc","channel":{}}', 'RB_PARAMETERS', /^channel is an object/],
  ['with an empty identity', '{"identity":"","channel":"room"}', 'RB_PARAMETERS', /^identity is ""\. Send 1 to 256/],
  [
    'with a blank in its identity',
    '{"identity":"a b","channel":"room"}',
    'RB_PARAMETERS',
    /^identity is "a b"\. Send .* without blanks/,
  ],
  ['with an empty channel', '{"identity":"abc","channel":""}', 'RB_CHANNEL_INVALID', /^channel is ""\. Send 1 to 256/],
  [
    'with two semicolons in its channel',
    '{"identity":"abc","channel":"a;;b"}',
    'RB_CHANNEL_INVALID',
    /^channel is "a;;b"/,
  ],
  [
    'with half a surrogate pair',
    '{"identity":"abc","channel":"\\ud83d"}',
    'RB_CHANNEL_INVALID',
    /^channel is "\\ud83d"/,
  ],
  [
    'with a control character',
    '{"identity":"abc","channel":"a\\u0000"}',
    'RB_CHANNEL_INVALID',
    /^channel is "a\\u0000"/,
  ],
];

for (const [title, given, code, detail] of invalid) {
  for (const path of ['/sub/', '/unsub/']) {
    test(`${path} with a body ${title} is refused`, async (t) => {
      const {post, router} = await startApi(t);
      const answer = await post(path, given);
      t.is(answer.status, 400);
      t.like(answer.json, {status: 1, msg: 'params error', code});
      t.regex(answer.json.detail ?? '', detail);
      t.is(router.subscribed.length + router.unsubscribed.length, 0);
    });
  }
}

const outcomes = [
  ['noSuchConnection', 404, 'no such connection', 'RB_NO_SUCH_CONNECTION'],
  ['tooManyChannels', 429, 'too many channels', 'RB_TOO_MANY_CHANNELS'],
  ['overloaded', 503, 'overloaded', 'RB_OVERLOADED'],
] as const;

for (const [outcome, status, msg, code] of outcomes) {
  test(`the outcome ${outcome} is answered ${status}, and the call may be made again as it is`, async (t) => {
    const {call, router, signature} = await startApi(t);
    const path = `/sub/?${signature()}`;
    router.onSubscribe = async () => outcome;
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await call(path, {method: 'POST', body});
      t.is(answer.status, status);
      t.deepEqual(answer.json, {status: 1, msg, code});
    }
    router.onSubscribe = async () => 'done';
    t.is((await call(path, {method: 'POST', body})).status, 200);
    t.is((await call(path, {method: 'POST', body})).json.code, 'RB_SIGNATURE_REPLAYED');
  });
}

test('a rejection is answered by its code, or 500', async (t) => {
  const {post, router} = await startApi(t);
  router.onSubscribe = () => Promise.reject(new RainbowError('RB_OVERLOADED'));
  t.is((await post('/unsub/', body)).status, 503);
  router.onSubscribe = () => Promise.reject(new Error('x'));
  t.is((await post('/sub/', body)).status, 500);
});
