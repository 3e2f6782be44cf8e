import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import {callbackNonce} from '../../../src/protocol/signature.ts';
import {
  type ApiAnswer,
  type ApiKit,
  apiKey,
  bodyOf,
  openSocket,
  outcomeOf,
  readToEnd,
  signedAt,
  startApi,
} from './api-harness.ts';

const vector = 'timestamp=1420000000&nonce=12345&signature=04ad6598c6e8ab85334fe04a48d146881a6199df';

function send({call}: ApiKit, query: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
  return call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x', headers});
}

test("the contract's own vector is accepted", async (t) => {
  const api = await startApi(t);
  t.is((await send(api, vector)).status, 200);
});

for (const path of ['/send/', '/sub/', '/unsub/']) {
  test(`${path} without a signature is refused, before its parameters are looked at`, async (t) => {
    const api = await startApi(t);
    const answer = await api.call(path, {method: 'POST', body: 'x'});
    t.is(answer.status, 401);
    t.like(answer.json, {status: 1, msg: 'signature error', code: 'RB_SIGNATURE_MISSING'});
    t.is(answer.headers.get('www-authenticate'), 'Bearer');
    t.is(api.counters.signaturesRefused, 1);
    t.is(api.counters.apiErrors, 1);
    t.is(api.router.published.length, 0);
  });
}

const refusals: readonly (readonly [title: string, query: string, code: string])[] = [
  ['without timestamp', vector.replace('timestamp', 'other'), 'RB_SIGNATURE_MISSING'],
  ['without nonce', vector.replace('nonce', 'other'), 'RB_SIGNATURE_MISSING'],
  ['without signature', vector.replace('signature', 'other'), 'RB_SIGNATURE_MISSING'],
  ['with an empty signature', vector.replace(/signature=.*/, 'signature='), 'RB_SIGNATURE_MISSING'],
  ['with a timestamp that is no number', vector.replace('1420000000', 'now'), 'RB_SIGNATURE_MALFORMED'],
  ['with a signature cut short', vector.slice(0, -1), 'RB_SIGNATURE_MALFORMED'],
  ['with a signature in upper case', vector.replace('04ad', '04AD'), 'RB_SIGNATURE_MALFORMED'],
  ['with a signature in bad percent-encoding', vector.replace('04ad', '%zz'), 'RB_SIGNATURE_MALFORMED'],
  ['with a nonce of 129 characters', vector.replace('12345', '1'.repeat(129)), 'RB_SIGNATURE_MALFORMED'],
  ['with another nonce', vector.replace('12345', '12346'), 'RB_SIGNATURE'],
  ['with another timestamp', vector.replace('1420000000', '1420000001'), 'RB_SIGNATURE'],
  ['by another token', signedAt(1_420_000_000_000, '1', 'other'), 'RB_SIGNATURE'],
  ['with a nonce of our own callbacks', signedAt(1_420_000_000_000, callbackNonce(1)), 'RB_SIGNATURE'],
  ['10 s old', signedAt(1_419_999_990_000, '1'), 'RB_SIGNATURE_EXPIRED'],
  ['10 s ahead', signedAt(1_420_000_010_000, '1'), 'RB_SIGNATURE_EXPIRED'],
];

for (const [title, query, code] of refusals) {
  test(`a call ${title} is refused: ${code}`, async (t) => {
    const api = await startApi(t);
    const answer = await send(api, query);
    t.is(answer.status, 401);
    t.like(answer.json, {status: 1, msg: 'signature error', code});
    t.is(api.counters.signaturesRefused, 1);
    t.is(api.router.published.length, 0);
  });
}

for (const offset of [-9, 9]) {
  test(`a call ${offset} s from our clock is accepted`, async (t) => {
    const api = await startApi(t);
    t.is((await send(api, signedAt(api.wall.wallMs + offset * 1000, '1'))).status, 200);
  });
}

