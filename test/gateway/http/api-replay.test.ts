// Signatures at every call that takes one: used once, at one place, in both modes; split differently; from before the
// start.

import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {operations} from '../../../src/gateway/documents/openapi-operations.ts';
import {callbackNonce, isAmbiguous, sign, tokenLifeSeconds} from '../../../src/protocol/signature.ts';
import {type ApiAnswer, type ApiKit, type ApiKitOptions, signedAt, startApi, token} from './api-harness.ts';

interface Place {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  /** One of the original's calls: in exact mode its signature may carry others of them. */
  readonly isOld?: true;
}

const subscription = '{"identity":"i","channel":"room"}';
const places: readonly Place[] = [
  {name: 'send', method: 'POST', path: '/send/?channel=room', body: 'x', isOld: true},
  {name: 'subscribe', method: 'POST', path: '/sub/', body: subscription, isOld: true},
  {name: 'unsubscribe', method: 'POST', path: '/unsub/', body: subscription, isOld: true},
  {name: 'send', method: 'POST', path: '/send/?channel=room&dry=1', body: 'x'},
  {name: 'sendBatch', method: 'POST', path: '/send/batch/', body: '{"channel":"room"}'},
  {name: 'permit', method: 'POST', path: '/permissions/', body: '{"identity":"i"}'},
  {name: 'disconnect', method: 'POST', path: '/disconnect/', body: '{"identity":"i"}'},
  {name: 'listConnections', method: 'GET', path: '/connections/?limit=10'},
  {name: 'listChannels', method: 'GET', path: '/channels/'},
  {name: 'listMembers', method: 'GET', path: '/presence/?channel=room'},
  {name: 'findMembers', method: 'POST', path: '/presence/', body: '{"channels":[{"name":"room"}]}'},
  {name: 'trace', method: 'GET', path: '/trace/'},
  {name: 'trace', method: 'GET', path: '/trace/?message=p1'},
  {name: 'switchTrace', method: 'POST', path: '/trace/', body: '{}'},
  {name: 'serverinfo', method: 'GET', path: '/serverinfo/?format=json'},
  {name: 'metrics', method: 'GET', path: '/metrics/'},
];

function callAt(api: ApiKit, {method, path, body}: Place, query: string): Promise<ApiAnswer> {
  const options = {method, ...(body !== undefined && {body})};
  return api.call(`${path}${path.includes('?') ? '&' : '?'}${query}`, options);
}

function start(t: ExecutionContext, options: ApiKitOptions = {}): Promise<ApiKit> {
  return startApi(t, {serverinfo: 'signed', ...options});
}

test('every call of the API that takes a signature is tried below', (t) => {
  const names = operations.filter(({access}) => access !== 'open').map(({id}) => id);
  t.deepEqual([...new Set(places.map(({name}) => name))].sort(), names.sort());
});

