import test from 'ava';
import {closeReasons, sessionCloseReasons} from '../../src/protocol/close-code.ts';
import {type FailureCode, readFailure, readOpen} from '../../src/protocol/control-payload.ts';
import {frameMessage, unframe} from '../../src/protocol/frame.ts';
import {emptyBytes} from '../../src/protocol/packet.ts';
import {generatePacketV2, type PacketV2, parsePacketV2} from '../../src/protocol/packet-v2.ts';
import {fromHex, toHex} from './harness.ts';

const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));

const packets: readonly PacketV2[] = [
  {kind: 'send', qos: 0, isDup: false, type: 1, id: 0, payload: text('hi')},
  {kind: 'send', qos: 2, isDup: true, type: 65_535, id: 65_535, payload: emptyBytes},
  {kind: 'ack', id: 2, reply: text('ok')},
  {kind: 'rec', id: 65_535, reply: emptyBytes},
  {kind: 'rel', id: 1},
  {kind: 'com', id: 1},
  {kind: 'open', json: {attempt: 1, meta: true}},
  {kind: 'opened', json: {session: 'n.1', resumed: false, reason: 'new'}},
  {kind: 'ping'},
  {kind: 'pong'},
  {kind: 'fail', id: 7, failure: {code: 'unavailable', retryAfterMs: 2_000}},
  {kind: 'bye', json: {}},
  {kind: 'join', id: 8, channel: 'lobby', json: {channel: 'lobby', last: 3}},
  {kind: 'leave', id: 9, channel: 'ü', json: {channel: 'ü'}},
  {kind: 'cancel', id: 10},
];

for (const packet of packets) {
  test(`a ${packet.kind.toUpperCase()} of rainbow.v2 is read back as it was written: ${toHex(generatePacketV2(packet))}`, (t) => {
    const bytes = generatePacketV2(packet);
    t.deepEqual(parsePacketV2(bytes, 'gateway'), packet);
    t.deepEqual(parsePacketV2(bytes, 'client'), packet);
    t.deepEqual(parsePacketV2(unframe(frameMessage(bytes)), 'client'), packet);
  });
}

for (const qos of [0, 1, 2] as const) {
  test(`a SEND at QoS ${qos} with metadata is read by a client, and malformed to the gateway [RB-07]`, (t) => {
    const meta = {channel: 'room:ü', offset: 12, epoch: 'e1'};
    const packet = {
      kind: 'send',
      qos,
      isDup: false,
      type: 3,
      id: qos === 0 ? 0 : 5,
      payload: text('hi'),
      meta,
    } as const;
    const bytes = generatePacketV2(packet);
    t.is((bytes[0] ?? 0) & 1, 1);
    t.deepEqual(parsePacketV2(bytes, 'client'), packet);
    t.deepEqual(parsePacketV2(bytes, 'gateway'), {kind: 'fault', reason: 'flags'});
    const end = bytes.length - packet.payload.length;
    for (let length = 0; length < end; length++) {
      t.is(parsePacketV2(bytes.subarray(0, length), 'client').kind, 'fault', `cut at ${length}`);
    }
  });
}

test('metadata that is not an object with a channel is malformed', (t) => {
  for (const json of ['[]', '{}', '{"channel":1}', '{"channel":"a","offset":-1}', '{"channel":"a","epoch":2}', '{']) {
    const head = Buffer.from([0x11, 0, 1, 0, json.length]);
    const bytes = new Uint8Array(Buffer.concat([head, Buffer.from(json)]));
    t.deepEqual(parsePacketV2(bytes, 'client'), {kind: 'fault', reason: 'payload'}, json);
  }
});

test('the same bytes are read in the middle of a buffer', (t) => {
  for (const packet of packets) {
    const bytes = generatePacketV2(packet);
    const buffer = new Uint8Array(bytes.length + 9).fill(0xee);
    buffer.set(bytes, 4);
    t.deepEqual(parsePacketV2(buffer, 'gateway', 4, 4 + bytes.length), packet);
  }
});

test('a message of rainbow.v2 is framed at each length of a header', (t) => {
  for (const length of [0, 125, 126, 65_535, 65_536]) {
    const bytes = new Uint8Array(length).fill(7);
    const frame = frameMessage(bytes);
    t.is(frame[0], 0x82);
    t.is(frame.length - length, length < 126 ? 2 : length < 65_536 ? 4 : 10);
    t.deepEqual(unframe(frame), bytes);
  }
});

test('OPEN has defaults, ignores unknown members, and takes no member of the wrong type', (t) => {
  t.deepEqual(readOpen({unknown: [1]}), {
    session: undefined,
    token: undefined,
    attempt: 0,
    isClean: false,
    expiry: undefined,
    window: undefined,
    maxMessage: undefined,
    wantsMeta: false,
  });
  const whole = {session: 'n.1', token: 't', attempt: 3, clean: true, expiry: 0, window: 1, maxMessage: 9, meta: true};
  t.like(readOpen(whole), {
    session: 'n.1',
    token: 't',
    attempt: 3,
    isClean: true,
    expiry: 0,
    window: 1,
    wantsMeta: true,
  });
  const wrong: readonly object[] = [
    {session: 1},
    {token: null},
    {attempt: -1},
    {attempt: 1.5},
    {attempt: '1'},
    {clean: 1},
    {meta: 'yes'},
    {expiry: -1},
    {expiry: '60'},
    {keepAlive: []},
    {window: 0},
    {window: 1.5},
    {maxMessage: 0},
  ];
  for (const one of wrong) t.is(readOpen({...whole, ...one}), undefined, JSON.stringify(one));
});

test('a FAIL with a code that is not defined counts as rejected', (t) => {
  t.deepEqual(readFailure({code: 'later', extra: 1}), {code: 'rejected' satisfies FailureCode});
  t.deepEqual(readFailure({code: 'rejected', data: 'bm8=', encoding: 'base64', message: 'no', retryAfterMs: 5}), {
    code: 'rejected',
    message: 'no',
    retryAfterMs: 5,
    data: 'bm8=',
    encoding: 'base64',
  });
  for (const wrong of [{}, {code: 1}, {code: 'rejected', data: 1}, {code: 'rejected', retryAfterMs: -1}])
    t.is(readFailure(wrong), undefined);
});

test('the close codes of rainbow.v2 are 4000 and a reason code of MQTT 5, or a code of RFC 6455', (t) => {
  const codes = Object.values(sessionCloseReasons).map(({code}) => code);
  t.is(new Set(codes).size, codes.length, 'each once');
  t.deepEqual(
    codes.filter((code) => code > 2_000),
    [4129, 4130, 4135, 4136, 4139, 4141, 4142, 4145, 4147, 4149, 4150, 4151, 4152],
  );
  for (const {text: words} of Object.values(sessionCloseReasons)) t.true(Buffer.byteLength(words) <= 123);
  t.is(sessionCloseReasons.takenOver.code, closeReasons.takenOver.code);
});

test('every low bit of a packet that has no use for it is malformed [RB-07]', (t) => {
  for (const written of ['200002', '300007', '400007', '500007', '80', '607b7d', 'b07b7d', 'e00007']) {
    for (let flags = 1; flags < 16; flags++) {
      const bytes = fromHex(written);
      bytes[0] = (bytes[0] ?? 0) | flags;
      t.deepEqual(parsePacketV2(bytes, 'gateway'), {kind: 'fault', reason: 'flags'}, `${written} ${flags}`);
    }
  }
});
