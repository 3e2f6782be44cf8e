// RainbowApi: what it asks for, and what it makes of the answers.

import test from 'ava';
import {RainbowApi, RainbowApiError} from '../../src/business/index.ts';
import {isCallbackNonce, verify} from '../../src/protocol/signature.ts';
import {answer, refusal, startScripted} from './gateway-scripted.ts';

const token = 'a token for tests';
const confirmed = answer(200, {status: 0, connections: 3, data: 'yes', message: 'p1'});

test('send makes a signed call with everything in its place', async (t) => {
  const {url, calls} = await startScripted(t, confirmed);
  const api = new RainbowApi({url: `${url}/`, token});
  await api.send('lobby & hall', 7, {text: 'hi'}, {qos: 1, timeoutMs: 2_500});
  const [call] = calls;
  t.is(call?.path, '/send/');
  const {timestamp, nonce = '', signature, ...query} = call?.query ?? {};
  t.deepEqual(query, {channel: 'lobby & hall', msgtype: '7', qos: '1', timeout: '2.5'});
  t.is(verify(token, {timestamp: timestamp ?? '', nonce, signature: signature ?? ''}, Date.now()), 'valid');
  t.false(isCallbackNonce(nonce));
  t.is(call?.body, '{"text":"hi"}');
  t.is(call?.authorization, undefined);
});

test('without options a message goes at QoS 2 and waits for 5 s; a key takes the place of the signature', async (t) => {
  const {url, calls} = await startScripted(t, confirmed);
  await new RainbowApi({url, apiKey: 'key-of-the-tests'}).send({identity: 'user-17'}, 0);
  t.deepEqual(calls[0]?.query, {identity: 'user-17', msgtype: '0', qos: '2', timeout: '5'});
  t.is(calls[0]?.authorization, 'Bearer key-of-the-tests');
  t.is(calls[0]?.body, '');
});

test('bytes and strings are sent as they are, everything else as JSON', async (t) => {
  const {url, calls} = await startScripted(t, confirmed);
  const api = new RainbowApi({url, token});
  for (const data of ['text', Buffer.from('bytes'), [1], null, false, undefined]) await api.send('lobby', 1, data);
  t.deepEqual(
    calls.map(({body}) => body),
    ['text', 'bytes', '[1]', 'null', 'false', ''],
  );
});

test('what the gateway ignored is in the result, and one warning names it', async (t) => {
  const warnings: string[] = [];
  const listen = ({name, message}: Error): unknown => name === 'RainbowWarning' && warnings.push(message);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  const {url} = await startScripted(
    t,
    answer(200, {status: 0, message: 'p1', ignored: ['of-a-newer-sdk', 7]}),
    answer(200, {status: 0, message: 'p2', ignored: 'no list'}),
    answer(200, {status: 0, ignored: ['of-a-newer-sdk', 'another']}),
    answer(200, {status: 0}),
  );
  const api = new RainbowApi({url, token});
  t.deepEqual((await api.send('lobby', 1)).ignored, ['of-a-newer-sdk']);
  t.deepEqual((await api.send('lobby', 1)).ignored, []);
  await api.subscribe('ann', 'lobby');
  await api.unsubscribe('ann', 'lobby');
  // Warnings are given at the next tick.
  await new Promise(setImmediate);
  t.deepEqual(
    warnings.map((text) => /ignored (.*) in a call to (\S+)\./.exec(text)?.slice(1)),
    [
      ['"of-a-newer-sdk"', '/send/'],
      ['"another"', '/sub/'],
    ],
  );
});

test('a result contains who confirmed, what was replied, and what is open', async (t) => {
  const answers: readonly (readonly [object, object])[] = [
    [
      {status: 0, connections: 3, data: '{"a":1}', message: 'p1'},
      {message: 'p1', connections: 3, isTimedOut: false, refused: 0, isPartial: false},
    ],
    [
      {status: 0, connections: 2, data: '', timeout: true, refused: 4, partial: true, message: 'p2'},
      {message: 'p2', connections: 2, isTimedOut: true, refused: 4, isPartial: true, reply: undefined},
    ],
    [
      {status: 1, msg: 'timeout', code: 'RB_TIMEOUT', connections: 0, message: 'p3'},
      {message: 'p3', connections: 0, isTimedOut: true, refused: 0, reply: undefined},
    ],
    // As the original said it.
    [
      {status: 1, msg: 'timeout'},
      {message: '', connections: 0, isTimedOut: true, refused: 0, reply: undefined},
    ],
    [
      {status: 0, message: 'p4'},
      {message: 'p4', connections: undefined, isTimedOut: false, refused: 0, reply: undefined},
    ],
  ];
  const {url} = await startScripted(t, ...answers.map(([sent]) => answer(200, sent)));
  const api = new RainbowApi({url, token});
  for (const [, expected] of answers) {
    const result = await api.send('lobby', 1);
    t.like(result, expected);
    t.false('replies' in result);
    if (result.message === 'p1') t.deepEqual([result.reply?.text(), result.reply?.json()], ['{"a":1}', {a: 1}]);
  }
});

