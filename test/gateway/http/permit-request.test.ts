// The body of /permissions/, at an API before a scripted router.

import test from 'ava';
import {startApi} from './api-harness.ts';

test('/permissions/ passes on what it is given', async (t) => {
  const {post, router} = await startApi(t);
  const grant = {send: ['7', '1000-1999'], join: ['room:*'], expiresAt: 1_767_225_600_000};
  const answers = [
    await post('/permissions/', JSON.stringify({identity: 'abc', ...grant})),
    await post('/permissions/', '{"identity":"abc"}'),
  ];
  t.deepEqual(
    answers.map(({text}) => text),
    ['{"status":0}', '{"status":0}'],
  );
  t.deepEqual(router.permits, [
    {identity: 'abc', grant},
    {identity: 'abc', grant: {}},
  ]);
});

test('a client that is nowhere is 404, and a part that did not answer is reported [RB-66]', async (t) => {
  const {post, router} = await startApi(t);
  router.onSubscribe = async () => 'noSuchConnection';
  router.isPartial = true;
  const {status, json} = await post('/permissions/', '{"identity":"abc"}');
  t.is(status, 404);
  t.like(json, {code: 'RB_NO_SUCH_CONNECTION', partial: true});
});

for (const [body, detail] of [
  ['', /^The body is not JSON/],
  ['{}', /^identity is missing/],
  ['{"identity":7}', /^identity is a number/],
  ['{"identity":""}', /^identity is ""/],
  ['{"session":"n.r"}', /^session is not supported/],
  ['{"identity":"a","sends":["7"]}', /^The member "sends" is unknown\. Did you mean send\?$/],
  ['{"identity":"a","send":["7"],"send":["0-65535"]}', /^The member send is given several times/],
  ['{"identity":"a","send":[7]}', /^send\[0\] is not a type from 0 to 65535/],
  ['{"identity":"a","join":["a*b"]}', /^join\[0\] is not a channel/],
  ['{"identity":"a","expiresAt":1767225600}', /^expiresAt is not a whole number of Unix milliseconds\.$/],
] as const) {
  test(`/permissions/ with ${body} is refused, and changes nothing`, async (t) => {
    const {post, router} = await startApi(t);
    const {status, json} = await post('/permissions/', body);
    t.is(status, 400, JSON.stringify(json));
    t.regex(json.detail ?? '', detail);
    t.deepEqual(router.permits, []);
  });
}