for (const replay of ['exact', 'strict'] as const) {
  test(`a used signature opens no call: replay = ${replay}`, async (t) => {
    const api = await start(t, {replay});
    let nonce = 0;
    for (const first of places) {
      for (const second of places) {
        const query = signedAt(api.wall.wallMs, `n${nonce++}`);
        t.is((await callAt(api, first, query)).status, 200, first.path);
        const answer = await callAt(api, second, query);
        const mayCollide = replay === 'exact' && first.isOld && second.isOld && first !== second;
        t.is(answer.status, mayCollide ? 200 : 401, `${first.path} then ${second.path}`);
        if (!mayCollide) t.is(answer.json.code, 'RB_SIGNATURE_REPLAYED');
      }
    }
  });

  test(`a used signature opens no feed of the trace: replay = ${replay}`, async (t) => {
    const api = await start(t, {replay});
    const query = signedAt(api.wall.wallMs, 'n1');
    t.is((await api.call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x'})).status, 200);
    const feed = await api.call(`/trace/?follow=1&payloads=1&rate=1&${query}`);
    t.is(feed.status, 401);
    t.is(feed.json.code, 'RB_SIGNATURE_REPLAYED');
  });

  test(`a signature split differently into timestamp and nonce is the same signature: replay = ${replay}`, async (t) => {
    const api = await start(t, {replay});
    const now = api.wall.wallMs / 1000;
    // Joined, both pairs are the two timestamps with an a between them.
    const [first, second] = [
      [String(now), `a${now + 1}`],
      [String(now + 1), `${now}a`],
    ] as const;
    const signature = sign(token, ...first);
    t.is(sign(token, ...second), signature);
    const codes: (string | undefined)[] = [];
    for (const [timestamp, nonce] of [first, second]) {
      const query = `timestamp=${timestamp}&nonce=${nonce}&signature=${signature}`;
      const answer = await api.call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x'});
      codes.push(answer.json.code);
    }
    t.deepEqual(
      codes,
      replay === 'exact' ? [undefined, 'RB_SIGNATURE_REPLAYED'] : [undefined, 'RB_SIGNATURE_MALFORMED'],
    );
  });

  test(`a signature of our own callbacks split differently is refused: replay = ${replay}`, async (t) => {
    const api = await start(t, {replay});
    const now = api.wall.wallMs / 1000;
    const [timestamp, nonce] = [String(now - 500), callbackNonce(now)];
    const recut = [String(now), `${timestamp}1984198419`] as const;
    const signature = sign(token, timestamp, nonce);
    t.is(sign(token, ...recut), signature);
    const query = `timestamp=${recut[0]}&nonce=${recut[1]}&signature=${signature}`;
    const answer = await api.call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x'});
    t.is(answer.json.code, 'RB_SIGNATURE');
  });
}

test('strict refuses a signature that is thousands of hours old and fits now by another cut', async (t) => {
  const api = await startApi(t, {replay: 'strict'});
  api.wall.wallMs = 1_795_873_130_000;
  const old = ['1786717958', '73130'] as const;
  const signature = sign(token, ...old);
  t.is(sign(token, '1795873130', '17867'), signature);
  const revived = `timestamp=1795873130&nonce=17867&signature=${signature}`;
  const answer = await api.call(`/unsub/?${revived}`, {method: 'POST', body: subscription});
  t.is(answer.json.code, 'RB_SIGNATURE_MALFORMED');
  t.regex(answer.json.detail ?? '', /older timestamp/);
  const exact = await startApi(t);
  exact.wall.wallMs = 1_795_873_130_000;
  t.is((await exact.call(`/unsub/?${revived}`, {method: 'POST', body: subscription})).status, 200);
});

test('strict refuses a timestamp with leading zeros, by which one signature could be written in two ways', async (t) => {
  const api = await startApi(t, {replay: 'strict'});
  const timestamp = `0${api.wall.wallMs / 1000}`;
  const query = `timestamp=${timestamp}&nonce=x&signature=${sign(token, timestamp, 'x')}`;
  const answer = await api.call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x'});
  t.is(answer.json.code, 'RB_SIGNATURE_MALFORMED');
  t.regex(answer.json.detail ?? '', /leading zeros/);
});

test('strict refuses timestamps before the start, exact takes them', async (t) => {
  for (const [replay, status] of [
    ['strict', 401],
    ['exact', 200],
  ] as const) {
    const api = await startApi(t, {replay});
    const before = signedAt(api.wall.wallMs - 1_000, 'x');
    const answer = await api.call(`/send/?channel=room&${before}`, {method: 'POST', body: 'x'});
    t.is(answer.status, status, replay);
    if (replay === 'exact') continue;
    t.is(answer.json.code, 'RB_SIGNATURE_EXPIRED');
    t.regex(answer.json.detail ?? '', /1419999999 is from before the gateway's start \(1420000000\)/);
    t.is((await api.post('/send/?channel=room', 'x')).status, 200);
  }
});

test('whatever strict lets pass fits no earlier moment at which the token was in use', (t) => {
  const digits = fc.stringMatching(/^[0-9]{1,24}$/);
  const nonces = fc.oneof(digits, fc.stringMatching(/^[0-9a-b]{1,24}$/));
  const tokens = fc.oneof(fc.constantFrom('t', '12345678', '17958731', '9'), fc.stringMatching(/^[0-9a-c]{1,9}$/));
  const times = fc.integer({min: 1_400_000_000, max: 1_900_000_000});
  let passed = 0;
  const property = fc.property(tokens, times, nonces, (secret, seconds, nonce) => {
    const wallMs = seconds * 1000;
    if (isAmbiguous(secret, {timestamp: String(seconds), nonce}, wallMs)) return;
    passed++;
    const signature = sign(secret, String(seconds), nonce);
    // Every cut there is, by trying them all.
    const all = [secret, String(seconds), nonce].sort().join('');
    for (let from = 0; from + 10 <= all.length; from++) {
      const timestamp = all.slice(from, from + 10);
      if (!/^[1-9]\d{9}$/.test(timestamp) || Number(timestamp) === seconds || Number(timestamp) > seconds) continue;
      if (Number(timestamp) < seconds - tokenLifeSeconds) continue;
      const rest = all.slice(0, from) + all.slice(from + 10);
      for (let at = rest.indexOf(secret); at !== -1; at = rest.indexOf(secret, at + 1)) {
        const other = rest.slice(0, at) + rest.slice(at + secret.length);
        if (sign(secret, timestamp, other) === signature) throw new Error(`${secret} ${seconds} ${nonce} ${timestamp}`);
      }
    }
  });
  t.notThrows(() => fc.assert(property, {numRuns: 3_000}));
  t.true(passed > 500);
});
