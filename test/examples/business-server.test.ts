// The chat's business server over real HTTP, in front of a gateway that only listens.

import test, {type ExecutionContext} from 'ava';
import {startChat} from '../../examples/chat/business-server.ts';
import {callbackNonce, signedQuery, verify} from '../../src/protocol/signature.ts';
import {startFakeGateway} from './fake-gateway.ts';

const token = 'a token for tests';

async function start(t: ExecutionContext) {
  const gateway = await startFakeGateway(t);
  const lines: string[] = [];
  const chat = await startChat({port: 0, token, gatewayUrl: () => gateway.url, log: (line) => lines.push(line)});
  t.teardown(() => chat.close());
  let nonce = 0;

  /** Calls as the gateway would. */
  async function call(path: string, headers: Record<string, string> = {}, body?: string, query = signed()) {
    const response = await fetch(`http://127.0.0.1:${chat.port}${path}?${query}`, {
      headers: {RAINBOWCLIENTIDENTITY: 'one', ...headers},
      ...(body !== undefined && {method: 'POST', body}),
    });
    return {status: response.status, headers: response.headers, text: await response.text()};
  }

  function signed(): string {
    return signedQuery(token, Date.now(), callbackNonce(nonce++));
  }

  return {gateway, lines, call, chat};
}

function cookieOf(visitor: object): Record<string, string> {
  return {RAINBOWCLIENTCOOKIE: Buffer.from(JSON.stringify(visitor)).toString('base64')};
}

const ann = cookieOf({name: 'ann', room: 'lobby'});

test('a client with a name may connect, is in the lobby, and its name is in the cookie', async (t) => {
  const {call} = await start(t);
  const {status, headers, text} = await call('/connect/', {name: 'ann'});
  t.is(status, 200);
  t.deepEqual(JSON.parse(text), {status: 'success'});
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'lobby');
  const cookie = Buffer.from(headers.get('RAINBOWCLIENTCOOKIE') ?? '', 'base64').toString();
  t.deepEqual(JSON.parse(cookie), {name: 'ann', room: 'lobby'});
});

test('a name in any script arrives as it was written', async (t) => {
  const {call} = await start(t);
  const {headers} = await call('/connect/', {name: Buffer.from('王').toString('latin1')});
  const cookie = Buffer.from(headers.get('RAINBOWCLIENTCOOKIE') ?? '', 'base64').toString();
  t.deepEqual(JSON.parse(cookie), {name: '王', room: 'lobby'});
});

for (const [what, headers] of [
  ['without a name', {}],
  ['with an empty name', {name: ''}],
  ['with a name that is too long', {name: 'x'.repeat(33)}],
  ['with a semicolon in its name', {name: 'ann;lee'}],
] as const) {
  test(`a client ${what} is refused`, async (t) => {
    const {call} = await start(t);
    const answer = await call('/connect/', headers);
    t.is(answer.status, 200);
    t.deepEqual(JSON.parse(answer.text), {status: 'fail'});
    t.is(answer.headers.get('RAINBOWCLIENTCHANNEL'), null);
  });
}

const now = () => Date.now();
for (const [what, query] of [
  ['none', () => ''],
  ['one of another token', () => signedQuery('another token', now(), '1')],
  ['one that is too old', () => signedQuery(token, now() - 11_000, '1')],
  ['one from the future', () => signedQuery(token, now() + 60_000, '1')],
  ['one that was cut', () => signedQuery(token, now(), '1').slice(0, -1)],
  ['one whose nonce was changed', () => signedQuery(token, now(), '1').replace('nonce=1', 'nonce=2')],
] as const) {
  test(`a call with a wrong signature is refused: ${what}`, async (t) => {
    const {call, lines, gateway} = await start(t);
    for (const [path, body] of [['/connect/'], ['/close/'], ['/message/2/', '{"text":"hi"}']] as const) {
      t.is((await call(path, {name: 'ann', ...ann}, body, query())).status, 403, path);
    }
    t.true(lines.length === 3 && lines.every((line) => line.startsWith('refused a call: RB_SIGNATURE')));
    t.deepEqual(gateway.calls, []);
  });
}

