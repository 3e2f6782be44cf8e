// PROTOCOL section 1 on the wire: what is a packet, what is not, and that neither ends a legacy connection.

import test from 'ava';
import {answer} from '../support/business-server.ts';
import {frame} from '../support/frame.ts';
import {start} from '../support/gateway.ts';
import {hex, packet, spellHex} from '../support/packets.ts';

test('the vectors of the contract go up as they stand there, and the answers come as they stand there', async (t) => {
  const harness = await start(t);
  harness.business.always('message', answer(200, 'ok'));
  const client = await harness.connect();
  const bytes = async (): Promise<string> => spellHex(await client.packets.next());
  client.send('10 0001 6869');
  t.like(await harness.business.next('message'), {path: '/message/1/', body: Buffer.from('hi')});
  client.send('12 0001 0002 6869');
  t.like(await harness.business.next('message'), {path: '/message/1/', body: Buffer.from('hi')});
  t.is(await bytes(), '20 0002 6F6B');
  client.send('14 FFFF FFFE');
  t.like(await harness.business.next('message'), {path: '/message/65535/', body: Buffer.alloc(0)});
  t.is(await bytes(), '30 FFFE 6F6B');
  client.send('40 FFFE');
  t.is(await bytes(), '50 FFFE');
});

const junk = {
  'command 0': '00 0001 0002',
  'one zero byte': '00',
  'command 0 with flags': '0F 0001',
  'command 6': '60 0001',
  'command 7, as a JSON text begins': '7B 2261 223A 317D',
  'command 8': '80',
  'command 15': 'F0 0001 0002 03',
  'an empty message': '',
  'SEND of one byte': '10',
  'SEND at QoS 0 of two bytes': '10 00',
  'SEND at QoS 1 without id': '12 0001',
  'SEND at QoS 1 with half an id': '12 0001 00',
  'SEND at QoS 2 with half an id': '14 0001 00',
  'ACK of one byte': '20',
  'REC with half an id': '30 00',
  'REL with half an id': '40 00',
  'COM with half an id': '50 00',
  'SEND at QoS 3': '16 0001 0002 6869',
  'SEND at QoS 3 with DUP': '1E 0001 0002 6869',
};

test('what is no packet is ignored and counted, and the connection stays [RB-02 broken]', async (t) => {
  const harness = await start(t);
  harness.business.always('message', answer(200, 'still here'));
  const client = await harness.connect();
  for (const [what, bytes] of Object.entries(junk)) {
    client.send(bytes);
    client.send('SEND q1 id 9 "hi"');
    // The call for it is the very next one, and its ACK the very next packet: the junk led to neither.
    t.is((await harness.business.next('message')).path, '/message/1/', what);
    t.is(await client.packet(), 'ACK id 9 "still here"', what);
  }
  t.is(harness.counter('packetsFaulty'), Object.keys(junk).length);
  t.is(harness.business.count('message'), Object.keys(junk).length);
});

test('text messages are ignored and counted, even where their letters would be a packet', async (t) => {
  const harness = await start(t);
  harness.business.always('message', answer(200));
  const client = await harness.connect();
  client.sendText('123');
  client.sendText('{"type":"ping"}');
  client.sendText('');
  client.sendText('\u0012\u0000\u0001\u0000\u0002hi');
  client.send('SEND q1 id 9');
  t.is(await client.packet(), 'ACK id 9');
  t.is(harness.counter('packetsFaulty'), 4);
  t.is(harness.business.count('message'), 1);
  t.is(client.texts.size, 0);
});

test('the reserved bit is ignored, and so are the low bits of every packet but SEND', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('13 0001 0005 61');
  t.is((await harness.business.next('message')).body.toString(), 'a');
  t.is(await client.packet(), 'ACK id 5');
  client.send('15 0001 0006');
  t.is(await client.packet(), 'REC id 6');
  client.send('4F 0006');
  t.is(await client.packet(), 'COM id 6');
  client.send('11 0001 62');
  await harness.business.next('message');
  t.is((await harness.business.next('message')).body.toString(), 'b');
});

test('bytes behind the id of a REL are ignored', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('REL id 7 0xdeadbeef');
  t.is(await client.packet(), 'COM id 7');
});