test('no refusal reveals the token, the right signature or a key, nor is any of them logged', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey]});
  const answers = await Promise.all([
    ...refusals.map(([, query]) => send(api, query)),
    send(api, vector, {authorization: 'Bearer wrong-key-wrong-key-wrong'}),
    api.call('/serverinfo/?format=json'),
    api.call('/serverinfo/'),
    api.call('/metrics'),
  ]);
  for (const {text} of answers) t.notRegex(text, /tokentoken|04ad6598|a-key-of|wrong-key/);
  t.deepEqual(api.logLines, []);
});

test('a key of the list is accepted without a signature, whatever the case of the scheme', async (t) => {
  const api = await startApi(t, {apiKeys: ['another-key-of-24-characters', apiKey]});
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    t.is((await send(api, '', {authorization: `${scheme} ${apiKey}`})).status, 200);
  }
});

const wrongKeys = [`${apiKey}x`, apiKey.slice(0, -1), apiKey.toUpperCase(), `${apiKey} ${apiKey}`, ''];

for (const key of wrongKeys) {
  test(`the key "${key}" is refused, also beside a good signature`, async (t) => {
    const api = await startApi(t, {apiKeys: [apiKey]});
    const answer = await send(api, vector, {authorization: `Bearer ${key}`});
    // Blanks at a header's end do not belong to its value: then there is no scheme either, and the signature counts.
    t.is(answer.status, key === '' ? 200 : 401);
    if (key !== '') t.like(answer.json, {msg: 'signature error', code: 'RB_API_KEY'});
  });
}

test('without keys in the configuration no key is accepted', async (t) => {
  const api = await startApi(t);
  t.is((await send(api, '', {authorization: 'Bearer undefined'})).json.code, 'RB_API_KEY');
});

test('another scheme of the Authorization header is ignored', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey]});
  t.is((await send(api, vector, {authorization: 'Basic dXNlcjpwYXNz'})).status, 200);
  t.is((await send(api, '', {authorization: 'Basic dXNlcjpwYXNz'})).json.code, 'RB_SIGNATURE_MISSING');
});

test('an exact repeat is refused, and counted as a refused signature', async (t) => {
  const api = await startApi(t);
  t.is((await send(api, vector)).status, 200);
  const answer = await send(api, vector);
  t.is(answer.status, 401);
  t.like(answer.json, {msg: 'signature error', code: 'RB_SIGNATURE_REPLAYED'});
  t.is(api.counters.signaturesRefused, 1);
  t.is(api.router.published.length, 1);
});

const sameCalls: readonly string[] = [
  `/send?channel=room&${vector}`,
  `/send/?${vector}&channel=room`,
  `/send/?channel=roo%6d&${vector}`,
  `/send/?channel=room&qos=2&timeout=10&msgtype=1&${vector}`,
  `/send/?channel=room&other=1&cluster=1&${vector}`,
  `/send/?channel=room&channel=room&${vector}`,
  `/send/?channel=room&qos=1&qos=2&${vector}`,
];

for (const path of sameCalls) {
  test(`a repeat is the same call in other words: ${path.replace(vector, '…')}`, async (t) => {
    const api = await startApi(t);
    t.is((await send(api, vector)).status, 200);
    t.is((await api.call(path, {method: 'POST', body: 'x'})).json.code, 'RB_SIGNATURE_REPLAYED');
  });
}

const otherCalls: readonly (readonly [path: string, body: string])[] = [
  [`/send/?channel=room&${vector}`, 'y'],
  [`/send/?channel=hall&${vector}`, 'x'],
  [`/send/?identity=room&${vector}`, 'x'],
  [`/send/?channel=room&msgtype=2&${vector}`, 'x'],
  [`/send/?channel=room&qos=1&${vector}`, 'x'],
  [`/send/?channel=room&timeout=9&${vector}`, 'x'],
  [`/send/?channel=room&replies=all&${vector}`, 'x'],
  [`/sub/?${vector}`, '{"identity":"i","channel":"room"}'],
];

