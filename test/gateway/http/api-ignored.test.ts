// What means nothing in a call: calls of the original ignore it and say so, all others are refused.

import test from 'ava';
import fc from 'fast-check';
import {type ApiAnswer, type ApiKit, apiKey, outcomeOf, startApi} from './api-harness.ts';

interface OldCall {
  readonly path: string;
  readonly body: string;
}

const subscription = '"identity":"ann","channel":"room"';
const oldCalls: readonly OldCall[] = [
  {path: '/send/?channel=room', body: 'x'},
  {path: '/send/?channel=room&qos=0', body: 'x'},
  {path: '/send/?channel=room&dry=1', body: 'x'},
  {path: '/sub/', body: `{${subscription}}`},
  {path: '/unsub/', body: `{${subscription}}`},
];

for (const {path, body} of oldCalls) {
  test(`${path} carries out a call with parameters that mean nothing in it, and names them`, async (t) => {
    const api = await startApi(t);
    const separator = path.includes('?') ? '&' : '?';
    const plain = await api.post(path, body);
    t.is(plain.status, 200);
    t.false('ignored' in plain.json);
    const answer = await api.post(`${path}${separator}ocupy=1&format=json&Channel=b&__proto__=1&ocupy=2`, body);
    t.is(answer.status, 200);
    const {ignored, ...rest} = answer.json;
    t.deepEqual(ignored, ['format', 'ocupy', 'Channel', '__proto__']);
    t.deepEqual(rest, plain.json);
  });
}

for (const path of ['/sub/', '/unsub/']) {
  test(`${path} names members that mean nothing, also those given twice`, async (t) => {
    const api = await startApi(t);
    const cases: readonly (readonly [members: string, ignored: readonly string[] | undefined])[] = [
      ['', undefined],
      [',"ocupy":true', ['ocupy']],
      [',"__proto__":{"occupy":true}', ['__proto__']],
      [',"Channel":"b","CHANNEL":"c","constructor":1', ['Channel', 'CHANNEL', 'constructor']],
      [',"channel":"room"', ['channel']],
      [',"ch\\u0061nnel":"room"', ['channel']],
      [',"deep":{"channel":"b","channel":"c"},"list":[{"identity":1,"identity":2}]', ['deep', 'list']],
      [',"a\\"b,{":1', ['a"b,{']],
      [`,"${'z'.repeat(500)}":1`, [`${'z'.repeat(64)}…`]],
      [Array.from({length: 100}, (_, index) => `,"m${index}":1`).join(''), Array.from({length: 16}, (_, i) => `m${i}`)],
    ];
    for (const [members, ignored] of cases) {
      const {status, json} = await api.post(path, `{${subscription}${members}}`);
      t.is(status, 200, members);
      t.deepEqual(json, {status: 0, ...(ignored && {ignored})}, members);
    }
    t.true(api.router.subscribed.every(({occupy}) => !occupy));
  });
}

test('/unsub/ has no use for occupy and says so, /sub/ has', async (t) => {
  const api = await startApi(t);
  const body = `{${subscription},"occupy":true}`;
  t.deepEqual((await api.post('/sub/', body)).json, {status: 0});
  t.deepEqual((await api.post('/unsub/', body)).json, {status: 0, ignored: ['occupy']});
});

test('a refusal names them as well: a misspelt name is often why', async (t) => {
  const api = await startApi(t);
  const answers = [
    await api.post('/send/?chanel=room', 'x'),
    await api.post('/sub/?identity=ann&channel=room', ''),
    await api.post('/unsub/', '{"identity":"ann","chanel":"room"}'),
  ];
  t.deepEqual(
    answers.map(({status, json}) => [status, json.ignored]),
    [
      [400, ['chanel']],
      [400, ['channel', 'identity']],
      [400, ['chanel']],
    ],
  );
  api.router.onSubscribe = async () => 'noSuchConnection';
  const missing = await api.post('/sub/', `{${subscription},"ocupy":true}`);
  t.like(missing.json, {code: 'RB_NO_SUCH_CONNECTION', ignored: ['ocupy']});
});

test('/serverinfo/ as JSON names what it ignores, and its page is shown all the same', async (t) => {
  const api = await startApi(t);
  t.deepEqual((await api.call('/serverinfo/?format=json&chanel=1')).json.ignored, ['chanel']);
  t.regex((await api.call('/serverinfo/?t=123')).text, /^<!doctype html>/);
});

test('one warning a minute lists ignored names, whatever the call', async (t) => {
  const api = await startApi(t);
  await api.post('/sub/', `{${subscription},"ocupy":true}`);
  await api.post('/send/?channel=room&a=1', 'x');
  await api.post('/send/?channel=room&b=1', 'x');
  api.reports.stop();
  t.deepEqual(api.reported, [
    {level: 'warn', event: 'api.ignored', fields: {path: '/sub/', ignored: ['ocupy']}},
    {level: 'warn', event: 'api.ignored', fields: {path: '/send/', ignored: ['b']}, count: 2},
  ]);
});

const newCalls: readonly (readonly [method: 'GET' | 'POST', path: string, body?: string])[] = [
  ['GET', '/trace/'],
  ['GET', '/trace/?message=p1'],
  ['GET', '/trace/?follow=1'],
  ['POST', '/trace/', '{}'],
  ['GET', '/metrics/'],
];

function keyed({call}: ApiKit, method: string, path: string, body?: string): Promise<ApiAnswer> {
  return call(path, {method, headers: {authorization: `Bearer ${apiKey}`}, ...(body !== undefined && {body})});
}