test('DUP at QoS 0 means nothing to a legacy connection: the message is forwarded [RB-01 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('SEND q0 DUP "hi"');
  t.is((await harness.business.next('message')).body.toString(), 'hi');
  client.send('SEND q0 DUP "hi"');
  t.is((await harness.business.next('message')).body.toString(), 'hi');
});

test('acknowledgements for ids that are not in flight are counted and change nothing [RB-05 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('ACK id 1 "hi"');
  client.send('COM id 1');
  client.send('SEND q1 id 9');
  t.is(await client.packet(), 'ACK id 9');
  t.is(harness.counter('packetsUnknownId'), 2);
});

for (const qos of [1, 2] as const) {
  test(`a client may use every id from 0 to 65535 at QoS ${qos}`, async (t) => {
    const harness = await start(t);
    const client = await harness.connect();
    const kind = qos === 1 ? 'ACK' : 'REC';
    for (const id of [0, 1, 255, 256, 65_534, 65_535]) {
      client.sendMessage({qos, id, payload: String(id)});
      t.is((await harness.business.next('message')).body.toString(), String(id));
      t.is(await client.packet(), `${kind} id ${id}`);
    }
  });
}

test('every type from 0 to 65535 reaches its own path', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const type of [0, 1, 255, 256, 65_534, 65_535]) {
    client.sendMessage({qos: 0, type, payload: 'x'});
    t.is((await harness.business.next('message')).path, `/message/${type}/`);
  }
});

for (const qos of [0, 1, 2] as const) {
  test(`an empty payload is forwarded as an empty body at QoS ${qos}, and an empty answer is no reply`, async (t) => {
    const harness = await start(t);
    const client = await harness.connect();
    client.sendMessage({qos, id: 3});
    const call = await harness.business.next('message');
    t.like(call, {method: 'POST', body: Buffer.alloc(0)});
    t.is(call.header('content-length'), '0');
    if (qos > 0) t.is(await client.packet(), qos === 1 ? 'ACK id 3' : 'REC id 3');
  });

  test(`an empty payload goes down as a SEND without payload at QoS ${qos}`, async (t) => {
    const harness = await start(t);
    harness.business.once('connect', answer(200, '{"status":"success"}', {RAINBOWCLIENTCHANNEL: 'room'}));
    const client = await harness.connect();
    const sent = harness.api.send({channel: 'room', qos, msgtype: 65_535}, '');
    const packet = await client.parsed();
    t.like(packet, {command: 'send', qos, dup: false, type: 65_535, payload: Buffer.alloc(0)});
    if (qos > 0) client.sendAnswer(qos === 1 ? 'ack' : 'rec', packet.id);
    const {json} = await sent;
    t.is(json.status, 0);
    if (qos > 0) t.like(json, {connections: 1, data: ''});
  });
}

test('payload and reply are untouched, whatever their bytes and length', async (t) => {
  const harness = await start(t);
  harness.business.always('message', (response, call) => {
    response.end(call.body);
  });
  const client = await harness.connect();
  const all = Buffer.from(Array.from({length: 256}, (_, index) => index));
  const payloads = [all, Buffer.alloc(120, 0xff), Buffer.alloc(121, 0), Buffer.alloc(122), Buffer.alloc(65_530, 1)];
  payloads.push(Buffer.alloc(65_531, 2), Buffer.alloc(70_000, 3), Buffer.alloc(1_000_000, 4));
  for (const payload of payloads) {
    client.sendMessage({qos: 1, id: 4, payload});
    t.true((await harness.business.next('message')).body.equals(payload));
    const back = await client.parsed();
    t.like(back, {command: 'ack', id: 4});
    t.true(back.payload.equals(payload), `${payload.length} bytes`);
  }
});