test('type 1 moves to another room: joined, the old one left, the cookie changed', async (t) => {
  const {call} = await start(t);
  const {headers, text} = await call('/message/1/', ann, '{"room":"den"}');
  t.deepEqual(JSON.parse(text), {room: 'den'});
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'den');
  t.is(headers.get('RAINBOWCLIENTCHANNELUNSUB'), 'lobby');
  const cookie = Buffer.from(headers.get('RAINBOWCLIENTCOOKIE') ?? '', 'base64').toString();
  t.deepEqual(JSON.parse(cookie), {name: 'ann', room: 'den'});
});

test('joining the room one is in leaves none', async (t) => {
  const {call} = await start(t);
  const {headers} = await call('/message/1/', ann, '{"room":"lobby"}');
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'lobby');
  t.is(headers.get('RAINBOWCLIENTCHANNELUNSUB'), null);
});

test('an invalid room is reported to the client, and nothing changes', async (t) => {
  const {call} = await start(t);
  for (const body of ['{"room":"a;;b"}', '{"room":""}', '{"room":7}', '{}', 'null', 'no JSON', '']) {
    const {status, headers, text} = await call('/message/1/', ann, body);
    t.is(status, 200, body);
    t.true(text.startsWith('{"error":'), body);
    t.is(headers.get('RAINBOWCLIENTCHANNEL'), null, body);
  }
});

test('type 2 goes to the room by a signed call at QoS 2, and answers how many have it', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 0, connections: 3, data: ''};
  const {text} = await call('/message/2/', ann, '{"text":"hello"}');
  t.deepEqual(JSON.parse(text), {delivered: 3});
  const [sent] = gateway.calls;
  t.is(gateway.calls.length, 1);
  t.is(sent?.query.get('channel'), 'lobby');
  t.is(sent?.query.get('msgtype'), '2');
  t.is(sent?.query.get('qos'), '2');
  t.is(verify(token, Object.fromEntries(sent?.query ?? []), Date.now()), 'valid');
  const news = JSON.parse(sent?.payload ?? '') as object;
  t.like(news, {from: 'ann', room: 'lobby', text: 'hello'});
  t.deepEqual(Object.keys(news), ['id', 'from', 'room', 'text', 'at']);
});

test('that everybody was silent is an answer, not a failure', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 1, msg: 'timeout', connections: 0};
  const {status, text} = await call('/message/2/', ann, '{"text":"hello"}');
  t.is(status, 200);
  t.deepEqual(JSON.parse(text), {delivered: 0});
});

test('a message that comes again under its id is said once and answered as before [RB-63]', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 0, connections: 3, data: ''};
  const headers = {...ann, RAINBOWMESSAGEID: 'm1'};
  const first = await call('/message/2/', headers, '{"text":"hello"}');
  gateway.answer = {status: 0, connections: 9, data: ''};
  const again = await call('/message/2/', headers, '{"text":"hello"}');
  t.is(again.text, first.text);
  t.is(gateway.calls.length, 1);
  await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm2'}, '{"text":"hello"}');
  t.is(gateway.calls.length, 2);
});

test('a message whose push failed is answered 500, and may come again', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 1, msg: 'overloaded'};
  const headers = {...ann, RAINBOWMESSAGEID: 'm1'};
  t.is((await call('/message/2/', headers, '{"text":"hello"}')).status, 500);
  gateway.answer = {status: 0, connections: 1, data: ''};
  const again = await call('/message/2/', headers, '{"text":"hello"}');
  t.is(again.status, 200);
  t.deepEqual(JSON.parse(again.text), {delivered: 1});
});

test('a message with an id of its own is said once, also under another id of the gateway and to the room it was written in', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 0, connections: 3, data: ''};
  const message = '{"text":"hello","id":"mine","room":"den"}';
  const first = await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm1'}, message);
  const again = await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm2'}, message);
  t.deepEqual(JSON.parse(first.text), {delivered: 3});
  t.is(again.text, first.text);
  t.deepEqual(
    gateway.calls.map(({query}) => query.get('channel')),
    ['den'],
  );
  // Ids are those of a person: no client can take another's.
  await call('/message/2/', {...cookieOf({name: 'bob', room: 'den'}), RAINBOWMESSAGEID: 'm3'}, message);
  t.is(gateway.calls.length, 2);
});

