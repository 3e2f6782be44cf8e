// Handlers: their arguments, and how their results are used.

import test from 'ava';
import {business, type MessageHandlers} from '../../src/business/index.ts';
import {call, cookieOf, make, token} from './harness.ts';

test('without a connect handler every client is admitted', async (t) => {
  const {status, json, headers} = await call(make({}), '/connect/');
  t.is(status, 200);
  t.deepEqual(json, {status: 'success'});
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), null);
});

test('a connect handler is given the client, and true lets it in with channels and context', async (t) => {
  const app = make<{name: string}>({
    connect({identity, device, platform, header, cookie, context, channels}) {
      t.deepEqual(
        [identity, device, platform, header('Name'), header('absent')],
        ['one', 'd1', 'web', '王', undefined],
      );
      t.deepEqual([cookie, context], [undefined, {}]);
      context.name = header('name') ?? '';
      channels.join('lobby', '部屋');
      return true;
    },
  });
  const headers = {'X-DEVICEID': 'd1', 'X-CLIENT-OS': 'web', name: Buffer.from('王').toString('latin1')};
  const answer = await call(app, '/connect/', {headers});
  t.deepEqual(answer.json, {status: 'success'});
  t.deepEqual(answer.context, {name: '王'});
  const joined = Buffer.from(answer.headers.get('RAINBOWCLIENTCHANNEL') ?? '', 'latin1').toString();
  t.is(joined, 'lobby;;部屋');
});

test("a connect handler is given the client's address and the origin of its page, where the gateway sends them", async (t) => {
  const seen: (string | undefined)[][] = [];
  const app = make({
    connect({address, origin}) {
      seen.push([address, origin]);
      return true;
    },
  });
  const headers = {RAINBOWCLIENTADDRESS: '2001:db8::9', RAINBOWCLIENTORIGIN: 'https://app.example'};
  await call(app, '/connect/', {headers});
  await call(app, '/connect/');
  t.deepEqual(seen, [
    ['2001:db8::9', 'https://app.example'],
    [undefined, undefined],
  ]);
});

test('an identity lets a client in under that name', async (t) => {
  const {json} = await call(make({connect: () => ({identity: 'user-17'})}), '/connect/');
  t.deepEqual(json, {status: 'success', identity: 'user-17'});
  const both = await call(make({connect: () => ({identity: 'phone-3', user: 'ann'})}), '/connect/');
  t.deepEqual(both.json, {status: 'success', identity: 'phone-3', user: 'ann'});
  const user = await call(make({connect: () => ({user: 'ann'})}), '/connect/');
  t.deepEqual(user.json, {status: 'success', user: 'ann'}, 'the identity is that of the gateway');
});

test('false refuses a client, and so does a connect handler that forgot to answer', async (t) => {
  for (const value of [false, undefined, null, 0, 'yes', {status: 'success'}] as unknown as readonly boolean[]) {
    const app = make({
      connect({channels}) {
        channels.join('lobby');
        return value;
      },
    });
    const {status, json, headers} = await call(app, '/connect/');
    t.is(status, 200);
    t.deepEqual(json, {status: 'fail'});
    t.is(headers.get('RAINBOWCLIENTCHANNEL'), null);
  }
});

test('a message goes to the handler of its type, or to the default one', async (t) => {
  const app = make({on: {0: () => 'zero', 65535: () => 'last', default: ({type}) => `other ${type}`}});
  t.is((await call(app, '/message/0/', {body: 'x'})).text, 'zero');
  t.is((await call(app, '/message/65535/', {body: 'x'})).text, 'last');
  t.is((await call(app, '/message/7', {body: 'x'})).text, 'other 7');
});

/** What JSON there is, or the code of the error. */
function dataOf(json: () => unknown): unknown {
  try {
    return json() === undefined ? 'nothing' : json();
  } catch (error) {
    return (error as {readonly code: string}).code;
  }
}

test('a payload that a handler reads as JSON and that is not JSON is the client’s fault: 400', async (t) => {
  const errors: unknown[] = [];
  const app = make({on: {1: ({json}) => json()}, onError: (error) => errors.push(error)});
  const {status, json} = await call(app, '/message/1/', {body: 'no JSON'});
  t.is(status, 400);
  t.like(json, {code: 'RB_NOT_JSON'});
  t.deepEqual(errors, []);
});