test('ask brings the reply of each client, as text, JSON and bytes', async (t) => {
  const replies = [
    {identity: 'one', data: '{"a":1}'},
    {identity: 'two', data: '/w==', encoding: 'base64'},
    {identity: 'three', data: ''},
  ];
  const sent = {status: 0, connections: 3, data: '/w==', encoding: 'base64', replies, message: 'p1'};
  const {url, calls} = await startScripted(t, answer(200, sent));
  const result = await new RainbowApi({url, token}).ask('lobby', 3, 'who?', {qos: 1});
  t.is(calls[0]?.query.replies, 'all');
  t.deepEqual(
    result.replies.map(({identity, text, bytes}) => [identity, text(), bytes().length]),
    [
      ['one', '{"a":1}', 7],
      ['two', '\ufffd', 1],
      ['three', '', 0],
    ],
  );
  t.deepEqual(result.replies[0]?.json(), {a: 1});
  t.throws(() => result.replies[1]?.json(), {code: 'RB_NOT_JSON'});
  t.deepEqual(new Uint8Array(result.reply?.bytes() ?? []), Uint8Array.of(0xff));
});

test('subscribe and unsubscribe say who and where, and occupy only where it is asked for', async (t) => {
  const {url, calls} = await startScripted(t, answer(200, {status: 0}));
  const api = new RainbowApi({url, token});
  await api.subscribe('one', 'news');
  await api.subscribe('one', 'seat', {occupy: true});
  await api.subscribe('one', 'seat', {occupy: false});
  await api.unsubscribe('one', 'news');
  t.deepEqual(
    calls.map(({path, body}) => [path, JSON.parse(body)]),
    [
      ['/sub/', {identity: 'one', channel: 'news'}],
      ['/sub/', {identity: 'one', channel: 'seat', occupy: true}],
      ['/sub/', {identity: 'one', channel: 'seat'}],
      ['/unsub/', {identity: 'one', channel: 'news'}],
    ],
  );
});

test('a refusal rejects with its code, its status and what was expected', async (t) => {
  const {url} = await startScripted(t, refusal(404, 'RB_NO_SUCH_CONNECTION', 'Expected a client'));
  const error = await t.throwsAsync(new RainbowApi({url, token}).subscribe('one', 'news'), {
    instanceOf: RainbowApiError,
  });
  t.like(error, {
    name: 'RainbowApiError',
    code: 'RB_NO_SUCH_CONNECTION',
    httpStatus: 404,
    detail: 'Expected a client',
    mayBeAccepted: false,
    message: 'no such connection: Expected a client',
  });
});

test('a refusal of a server without codes is known by its text, an unknown one is an internal error', async (t) => {
  const texts = {'signature error': 'RB_SIGNATURE', 'channel miss': 'RB_CHANNEL_MISSING', odd: 'RB_INTERNAL'};
  for (const [msg, code] of Object.entries(texts)) {
    const {url} = await startScripted(t, answer(200, {status: 1, msg}));
    await t.throwsAsync(new RainbowApi({url, token}).send('lobby', 1), {instanceOf: RainbowApiError, code});
  }
});

test('a response that is no answer of the API is reported with its status, a redirect too', async (t) => {
  const scripts = [answer(502, ['bad gateway']), answer(200, {hello: 1}), answer(307, {status: 'moved'})];
  for (const script of scripts) {
    const {url, calls} = await startScripted(t, script);
    const error = await t.throwsAsync<RainbowApiError>(new RainbowApi({url, token}).send('lobby', 1));
    t.like(error, {code: 'RB_ANSWER_INVALID', mayBeAccepted: true});
    t.regex(error.message, /The answer is not of Rainbow's API \(HTTP status (502|200|307)\)/);
    t.is(calls.length, 1);
  }
});

test('invalid messages and calls are reported at once', async (t) => {
  const wrong: readonly object[] = [
    {url: 'ftp://x', token},
    {url: 'x', token},
    {url: 'http://x?a=1', token},
    {url: 'http://x'},
    {url: 'http://x', token: ''},
    {url: 'http://x', token, apiKey: 'k'},
    {url: 'http://x', token, apikey: 'k'},
    {url: 'http://x', token, fetch: 'no'},
  ];
  const bounds = [{timeoutMs: 0}, {timeoutMs: 3_600_001}, {timeoutMs: Number.NaN}, {retries: -1}];
  for (const bound of bounds)
    t.throws(() => new RainbowApi({url: 'http://x', token, ...bound}), {instanceOf: RangeError});
  for (const options of wrong)
    t.throws(() => new RainbowApi(options as {url: string; token: string}), {instanceOf: TypeError});
  const {url, calls} = await startScripted(t, confirmed);
  const api = new RainbowApi({url, token});
  for (const type of [-1, 65_536, 1.5, Number.NaN])
    await t.throwsAsync(api.send('lobby', type), {instanceOf: RangeError});
  for (const timeoutMs of [0, -1, 300_001, Number.NaN]) {
    await t.throwsAsync(api.send('lobby', 1, '', {timeoutMs}), {instanceOf: RangeError});
  }
  await t.throwsAsync(api.send('lobby', 1, 1n), {instanceOf: TypeError});
  await t.throwsAsync(api.send('lobby', 1, new Map()), {code: 'RB_ARGUMENT'});
  const misspelt = {timeout: 5} as object;
  await t.throwsAsync(api.send('lobby', 1, '', misspelt), {message: /no option timeout; did you mean timeoutMs/});
  await t.throwsAsync(api.subscribe('one', 'news', {ocupy: true} as object), {message: /did you mean occupy/});
  t.is(calls.length, 0);
  await api.send('lobby', 65_535, '', {timeoutMs: 300_000});
  t.is(calls[0]?.query.timeout, '300');
});
