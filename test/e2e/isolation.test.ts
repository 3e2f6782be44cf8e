// Bad company: whatever one client, one caller or one answer does wrong, the others are served. [RB-58]

import test from 'ava';
import {answer, drop, endlessBody, garbage, hang, success} from '../support/business-server.ts';
import {frame} from '../support/frame.ts';
import {type Harness, start} from '../support/gateway.ts';
import {packet} from '../support/packets.ts';
import {scaled} from '../support/patience.ts';
import {dial, type RawClient} from '../support/raw-client.ts';

/** A round trip in each direction. */
async function isServed(harness: Harness, client: RawClient): Promise<boolean> {
  client.send('SEND q1 id 1');
  if ((await client.packet()) !== 'ACK id 1') return false;
  const sent = harness.api.send({channel: 'good', qos: 1, timeout: 300});
  client.sendAnswer('ack', (await client.parsed()).id, 'fine');
  const {json} = await sent;
  return json.connections === 1 && json.data === 'fine';
}

const misdeeds: Readonly<Record<string, (bad: RawClient) => void>> = {
  'an unmasked frame': (bad) => bad.sendRaw(frame({opcode: 2, payload: packet('SEND q0'), masked: false})),
  'random bytes': (bad) => bad.sendRaw(Buffer.from(Array.from({length: 5_000}, (_, index) => (index * 7_919) % 256))),
  'a frame of 2^62 bytes': (bad) => bad.sendRaw(packet('82 FF 4000000000000000 00000000')),
  'a flood of junk': (bad) => bad.sendRaw(Buffer.concat(Array.from({length: 20_000}, () => frame({opcode: 2})))),
  'a flood of pings': (bad) => bad.sendRaw(Buffer.concat(Array.from({length: 20_000}, () => frame({opcode: 9})))),
  'a flood of texts': (bad) => {
    const text = frame({opcode: 1, payload: Buffer.from('junk')});
    bad.sendRaw(Buffer.concat(Array.from({length: 20_000}, () => text)));
  },
  'a flood of RECs for ids that never were': (bad) => {
    const rec = frame({opcode: 2, payload: packet('REC id 4660')});
    bad.sendRaw(Buffer.concat(Array.from({length: 20_000}, () => rec)));
  },
  RST: (bad) => bad.reset(),
};

test('whatever one client does, the other is served [RB-58]', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'good'}));
  const good = await harness.connect();
  for (const [what, misdeed] of Object.entries(misdeeds)) {
    const bad = await harness.connect();
    misdeed(bad);
    t.true(await isServed(harness, good), what);
    bad.reset();
  }
  t.is(harness.counter('connectionsCrashed'), 0);
  t.is(harness.counter('actorFailures'), 0);
});

test('whatever the business server answers to one client, the other is served [RB-58]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500), answerBytesMax: 10_000});
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'good'}));
  const good = await harness.connect();
  const odd = {
    'status 500': answer(500),
    HTML: answer(200, '<html>', {RAINBOWCLIENTCHANNEL: 'a;;'.repeat(1_000)}),
    'a channel name of 5,000 bytes': answer(200, '', {RAINBOWCLIENTCHANNEL: 'x'.repeat(5_000)}),
    'a channel name that is not UTF-8': answer(200, '', {RAINBOWCLIENTCHANNEL: '\u00ff\u00fe'}),
    'a cookie of 8,000 bytes': answer(200, '', {RAINBOWCLIENTCOOKIE: 'c'.repeat(8_000)}),
    'headers of 100,000 bytes': answer(200, '', {'x-long': 'x'.repeat(100_000)}),
    'an endless body': endlessBody(),
    'no answer': hang(),
    'a dropped connection': drop(),
    'bytes that are not HTTP': garbage(),
  };
  const bad = await harness.connect();
  for (const [what, script] of Object.entries(odd)) {
    harness.business.once('message', script);
    bad.send('SEND q0');
    await harness.business.next('message');
    t.true(await isServed(harness, good), what);
    await harness.business.next('message');
  }
  bad.send('SEND q1 id 5');
  t.is(await bad.packet(), 'ACK id 5');
  t.is(harness.counter('actorFailures'), 0);
});

test('clients that begin a handshake and never end it do not keep others out', async (t) => {
  const harness = await start(t);
  for (let index = 0; index < 50; index++) {
    const slow = await dial(t, harness.gateway.port);
    slow.sendRaw(Buffer.from('GET /connect/ HTTP/1.1\r\nHost: x\r\nUpgra'));
  }
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
  t.is(harness.business.count('connect'), 1);
});