test('a message is given as bytes, text and JSON, whatever its payload is', async (t) => {
  const app = make({
    on: {1: ({bytes, text, json}) => ({length: bytes().length, text: text(), data: dataOf(json)})},
  });
  const payloads: readonly (readonly [string | Uint8Array, object])[] = [
    ['{"a":1}', {length: 7, text: '{"a":1}', data: {a: 1}}],
    ['null', {length: 4, text: 'null', data: null}],
    ['', {length: 0, text: '', data: 'nothing'}],
    ['no JSON', {length: 7, text: 'no JSON', data: 'RB_NOT_JSON'}],
    [Buffer.from([0x22, 0xff, 0x22]), {length: 3, text: '"\ufffd"', data: 'RB_NOT_JSON'}],
    ['\ufeff1', {length: 4, text: '\ufeff1', data: 'RB_NOT_JSON'}],
  ];
  for (const [body, expected] of payloads) {
    const {status, json} = await call(app, '/message/1/', {body});
    t.is(status, 200);
    t.deepEqual(json, expected);
  }
});

test('a message is given with its type, its id and its headers', async (t) => {
  const app = make({on: {default: ({type, message, header}) => [type, message, header('content-type')]}});
  const headers = {RAINBOWMESSAGEID: 'm1', 'content-type': 'application/json'};
  t.deepEqual((await call(app, '/message/9/', {headers, body: '1'})).json, [9, 'm1', 'application/json']);
});

test('what a handler returns is the answer: bytes and strings as they are, nothing as nothing, all else as JSON', async (t) => {
  const values: readonly (readonly [unknown, string])[] = [
    ['text', 'text'],
    ['', ''],
    [undefined, ''],
    [Uint8Array.of(104, 105), 'hi'],
    [{a: [1]}, '{"a":[1]}'],
    [null, 'null'],
    [0, '0'],
    [Promise.resolve(true), 'true'],
  ];
  for (const [value, expected] of values) {
    const {status, text} = await call(make({on: {1: () => value}}), '/message/1/');
    t.is(status, 200);
    t.is(text, expected);
  }
});

test('a Response is passed through, with channels and context', async (t) => {
  const app = make({
    on: {
      1({channels, context}) {
        channels.join('den');
        context.room = 'den';
        return new Response('later', {status: 503, headers: {'Retry-After': '3'}});
      },
    },
  });
  const {status, text, headers, context} = await call(app, '/message/1/');
  t.deepEqual([status, text, headers.get('retry-after')], [503, 'later', '3']);
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'den');
  t.deepEqual(context, {room: 'den'});
  t.is((await call(make({connect: () => new Response(null, {status: 500})}), '/connect/')).status, 500);
});

test('channels are joined and left with the answer, and of one channel the last word counts', async (t) => {
  const app = make({
    on: {
      1({channels}) {
        channels.leave('a', 'b');
        channels.join('b', 'c', 'd');
        channels.leave('d');
      },
    },
  });
  const {headers} = await call(app, '/message/1/');
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'b;;c');
  t.is(headers.get('RAINBOWCLIENTCHANNELUNSUB'), 'a;;d');
});

test('the context comes back, and the cookie is set only where it changed; an emptied one clears', async (t) => {
  const app = make<{name: string; visits: number}>({
    on: {
      1: ({context}) => context,
      2({context}) {
        context.visits = (context.visits ?? 0) + 1;
      },
      3({context}) {
        delete context.name;
      },
    },
  });
  const headers = cookieOf({name: '王'});
  const same = await call(app, '/message/1/', {headers});
  t.deepEqual(same.json, {name: '王'});
  t.is(same.context, undefined);
  t.deepEqual((await call(app, '/message/2/', {headers})).context, {name: '王', visits: 1});
  t.is((await call(app, '/message/3/', {headers})).context, '');
  t.is((await call(app, '/message/3/')).context, undefined);
});

test('a cookie is base64 of JSON with blanks, as the SDK of 2015 wrote it, and as any JSON object', async (t) => {
  const app = make({on: {1: ({context}) => context}});
  // base64.b64encode(json.dumps({'name': 'ann', 'room': 7}))
  const headers = {RAINBOWCLIENTCOOKIE: 'eyJuYW1lIjogImFubiIsICJyb29tIjogN30='};
  t.deepEqual((await call(app, '/message/1/', {headers})).json, {name: 'ann', room: 7});
});

