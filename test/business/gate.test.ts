// Which calls reach a handler: those of the gateway, whole, each once.

import test from 'ava';
import type {RefusedCall} from '../../src/business/index.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {ApiAuthentication} from '../../src/gateway/http/api-authentication.ts';
import {parseQuery} from '../../src/gateway/http/api-query.ts';
import {callbackNonce, sign, signedQuery} from '../../src/protocol/signature.ts';
import {call, make, read, request, signed, token} from './harness.ts';

/** A server that notes what reached a handler, and what was refused. */
function guarded(options: {clock?: SimulatedClock; bodyBytesMax?: number; replayCallsMax?: number} = {}) {
  const handled: string[] = [];
  const refused: RefusedCall[] = [];
  const note = (what: string) => () => handled.push(what) > 0;
  const app = make({
    connect: note('connect'),
    close: note('close'),
    on: {2: note('message')},
    onRefused: (refusal) => refused.push(refusal),
    ...options,
  });
  return {app, handled, refused};
}

const now = Date.now();
const valid = signedQuery(token, now, '1');
const wrongQueries: readonly (readonly [string, string, string])[] = [
  ['none', '', 'RB_SIGNATURE_MISSING'],
  ['no nonce', valid.replace(/&nonce=1/, ''), 'RB_SIGNATURE_MISSING'],
  ['one of another token', signedQuery('another', now, '1'), 'RB_SIGNATURE'],
  ['one whose nonce was changed', valid.replace('nonce=1', 'nonce=2'), 'RB_SIGNATURE'],
  ['one that was cut', valid.slice(0, -1), 'RB_SIGNATURE_MALFORMED'],
  [
    'one in capitals',
    valid.replace(/signature=(.*)$/, (_, hex: string) => `signature=${hex.toUpperCase()}X`),
    'RB_SIGNATURE_MALFORMED',
  ],
  ['an invalid timestamp', valid.replace(/timestamp=\d+/, 'timestamp=1e9'), 'RB_SIGNATURE_MALFORMED'],
  ['a nonce with a blank', valid.replace('nonce=1', 'nonce=%20'), 'RB_SIGNATURE_MALFORMED'],
  ['a parameter twice', `${valid}&nonce=1`, 'RB_SIGNATURE_MALFORMED'],
];
for (const [what, query, code] of wrongQueries) {
  test(`a call with a wrong signature reaches no handler: ${what}`, async (t) => {
    const {app, handled, refused} = guarded();
    for (const path of ['/connect/', '/close/', '/message/2/']) {
      const answer = await call(app, path, {query});
      t.is(answer.status, 403, path);
      t.like(answer.json, {status: 'fail', code});
    }
    t.deepEqual(handled, []);
    t.deepEqual(
      refused.map((refusal) => refusal.code as string),
      [code, code, code],
    );
  });
}

test('a timestamp counts while it is less than 10 s from our clock, either way', async (t) => {
  const clock = new SimulatedClock();
  const {app, refused} = guarded({clock});
  for (const offset of [-9, 0, 9])
    t.is((await call(app, '/connect/', {query: signed(clock.wallNow() + offset * 1000)})).status, 200);
  for (const offset of [-10, 10])
    t.is((await call(app, '/connect/', {query: signed(clock.wallNow() + offset * 1000)})).status, 403);
  t.deepEqual(
    refused.map(({detail}) => detail),
    ['10.0 s behind', '10.0 s ahead'].map(
      (got) => `The timestamp is ${got} (limit 10 s). Sign with the current time, and check both clocks.`,
    ),
  );
});

test('a wrong signature is refused in the words of the gateway', async (t) => {
  const clock = new SimulatedClock();
  const {app, refused} = guarded({clock});
  const gateway = new ApiAuthentication({securityToken: token, apiKeys: []}, clock);
  const fresh = signed(clock.wallNow());
  const queries = [
    signedQuery('another', clock.wallNow(), '1'),
    fresh.slice(0, -1),
    fresh.replace(/timestamp=\d+/, 'timestamp=1e9'),
    signed(clock.wallNow() - 60_000),
    signed(clock.wallNow() + 60_000),
  ];
  for (const query of queries) {
    await call(app, '/connect/', {query});
    const refusal = gateway.refuse(parseQuery(query), undefined);
    t.deepEqual(refusal, {code: refused.at(-1)?.code, detail: refused.at(-1)?.detail});
  }
  t.is(refused.length, queries.length);
});

test('a signature of the gateway is good for one call, whatever the second one is', async (t) => {
  const {app, handled} = guarded();
  const query = signed();
  t.is((await call(app, '/message/2/', {query, body: 'a'})).status, 200);
  for (const [path, body] of [['/message/2/', 'a'], ['/message/2/', 'b'], ['/connect/'], ['/close/']] as const) {
    const again = await call(app, path, {query, ...(body !== undefined && {body})});
    t.is(again.status, 403);
    t.like(again.json, {code: 'RB_SIGNATURE_REPLAYED'});
  }
  t.deepEqual(handled, ['message']);
});

test('with a nonce of another form only the same call again is a repeat: those of old servers collide', async (t) => {
  const {app, handled} = guarded();
  const query = signedQuery(token, Date.now(), '12345');
  const calls = [
    {body: 'a'},
    {body: 'b'},
    {body: 'a', headers: {RAINBOWCLIENTIDENTITY: 'two'}},
    {body: 'a', headers: {RAINBOWMESSAGEID: 'm2'}},
  ];
  for (const fields of calls) t.is((await call(app, '/message/2/', {query, ...fields})).status, 200);
  for (const fields of calls) t.is((await call(app, '/message/2/', {query, ...fields})).status, 403);
  t.is(handled.length, 4);
});