for (const [method, path, body] of newCalls) {
  test(`${method} ${path} refuses a parameter that it does not know, by name`, async (t) => {
    const api = await startApi(t, {apiKeys: [apiKey]});
    const separator = path.includes('?') ? '&' : '?';
    for (const name of ['chanel', 'ocupy', '__proto__', 'constructor', 'cluster', 'Signature', 'x'.repeat(5_000)]) {
      const {status, json, text} = await keyed(api, method, `${path}${separator}${name}=1`, body);
      t.is(status, 400, name);
      t.is(json.code, 'RB_PARAMETERS');
      t.true(json.detail?.startsWith(`The parameter "${name.slice(0, 40)}`), json.detail);
      t.true(text.length < 500);
    }
    const twice = await keyed(api, method, `${path}${separator}nonce=1&nonce=2`, body);
    t.regex(twice.json.detail ?? '', /^The parameter nonce is given several times\. Send it once\.$/);
  });
}

test("the inspector's feed refuses what it does not know, and a signature too", async (t) => {
  const inspectorKey = 'inspector-key-of-24-characters';
  const api = await startApi(t, {inspector: 'on', inspectorKey});
  for (const query of ['chanel=room', 'rate=0x1', 'follow=1', 'signature=1', 'type=x', 'rate=1&rate=1']) {
    const answer = await api.call(`/inspector/feed/?${query}`, {headers: {authorization: `Bearer ${inspectorKey}`}});
    t.is(answer.json.code, 'RB_PARAMETERS', query);
  }
});

test('dry is on or off, and never a send by mistake', async (t) => {
  const api = await startApi(t);
  for (const value of ['', '1', 'true']) t.true('recipients' in (await api.post(`/send/?channel=a&dry=${value}`)).json);
  for (const value of ['no', 'off', '2', 'TRUE', 'yes']) {
    t.is((await api.post(`/send/?channel=a&dry=${value}`)).json.code, 'RB_PARAMETERS', value);
  }
  t.is(api.router.published.length, 0);
  for (const value of ['0', 'false']) await api.post(`/send/?channel=a&dry=${value}`);
  t.is(api.router.published.length, 2);
});

const oddTexts = fc.oneof(
  fc.string({unit: 'binary', maxLength: 40}),
  fc.constantFrom('__proto__', '0x1', '1e0', ' 1', '', '٣', '-0', '1e999', 'null', '[7]', '%', '%zz', '%FF', '\u0000'),
);
const parameterNames = fc.oneof(
  fc.constantFrom('channel', 'identity', 'msgtype', 'qos', 'timeout', 'replies', 'dry', 'message', 'follow', 'rate'),
  fc.constantFrom('type', 'connection', 'payloads', 'snapshots', 'roster', 'past', 'format', 'cluster', 'nonce'),
  oddTexts,
);
const oddValues = fc.oneof(
  fc.json(),
  fc.constantFrom(
    '{"toString":null,"valueOf":null}',
    '[{"toString":7}]',
    '[[7]]',
    '["7"]',
    '{"__proto__":{"toString":null}}',
    '{"length":-1}',
    '1e999',
    '-0',
    '"\\ud800"',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  ),
);
const memberNames = fc.oneof(
  fc.constantFrom('identity', 'channel', 'occupy', 'everyone', 'seconds', 'rate', 'identities', 'channels'),
  fc.constantFrom('connections', 'types', '__proto__', 'constructor', 'toJSON'),
);
const objects = fc
  .array(fc.tuple(memberNames, oddValues), {maxLength: 4})
  .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`);
const bodies = fc.oneof(
  {weight: 3, arbitrary: objects},
  {weight: 1, arbitrary: oddValues},
  {weight: 1, arbitrary: fc.uint8Array({maxLength: 60}).map((bytes) => Buffer.from(bytes).toString('latin1'))},
);
// A call that succeeds as a feed would not end.
const queries = fc
  .array(fc.tuple(parameterNames, oddTexts), {maxLength: 4})
  .map((pairs) => pairs.filter(([name]) => name !== 'follow' && name.isWellFormed()))
  .map((pairs) =>
    pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`),
  );
const targets = fc.constantFrom(
  ...(['/send/', '/sub/', '/unsub/', '/trace/'] as const).map((path) => ['POST', path] as const),
  ...(['/trace/', '/serverinfo/', '/metrics/', '/hello/', '/send/', '/connect/'] as const).map(
    (path) => ['GET', path] as const,
  ),
);

test('no query and no body makes any call answer 500', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey]});
  const seen = new Map<number, number>();
  const property = fc.asyncProperty(targets, queries, bodies, async ([method, path], query, body) => {
    const search = query.join('&');
    const {status, text} = await keyed(api, method, `${path}?${search}`, method === 'POST' ? body : undefined);
    seen.set(status, (seen.get(status) ?? 0) + 1);
    if (![200, 400, 426].includes(status)) throw new Error(`${status} ${text}`);
  });
  await t.notThrowsAsync(fc.assert(property, {numRuns: 1_500}));
  t.deepEqual(
    api.logLines.filter((line) => line.includes('api.failed')),
    [],
  );
  t.true((seen.get(200) ?? 0) > 50 && (seen.get(400) ?? 0) > 50, JSON.stringify([...seen]));
});

test('an answer that is so large that it goes out in pieces names what was ignored as well', async (t) => {
  const api = await startApi(t);
  const replies = Array.from({length: 8}, (_, index) => ({identity: `i${index}`, data: Buffer.alloc(100_000, 'x')}));
  api.router.onPublish = async () => outcomeOf({connections: 8, lastReply: replies[0]?.data, replies});
  const {json} = await api.post('/send/?channel=room&replies=all&ocupy=1', 'x');
  t.is((json.replies as readonly unknown[]).length, 8);
  t.deepEqual(json.ignored, ['ocupy']);
});
