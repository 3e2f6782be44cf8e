import test from 'ava';
import fc from 'fast-check';
import {
  emptyBytes,
  type FaultReason,
  generatePacket,
  messageIdMax,
  type Packet,
  packetBytes,
  packetHeaderBytesMax,
  parsePacket,
  textFault,
  writePacket,
} from '../../src/protocol/packet.ts';
import {arbitraryPacket, fromHex, toHex} from './harness.ts';

const hi = fromHex('6869');
const ok = fromHex('6f6b');

const vectors: readonly {readonly title: string; readonly hex: string; readonly packet: Packet}[] = [
  {
    title: 'SEND q0 type 1 "hi"',
    hex: '100001 6869',
    packet: {kind: 'send', qos: 0, isDup: false, type: 1, id: 0, payload: hi},
  },
  {
    title: 'SEND q1 type 1 id 2 "hi"',
    hex: '12 0001 0002 6869',
    packet: {kind: 'send', qos: 1, isDup: false, type: 1, id: 2, payload: hi},
  },
  {
    title: 'its DUP',
    hex: '1a 0001 0002 6869',
    packet: {kind: 'send', qos: 1, isDup: true, type: 1, id: 2, payload: hi},
  },
  {
    title: 'SEND q2 type 65535 id 65534',
    hex: '14 ffff fffe',
    packet: {kind: 'send', qos: 2, isDup: false, type: 65_535, id: 65_534, payload: emptyBytes},
  },
  {
    title: 'its DUP',
    hex: '1c ffff fffe',
    packet: {kind: 'send', qos: 2, isDup: true, type: 65_535, id: 65_534, payload: emptyBytes},
  },
  {title: 'ACK id 2', hex: '20 0002', packet: {kind: 'ack', id: 2, reply: emptyBytes}},
  {title: 'ACK id 2 "ok"', hex: '20 0002 6f6b', packet: {kind: 'ack', id: 2, reply: ok}},
  {title: 'REC id 7', hex: '30 0007', packet: {kind: 'rec', id: 7, reply: emptyBytes}},
  {title: 'REC id 7 "ok"', hex: '30 0007 6f6b', packet: {kind: 'rec', id: 7, reply: ok}},
  {title: 'REL id 7', hex: '40 0007', packet: {kind: 'rel', id: 7}},
  {title: 'COM id 7', hex: '50 0007', packet: {kind: 'com', id: 7}},
];

for (const {title, hex, packet} of vectors) {
  const plain = hex.replaceAll(' ', '');

  test(`${title}, ${hex}: is parsed, generated and round-tripped`, (t) => {
    t.deepEqual(parsePacket(fromHex(plain)), packet);
    t.is(toHex(generatePacket(packet)), plain);
    t.deepEqual(parsePacket(generatePacket(packet)), packet);
    t.is(packetBytes(packet), plain.length / 2);
  });

  test(`${title}, ${hex}: cut at any byte is a shorter payload or a fault, never half a packet [RB-07]`, (t) => {
    const bytes = fromHex(plain);
    const headerBytes = packet.kind === 'send' && packet.qos > 0 ? packetHeaderBytesMax : 3;
    for (let length = 0; length < bytes.length; length++) {
      const parsed = parsePacket(bytes.subarray(0, length));
      if (length === 0) t.deepEqual(parsed, {kind: 'fault', reason: 'empty'});
      else if (length < headerBytes) t.deepEqual(parsed, {kind: 'fault', reason: 'short'}, `cut at ${length}`);
      else t.is(parsed.kind, packet.kind, `cut at ${length}`);
    }
  });
}

const faults: readonly (readonly [hex: string, reason: FaultReason])[] = [
  ['', 'empty'],
  ['00', 'command'],
  ['000001', 'command'],
  ['0f0001', 'command'],
  ...[6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((command) => [`${command.toString(16)}00001`, 'command'] as const),
  ['160001000268', 'qos'],
  ['1e0001000268', 'qos'],
  ['7b7d', 'command'],
];

for (const [hex, reason] of faults) {
  test(`the bytes "${hex}" are a fault: ${reason} [RB-02]`, (t) => {
    t.deepEqual(parsePacket(fromHex(hex)), {kind: 'fault', reason});
  });
}

test('a text message is a separate fault [RB-08]', (t) => {
  t.deepEqual(textFault, {kind: 'fault', reason: 'text'});
});

test('the reserved bit is ignored on receipt and sent as 0', (t) => {
  for (const {hex, packet} of vectors) {
    const bytes = fromHex(hex.replaceAll(' ', ''));
    bytes[0] = (bytes[0] ?? 0) | 1;
    t.deepEqual(parsePacket(bytes), packet);
    t.is((generatePacket(packet)[0] ?? 0) & 1, 0);
  }
});

test('the low bits of a reply or release are ignored on receipt', (t) => {
  for (const command of [2, 3, 4, 5]) {
    for (let flags = 0; flags < 16; flags++) {
      const bytes = Uint8Array.of((command << 4) | flags, 0, 9);
      t.deepEqual(parsePacket(bytes), parsePacket(Uint8Array.of(command << 4, 0, 9)));
    }
  }
});

test('what follows the id of a REL or COM is ignored', (t) => {
  t.deepEqual(parsePacket(fromHex('400007ffff')), {kind: 'rel', id: 7});
  t.deepEqual(parsePacket(fromHex('500007ffff')), {kind: 'com', id: 7});
});

test('DUP with QoS 0 is read as plain QoS 0 and never generated [RB-01]', (t) => {
  const packet = parsePacket(fromHex('1800016869'));
  t.deepEqual(packet, {kind: 'send', qos: 0, isDup: false, type: 1, id: 0, payload: hi});
  t.is(toHex(generatePacket({kind: 'send', qos: 0, isDup: true, type: 1, id: 0, payload: hi})), '1000016869');
});

test('a payload is a view of the message, not a copy', (t) => {
  const bytes = fromHex('12000100026869');
  const packet = parsePacket(bytes);
  t.is(packet.kind, 'send');
  if (packet.kind === 'send') t.is(packet.payload.buffer, bytes.buffer);
});

test('a packet is written where it is asked to be, and nowhere else', (t) => {
  const target = new Uint8Array(9).fill(0xee);
  writePacket({kind: 'ack', id: 0x1234, reply: ok}, target, 2);
  t.is(toHex(target), 'eeee2012346f6beeee');
});

test('ids of the server end below 65,535, which is never sent', (t) => {
  t.is(messageIdMax, 65_534);
});

test('every packet survives the wire', (t) => {
  fc.assert(
    fc.property(arbitraryPacket, (packet) => {
      const bytes = generatePacket(packet);
      t.is(bytes.length, packetBytes(packet));
      t.deepEqual(parsePacket(bytes), packet);
    }),
  );
  t.pass();
});

test('no bytes make the parser throw, and what it reads it writes back the same but for ignored bits', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 64}), (bytes) => {
      const packet = parsePacket(bytes);
      if (packet.kind === 'fault') return;
      t.deepEqual(parsePacket(generatePacket(packet)), packet);
    }),
    {numRuns: 2_000},
  );
  t.pass();
});