test('fragments, single bytes and frames in one piece of the network are the same packets', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.sendFragmented(packet('SEND q1 id 1 "abc"'), [1, 2, 6]);
  t.is(await client.packet(), 'ACK id 1');
  client.sendFragmented(packet('SEND q1 id 2 "abc"'), [3], frame({opcode: 9, payload: Buffer.from('in between')}));
  t.is((await client.pongs.next()).toString(), 'in between');
  t.is(await client.packet(), 'ACK id 2');
  await client.sendByteByByte(packet('SEND q1 id 3 "abc"'));
  t.is(await client.packet(), 'ACK id 3');
  const packets = ['SEND q1 id 4 "abc"', 'SEND q1 id 5 "abc"', 'SEND q1 id 6 "abc"'];
  client.sendRaw(Buffer.concat(packets.map((written) => frame({opcode: 2, payload: packet(written)}))));
  t.is(await client.packet(), 'ACK id 4');
  t.is(await client.packet(), 'ACK id 5');
  t.is(await client.packet(), 'ACK id 6');
  for (const {body} of await harness.business.take('message', 6)) t.is(body.toString(), 'abc');
});

test('a ping is answered by a pong with its payload', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.sendPing();
  t.is((await client.pongs.next()).length, 0);
  client.sendPing('x'.repeat(125));
  t.is((await client.pongs.next()).toString(), 'x'.repeat(125));
});

const violations = {
  'an unmasked frame': [1002, frame({opcode: 2, payload: packet('SEND q0'), masked: false})],
  'a reserved bit of the frame': [1002, frame({opcode: 2, payload: packet('SEND q0'), reserved: 4})],
  'an unknown opcode': [1002, frame({opcode: 3, payload: packet('SEND q0')})],
  'a control frame in fragments': [1002, frame({opcode: 9, fin: false})],
  'a ping of 126 bytes': [1002, frame({opcode: 9, payload: Buffer.alloc(126)})],
  'a continuation of nothing': [1002, frame({opcode: 0, payload: packet('SEND q0')})],
  'a text that is not UTF-8': [1007, frame({opcode: 1, payload: hex('C3 28')})],
  'a close frame with code 1005': [1002, frame({opcode: 8, payload: hex('03ED')})],
  'a close frame of one byte': [1002, frame({opcode: 8, payload: hex('03')})],
} as const satisfies Record<string, readonly [number, Buffer]>;

for (const [what, [code, bytes]] of Object.entries(violations)) {
  test(`${what} breaks the WebSocket protocol: closed ${code}, one close call, no other client affected [RB-58 broken]`, async (t) => {
    const harness = await start(t);
    const other = await harness.connect();
    await harness.business.next('connect');
    const {client, identity} = await harness.join();
    client.sendRaw(bytes);
    t.is((await client.closeFrame()).code, code);
    client.finish();
    await client.end();
    t.is((await harness.business.next('close')).header('RAINBOWCLIENTIDENTITY'), identity);
    other.send('SEND q1 id 1');
    t.is(await other.packet(), 'ACK id 1');
    t.is(harness.business.count('message'), 1);
  });
}

test('a message over the limit closes 1009, one at the limit is forwarded', async (t) => {
  const harness = await start(t, {payloadBytesMax: 1_000});
  const client = await harness.connect();
  client.sendMessage({qos: 1, id: 1, payload: Buffer.alloc(995)});
  t.is(await client.packet(), 'ACK id 1');
  client.sendMessage({qos: 1, id: 2, payload: Buffer.alloc(996)});
  t.is((await client.closeFrame()).code, 1009);
  client.finish();
  await client.end();
  await harness.business.next('close');
  t.is(harness.business.count('message'), 1);
});

test('a message in endless fragments is cut off at the limit, whole or in crumbs', async (t) => {
  const harness = await start(t, {payloadBytesMax: 10_000});
  const large = await harness.connect();
  large.sendFrame({opcode: 2, payload: Buffer.alloc(9_000), fin: false});
  large.sendFrame({opcode: 0, payload: Buffer.alloc(9_000), fin: false});
  t.is((await large.closeFrame()).code, 1009);
  const crumbs = await harness.connect();
  crumbs.sendFrame({opcode: 2, payload: Buffer.alloc(1), fin: false});
  const crumb = frame({opcode: 0, payload: Buffer.alloc(0), fin: false});
  for (let index = 0; index < 100; index++) crumbs.sendRaw(Buffer.concat(Array.from({length: 1_000}, () => crumb)));
  t.true([1002, 1008, 1009].includes((await crumbs.closeFrame()).code ?? 0));
});
