// The chat end to end: real gateway, real business server, the platform's WebSocket.

import test from 'ava';
import {signedQuery} from '../../src/protocol/signature.ts';
import {connectClient, startChatHarness, token} from './chat-harness.ts';

test('a message reaches everybody in the room, and its sender gets their number', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  const bob = await connectClient(t, gateway, '王');
  t.deepEqual(await ann.ask(2, {text: 'hello'}), {delivered: 2});
  const said = {from: 'ann', room: 'lobby', text: 'hello'};
  t.like(await ann.heard(), said);
  t.like(await bob.heard(), said);
});

test('in another room one hears that room alone', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  const bob = await connectClient(t, gateway, 'bob');
  t.deepEqual(await ann.ask(1, {room: 'den'}), {room: 'den'});
  t.deepEqual(await bob.ask(2, {text: 'is she here?'}), {delivered: 1});
  t.deepEqual(await ann.ask(2, {text: 'an echo'}), {delivered: 1});
  t.like(await ann.heard(), {from: 'ann', room: 'den', text: 'an echo'});
});

test('who is here is answered by the clients themselves', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  await connectClient(t, gateway, 'bob');
  const {here} = (await ann.ask(3, {})) as {readonly here: readonly string[]};
  t.deepEqual(here.toSorted(), ['ann', 'bob']);
});

test('any other type is an echo', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  t.deepEqual(await ann.ask(65_535, '[1,2]'), [1, 2]);
});

test('a client without a name is refused', async (t) => {
  const {gateway, lines} = await startChatHarness(t);
  await t.throwsAsync(connectClient(t, gateway, ''));
  // At least: Node's own WebSocket asks once more where it is answered 401.
  t.true(gateway.counters.handshakesRefused > 0);
  t.is(gateway.counters.connectionsOpened, 0);
  t.deepEqual(lines, []);
});

test('the one who goes is missed: a close call, and word to the room', async (t) => {
  const {gateway, lines} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  const bob = await connectClient(t, gateway, 'bob');
  bob.close();
  t.is(await bob.closed, 1000);
  t.deepEqual(await ann.heard(), {from: 'chat', room: 'lobby', text: 'bob went'});
  t.deepEqual(lines, ['ann came', 'bob came', 'bob went']);
});

test('the one who comes is announced to the room it is in, each time it comes', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  const bob = await connectClient(t, gateway, 'Bob Lee');
  t.is(await ann.heardOfArrival(), 'Bob Lee came');
  bob.close();
  t.like(await ann.heard(), {from: 'chat', text: 'Bob Lee went'});
  await connectClient(t, gateway, 'Bob Lee');
  t.is(await ann.heardOfArrival(), 'Bob Lee came');
});

test('a push from outside is confirmed by everybody', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  await connectClient(t, gateway, 'bob');
  const url = `${gateway.url}/send/?channel=lobby&qos=2&${signedQuery(token, Date.now(), '1')}`;
  const response = await fetch(url, {method: 'POST', body: '{"text":"from outside"}'});
  const {status, connections} = (await response.json()) as {readonly status: number; readonly connections: number};
  t.deepEqual({status, connections}, {status: 0, connections: 2});
  t.deepEqual(await ann.heard(), {text: 'from outside'});
});

test('the business server may restart: clients stay, and the cookie still says who they are', async (t) => {
  const {gateway, chat} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  await ann.ask(1, {room: 'den'});
  const {port} = chat;
  await chat.close();
  const {startChat} = await import('../../examples/chat/business-server.ts');
  const again = await startChat({port, token, gatewayUrl: () => gateway.url, log: () => {}});
  t.teardown(() => again.close());
  // Before its business server, which takes the close calls.
  t.teardown(() => gateway.close());
  t.deepEqual(await ann.ask(2, {text: 'still here'}), {delivered: 1});
  t.like(await ann.heard(), {from: 'ann', room: 'den', text: 'still here'});
});
