// The kit against itself: a fault in it would make every other test of the suite say something it does not mean.

import {createServer} from 'node:net';
import test from 'ava';
import {WebSocketServer} from 'ws';
import {Api} from './api.ts';
import {
  answer,
  drop,
  endlessBody,
  garbage,
  halfAnswer,
  signatureOf,
  startBusinessServer,
  success,
} from './business-server.ts';
import {within} from './deadline.ts';
import {frame} from './frame.ts';
import {Inbox} from './inbox.ts';
import {hex, packet, parse, send, spell, spellHex} from './packets.ts';
import {connect} from './raw-client.ts';

test('the vectors of the contract are written and read as they stand there', (t) => {
  for (const [bytes, written] of [
    ['10 0001 6869', 'SEND q0 "hi"'],
    ['12 0001 0002 6869', 'SEND q1 id 2 "hi"'],
    ['1A 0001 0002 6869', 'SEND q1 id 2 DUP "hi"'],
    ['14 FFFF FFFE', 'SEND q2 id 65534 type 65535'],
    ['20 0002 6F6B', 'ACK id 2 "ok"'],
    ['30 0007', 'REC id 7'],
    ['40 0007', 'REL id 7'],
    ['50 0007', 'COM id 7'],
    ['18 0003 7B226122 3A225C 227D', 'SEND q0 type 3 DUP "{"a":"\\"}"'],
    ['10 0001 00FF', 'SEND q0 0x00ff'],
  ] as const) {
    t.is(spell(hex(bytes)), written);
    t.is(spellHex(packet(written)).replaceAll(' ', ''), bytes.replaceAll(' ', ''));
    t.deepEqual(packet(bytes), packet(written));
  }
  t.is(spell(send({qos: 2, type: 65_535, id: 65_534})), 'SEND q2 id 65534 type 65535');
  t.like(parse(hex('1C FFFF FFFE')), {command: 'send', qos: 2, dup: true, type: 65_535, id: 65_534});
  t.like(parse('COM id 7'), {command: 'com', id: 7});
});

test('every bit shows: what no notation has is spelled in hex, and no two spellings are one packet', (t) => {
  for (const bytes of ['', '00', '10 00', '12 0001 00', '13 0001 0005 61', '16 0001 0002 6869', '41 0007', '60 0001']) {
    t.is(spell(hex(bytes)), bytes);
    t.deepEqual(packet(spell(hex(bytes))), hex(bytes));
  }
  for (const written of ['SEND q1 "hi"', 'SEND q0 id 1', 'ACK "ok"', 'SEND q3 id 1', 'HELLO', '12 3']) {
    t.throws(() => packet(written), {message: /^Expected /}, written);
  }
});

test('the signature of the contract comes out', (t) => {
  t.is(signatureOf('tokentoken', '1420000000', '12345'), '04ad6598c6e8ab85334fe04a48d146881a6199df');
  t.is(signatureOf('5ecret', '1420000000', '99999'), '231b92d1f9df79f331e58166af13001f761a62b0');
});

test('a wait that is not over in time fails and says what it waited for', async (t) => {
  const error = await t.throwsAsync(within(new Promise(() => {}), 'a miracle', 10));
  t.is(error.message, 'Expected a miracle within 10 ms of an idle machine');
  const inbox = new Inbox<number>('a number');
  const missed = inbox.next();
  inbox.push(1);
  t.is(await missed, 1);
  inbox.end('closed');
  await t.throwsAsync(inbox.next(), {message: 'Expected a number, got the end: closed'});
});

test('the raw client is understood by another WebSocket implementation, and understands it', async (t) => {
  const server = new WebSocketServer({port: 0, host: '127.0.0.1'});
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const messages = new Inbox<{data: Buffer; isBinary: boolean}>('a message');
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      messages.push({data, isBinary});
      socket.send(data, {binary: isBinary});
    });
  });
  const client = await connect(t, (server.address() as {port: number}).port);
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const payload = Buffer.alloc(length, 7);
    client.sendBytes(payload);
    t.deepEqual(await messages.next(), {data: payload, isBinary: true});
    t.deepEqual(await client.packets.next(), payload);
  }
  client.sendFragmented(Buffer.from('abcdef'), [1, 4], frame({opcode: 9, payload: Buffer.from('between')}));
  t.is((await messages.next()).data.toString(), 'abcdef');
  t.is((await client.pongs.next()).toString(), 'between');
  await client.sendByteByByte(Buffer.from('slowly'));
  t.is((await messages.next()).data.toString(), 'slowly');
  client.sendText('words');
  t.false((await messages.next()).isBinary);
  t.is(await client.texts.next(), 'words');
  await client.fence();
  client.sendClose(1000, 'bye');
  t.deepEqual(await client.closeFrame(), {code: 1000, reason: 'bye'});
  await client.end();
});

test('an end without a close frame is distinguished from one with it', async (t) => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  await t.throwsAsync(connect(t, (server.address() as {port: number}).port), {
    message: 'Expected an answer to the handshake, got the end',
  });
});

test('the business server does what each script says, and records each call', async (t) => {
  const business = await startBusinessServer(t, 'secret');
  const api = new Api(Number(new URL(business.url).port), 'secret', false, false);
  business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;;b'}), answer(500, 'no'), drop(), halfAnswer(), garbage());
  const first = await api.call({method: 'GET', path: '/connect/', headers: {'X-Odd': 'Yes'}});
  t.deepEqual(JSON.parse(first.text), {status: 'success'});
  t.is(first.headers.rainbowclientchannel, 'a;;b');
  t.is((await api.call({method: 'GET', path: '/connect/'})).status, 500);
  for (const _ of ['drop', 'half', 'garbage']) {
    await t.throwsAsync(api.call({method: 'GET', path: '/connect/'}));
  }
  business.once('message', endlessBody());
  const giveUp = new AbortController();
  const unanswered = t.throwsAsync(api.call({path: '/message/1/', body: 'x', signal: giveUp.signal}));
  const message = await business.next('message');
  giveUp.abort();
  await unanswered;
  const [call] = await business.take('connect', 5);
  t.like(call, {method: 'GET', path: '/connect/', isSigned: true});
  t.is(call?.header('x-odd'), 'Yes');
  t.is(message.body.toString(), 'x');
  t.is(business.count('connect'), 5);
  await api.call({method: 'GET', path: '/close/', credentials: {kind: 'signature', token: 'wrong'}});
  t.false((await business.next('close')).isSigned);
});