test('a cookie that another program wrote leaves the context empty, and can be read as it is', async (t) => {
  const app = make({on: {1: ({context, cookie}) => [context, cookie]}});
  for (const cookie of ['plain text', '!!', 'bnVsbA==', 'WzFd', 'e30']) {
    const {json, context} = await call(app, '/message/1/', {headers: {RAINBOWCLIENTCOOKIE: cookie}});
    t.deepEqual(json, [{}, cookie]);
    t.is(context, undefined);
  }
});

test('a close call reaches its handler, with the context', async (t) => {
  const gone: unknown[] = [];
  const app = make<{name: string}>({close: ({identity, context}) => gone.push([identity, context.name])});
  t.is((await call(app, '/close/', {headers: cookieOf({name: 'ann'})})).status, 200);
  t.deepEqual(gone, [['one', 'ann']]);
  t.is((await call(make({}), '/close/')).status, 200);
});

test('a close call reaches its handler with its reason, and once, however often it comes [RB-63]', async (t) => {
  const gone: unknown[] = [];
  let fails = true;
  const app = make({
    close({reason, message}) {
      gone.push([reason, message]);
      if (fails) throw new Error('made to fail');
    },
    onError: () => {},
  });
  const headers = {RAINBOWMESSAGEID: 'c1', RAINBOWCLOSEREASON: 'replaced'};
  t.is((await call(app, '/close/', {headers})).status, 500);
  fails = false;
  t.is((await call(app, '/close/', {headers})).status, 200);
  t.is((await call(app, '/close/', {headers})).status, 200);
  t.deepEqual(gone, [
    ['replaced', 'c1'],
    ['replaced', 'c1'],
  ]);
  t.is((await call(app, '/close/', {headers: {RAINBOWCLOSEREASON: 'of another age'}})).status, 200);
  t.deepEqual(gone.at(-1), [undefined, '']);
});

test('what stands before the end of a path is up to the application', async (t) => {
  const app = make({on: {7: () => 'seven'}});
  t.is((await call(app, '/rainbow/v1/connect')).status, 200);
  t.is((await call(app, '/7/')).text, 'seven');
  t.is((await call(app, '/connect/7/')).text, 'seven');
});

test('a token with the line feed of its file is the token, as for the gateway', async (t) => {
  const app = business({token: `${token}\n`, connect: () => true});
  t.is((await call(app, '/connect/')).status, 200);
});

test('a channel header that was appended twice is refused as ambiguous', async (t) => {
  const headers = new Headers({RAINBOWCLIENTCHANNEL: 'a'});
  headers.append('RAINBOWCLIENTCHANNEL', 'b');
  const errors: unknown[] = [];
  const app = make({
    on: {1: () => new Response('', {headers}), 2: () => new Response('', {headers: {RAINBOWCLIENTCHANNEL: 'a;;b'}})},
    onError: (error) => errors.push(error),
  });
  t.is((await call(app, '/message/1/')).status, 500);
  t.regex(String(errors[0]), /RAINBOWCLIENTCHANNEL is 'a, b': one channel or several\? Use channels\.join\(\)/);
  t.is((await call(app, '/message/2/')).headers.get('RAINBOWCLIENTCHANNEL'), 'a;;b');
});

test('invalid options are reported at once', (t) => {
  for (const [given, message] of [
    [undefined, /token of business\(\) is undefined/],
    ['', /token of business\(\) is empty/],
    [5, /token of business\(\) is a number/],
    [' \n', /token of business\(\) is a string/],
  ] as const) {
    t.throws(() => business({token: given as string}), {instanceOf: TypeError, message});
  }
  const wrong = (options: object) => () => business({token, ...options});
  t.throws(wrong({onmessage: () => 1}), {message: /business\(\) has no option onmessage/});
  t.throws(wrong({conect: () => true}), {message: /did you mean connect\?/});
  t.throws(wrong({on: {1: 'nope'}}), {message: /1 of on is a string; it must be a function/});
  t.throws(wrong({close: true}), {message: /close of business\(\) is a boolean/});
  t.throws(() => make({on: {65536: () => 1}}), {
    message: /^on has the key 65536\. Use types from 0 to 65535, or default\.$/,
  });
  t.throws(() => make({on: {say: () => 1} as MessageHandlers<never>}), {message: /^on has the key say\./});
  t.throws(() => business({token, timeoutMs: 0}), {
    message: 'timeoutMs is 0. Use a number above 0 and at most 2147483647.',
  });
  t.throws(() => business({token, timeoutMs: Number.POSITIVE_INFINITY}), {message: /^timeoutMs is Infinity/});
  t.throws(() => business({token, runningMax: Number.NaN}), {message: /^runningMax is NaN/});
});