test('two messages without any id are two messages', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 0, connections: 1, data: ''};
  await call('/message/2/', ann, '{"text":"hello"}');
  await call('/message/2/', ann, '{"text":"hello"}');
  t.is(gateway.calls.length, 2);
});

test('type 4 answers what was said lately in the room, in its order, one that failed at first once', async (t) => {
  const {call, gateway} = await start(t);
  gateway.answer = {status: 1, msg: 'overloaded'};
  t.is((await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm1'}, '{"text":"one","id":"1"}')).status, 500);
  gateway.answer = {status: 0, connections: 1, data: ''};
  await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm1'}, '{"text":"one","id":"1"}');
  await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm2'}, '{"text":"elsewhere","room":"den"}');
  await call('/message/2/', {...ann, RAINBOWMESSAGEID: 'm3'}, '{"text":"two"}');
  const {text} = await call('/message/4/', ann, '{}');
  const {room, said} = JSON.parse(text) as {readonly room: string; readonly said: readonly {readonly text: string}[]};
  t.is(room, 'lobby');
  t.deepEqual(
    said.map((news) => news.text),
    ['one', 'two'],
  );
});

test('a text that is too long, or an invalid id or room, is reported to the client and not passed on', async (t) => {
  const {call, gateway} = await start(t);
  const long = JSON.stringify({text: 'x'.repeat(2_001)});
  for (const body of [long, '{"text":"a","id":"b c"}', '{"text":"a","id":""}', '{"text":"a","room":"b;c"}']) {
    t.true((await call('/message/2/', ann, body)).text.startsWith('{"error":'), body);
  }
  t.deepEqual(gateway.calls, []);
});

test('who comes back says in which room it was, and is there', async (t) => {
  const {call} = await start(t);
  const {headers} = await call('/connect/', {name: 'ann', room: 'den'});
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'den');
  t.deepEqual(JSON.parse((await call('/connect/', {name: 'ann', room: 'a b'})).text), {status: 'fail'});
});

test('type 3 asks everybody and answers with their names', async (t) => {
  const {call, gateway} = await start(t);
  const replies = [
    {identity: '0123456789abcdef', data: ''},
    {identity: 'two', data: 'bob'},
  ];
  gateway.answer = {status: 0, connections: 2, data: 'bob', replies};
  const {text} = await call('/message/3/', ann, '{}');
  t.deepEqual(JSON.parse(text), {room: 'lobby', here: ['01234567', 'bob']});
  t.is(gateway.calls[0]?.query.get('replies'), 'all');
});

test('any other type comes back as it was', async (t) => {
  const {call} = await start(t);
  for (const type of [0, 5, 65_535]) t.is((await call(`/message/${type}/`, ann, 'some bytes')).text, 'some bytes');
  t.is((await call('/message/9/', ann, '')).text, '');
});

test('the type is the last part of the path, whatever stands before it', async (t) => {
  const {call} = await start(t);
  t.is((await call('/chat/9/', ann, 'x')).text, 'x');
  t.is((await call('/chat/nine/', ann, 'x')).status, 404);
});

test('the close call is noted, and the room is notified', async (t) => {
  const {call, lines, gateway} = await start(t);
  const told = gateway.next();
  t.is((await call('/close/', ann)).status, 200);
  t.deepEqual(lines, ['ann went']);
  t.is((await told).query.get('qos'), '0');
});

test('a body without end is not read to it', async (t) => {
  const {call, lines} = await start(t);
  const answer = await call('/message/9/', ann, 'x'.repeat(1_048_577)).catch(() => undefined);
  t.not(answer?.status, 200);
  t.is(lines.length, 1);
});

test('a port that is taken is a rejection', async (t) => {
  const {chat} = await start(t);
  const error = await t.throwsAsync(startChat({port: chat.port, token, gatewayUrl: () => '', log: () => {}}));
  t.is((error as NodeJS.ErrnoException).code, 'EADDRINUSE');
});