test('a call is remembered until its signature expires', async (t) => {
  const clock = new SimulatedClock();
  const {app} = guarded({clock});
  clock.advance(15_000);
  const query = signedQuery(token, clock.wallNow() + 9_000, callbackNonce(1));
  const statuses: number[] = [];
  for (let second = 0; second < 25; second++) {
    statuses.push((await call(app, '/connect/', {query})).status);
    clock.advance(1_000);
  }
  t.deepEqual(statuses, [200, ...new Array<number>(24).fill(403)]);
});

test('a call whose signature is shown again with another timestamp and nonce is refused', async (t) => {
  const clock = new SimulatedClock(1_795_873_000_000);
  const {app, handled} = guarded({clock});
  const [timestamp, nonce] = ['1795873000', callbackNonce(1_795_873_005)];
  const query = `timestamp=${timestamp}&nonce=${nonce}&signature=${sign(token, timestamp, nonce)}`;
  t.is((await call(app, '/connect/', {query})).status, 200);
  const recut = {timestamp: '1795873005', nonce: '17958730001984198419'};
  const signature = sign(token, recut.timestamp, recut.nonce);
  t.is(signature, sign(token, timestamp, nonce));
  const again = `timestamp=${recut.timestamp}&nonce=${recut.nonce}&signature=${signature}`;
  t.like(await call(app, '/connect/', {query: again}), {status: 403, json: {code: 'RB_SIGNATURE'}});
  t.is(handled.length, 1);
});

test('at the bound of remembered calls further ones are refused, until the oldest are forgotten', async (t) => {
  const clock = new SimulatedClock();
  const {app, handled} = guarded({clock, replayCallsMax: 2});
  const connect = async () => (await call(app, '/connect/', {query: signed(clock.wallNow())})).status;
  t.deepEqual([await connect(), await connect(), await connect()], [200, 200, 503]);
  clock.advance(40_000);
  t.is(await connect(), 200);
  t.is(handled.length, 3);
});

test('a call without an identity, of another method or to another path is refused', async (t) => {
  const {app, handled} = guarded();
  t.like((await call(app, '/connect/', {headers: {RAINBOWCLIENTIDENTITY: ''}})).json, {code: 'RB_PARAMETERS'});
  for (const path of ['/', '/connected/', '/message/', '/message/65536/', '/message/1e3/', '/message/-1/']) {
    const {status, json} = await call(app, path);
    t.is(status, 404, path);
    t.like(json, {code: 'RB_NO_SUCH_PATH'});
  }
  for (const [path, method, allow] of [
    ['/connect/', 'POST', 'GET'],
    ['/close/', 'HEAD', 'GET'],
    ['/message/2/', 'GET', 'POST'],
  ] as const) {
    const {status, headers} = await call(app, path, {method});
    t.is(status, 405, path);
    t.is(headers.get('allow'), allow);
  }
  t.deepEqual(handled, []);
});

test('a message of a type without a handler is reported with its type', async (t) => {
  const {app, refused} = guarded();
  t.is((await call(app, '/message/3/', {body: 'x'})).status, 404);
  t.deepEqual(refused, [
    {
      status: 404,
      code: 'RB_NO_HANDLER',
      detail: 'The type 3 has no handler. Add one to on, or on.default for all others.',
    },
  ]);
});

test('a body at the bound is taken, one byte more is not', async (t) => {
  const {app, handled} = guarded({bodyBytesMax: 1_000});
  t.is((await call(app, '/message/2/', {body: 'x'.repeat(1_000)})).status, 200);
  const more = 'x'.repeat(1_001);
  t.is((await call(app, '/message/2/', {body: more})).status, 413);
  t.is((await call(app, '/message/2/', {body: more, headers: {'content-length': '1001'}})).status, 413);
  t.deepEqual(handled, ['message']);
});

test('a body that breaks off, or that was read before, is no message', async (t) => {
  const {app, handled} = guarded();
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new Error('gone'));
    },
  });
  const init: RequestInit & {duplex: 'half'} = {method: 'POST', body: broken, duplex: 'half'};
  const headers = {RAINBOWCLIENTIDENTITY: 'one'};
  t.is((await app(new Request(`http://business/2/?${signed()}`, {...init, headers}))).status, 400);
  const used = request('/message/2/', {body: 'x'});
  await used.text();
  const {status, text} = await read(await app(used));
  t.is(status, 400);
  t.regex(text, /was read before Rainbow got it/);
  t.deepEqual(handled, []);
});

test('a body that never comes ends with the deadline', async (t) => {
  const clock = new SimulatedClock();
  const {app, handled} = guarded({clock});
  const body = new ReadableStream({pull: () => new Promise(() => {})});
  const init: RequestInit & {duplex: 'half'} = {method: 'POST', body, duplex: 'half'};
  const url = `http://business/2/?${signed(clock.wallNow())}`;
  const answered = app(new Request(url, {...init, headers: {RAINBOWCLIENTIDENTITY: 'one'}}));
  clock.advance(9_000);
  t.is((await answered).status, 408);
  t.deepEqual(handled, []);
});

test('a path counts with and without the slash at its end, as Next.js and others want it', async (t) => {
  const {app, handled} = guarded();
  for (const prefix of ['', '/rainbow']) {
    for (const slash of ['/', '']) {
      t.is((await call(app, `${prefix}/connect${slash}`)).status, 200);
      t.is((await call(app, `${prefix}/message/2${slash}`, {method: 'POST', body: '{}'})).status, 200);
      t.is((await call(app, `${prefix}/close${slash}`)).status, 200);
    }
  }
  t.deepEqual(handled, [
    'connect',
    'message',
    'close',
    'connect',
    'message',
    'close',
    'connect',
    'message',
    'close',
    'connect',
    'message',
    'close',
  ]);
});