for (const [path, body] of otherCalls) {
  test(`the same signature may carry another call: ${path.replace(vector, '…')} ${body}`, async (t) => {
    const api = await startApi(t);
    t.is((await send(api, vector)).status, 200);
    t.is((await api.call(path, {method: 'POST', body})).status, 200);
  });

  test(`in strict mode it may not: ${path.replace(vector, '…')} ${body}`, async (t) => {
    const api = await startApi(t, {replay: 'strict'});
    t.is((await send(api, vector)).status, 200);
    t.is((await api.call(path, {method: 'POST', body})).json.code, 'RB_SIGNATURE_REPLAYED');
  });
}

test('/sub/ and /unsub/ with the same signature and body are two calls', async (t) => {
  const api = await startApi(t);
  const body = '{"identity":"i","channel":"room"}';
  for (const path of ['/sub/', '/unsub/']) {
    t.is((await api.call(`${path}?${vector}`, {method: 'POST', body})).status, 200);
    t.is((await api.call(`${path}?${vector}`, {method: 'POST', body})).json.code, 'RB_SIGNATURE_REPLAYED');
  }
});

test('a repeat while the first call still runs is refused', async (t) => {
  const api = await startApi(t);
  const called = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<ReturnType<typeof outcomeOf>>();
  api.router.onPublish = () => {
    called.resolve();
    return outcome.promise;
  };
  const first = send(api, vector);
  await called.promise;
  t.is((await send(api, vector)).json.code, 'RB_SIGNATURE_REPLAYED');
  outcome.resolve(outcomeOf({connections: 1}));
  t.is((await first).status, 200);
});

test('a body that comes after the window of its signature is refused, since its repeat could no longer be known', async (t) => {
  const api = await startApi(t);
  const socket = await openSocket(t, api.port);
  const answer = readToEnd(socket);
  const head = `POST /send/?channel=room&${vector} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
  socket.write(`${head}Content-Length: 1\r\n\r\n`);
  while (api.counters.apiRequests === 0) await nextTurn();
  api.wall.wallMs += 10_000;
  socket.write('x');
  t.is(bodyOf(await answer).code, 'RB_SIGNATURE_EXPIRED');
  t.is(api.router.published.length, 0);
});

test('calls with a key are never repeats', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey], replay: 'strict'});
  for (let call = 0; call < 3; call++) {
    t.is((await send(api, '', {authorization: `Bearer ${apiKey}`})).status, 200);
  }
});

test('a call refused for its parameters leaves its signature usable, in both modes', async (t) => {
  for (const replay of ['exact', 'strict'] as const) {
    const api = await startApi(t, {replay});
    t.is((await send(api, `qos=9&${vector}`)).json.code, 'RB_QOS');
    t.is((await send(api, vector)).status, 200);
  }
});

for (const code of ['RB_OVERLOADED', 'RB_STOPPING'] as const) {
  test(`a call that took no effect, ${code}, may be made again as it is`, async (t) => {
    const api = await startApi(t);
    api.router.onPublish = () => Promise.reject(Object.assign(new Error(code), {code}));
    t.is((await send(api, vector)).json.code, code);
    api.router.onPublish = async () => outcomeOf({});
    t.is((await send(api, vector)).status, 200);
    t.is((await send(api, vector)).json.code, 'RB_SIGNATURE_REPLAYED');
  });
}

test('a call that failed half-way stays used, since it may have taken effect', async (t) => {
  // The second comes from another thread, or is an answer that did not come in time.
  for (const failure of [new Error('x'), new RainbowError('RB_INTERNAL')]) {
    const api = await startApi(t);
    api.router.onPublish = () => Promise.reject(failure);
    t.is((await send(api, vector)).json.code, 'RB_INTERNAL');
    t.is((await send(api, vector)).json.code, 'RB_SIGNATURE_REPLAYED');
  }
});

test('where no more calls can be remembered, signed ones are refused 503 and keyed ones go on', async (t) => {
  const api = await startApi(t, {apiKeys: [apiKey], replayEntriesMax: 1});
  t.is((await send(api, vector)).status, 200);
  const answer = await send(api, api.signature());
  t.is(answer.status, 503);
  t.is(answer.json.code, 'RB_OVERLOADED');
  t.is(api.counters.apiErrors, 1);
  t.is((await send(api, '', {authorization: `Bearer ${apiKey}`})).status, 200);
});
