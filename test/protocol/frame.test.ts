import test from 'ava';
import fc from 'fast-check';
import {framePacket, unframe} from '../../src/protocol/frame.ts';
import {emptyBytes, generatePacket, parsePacket, type SendPacket} from '../../src/protocol/packet.ts';
import {arbitraryPacket, fromHex, toHex} from './harness.ts';

// RFC 6455 section 5.2: FIN and binary, no mask, the length in the shortest of its three forms.
const edges: readonly (readonly [packetLength: number, header: string])[] = [
  [3, '8203'],
  [124, '827c'],
  [125, '827d'],
  [126, '827e007e'],
  [127, '827e007f'],
  [65_535, '827effff'],
  [65_536, '827f0000000000010000'],
  [65_537, '827f0000000000010001'],
];

for (const [packetLength, header] of edges) {
  test(`a packet of ${packetLength} bytes is framed with the header ${header}`, (t) => {
    const packet: SendPacket = {
      kind: 'send',
      qos: 0,
      isDup: false,
      type: 1,
      id: 0,
      payload: new Uint8Array(packetLength - 3).fill(0x61),
    };
    const frame = framePacket(packet);
    t.is(toHex(frame.subarray(0, header.length / 2)), header);
    t.is(frame.length, header.length / 2 + packetLength);
    t.deepEqual(unframe(frame), generatePacket(packet));
  });
}

test('a frame holds exactly one packet, byte for byte [RB-08]', (t) => {
  t.is(toHex(framePacket({kind: 'ack', id: 2, reply: fromHex('6f6b')})), '82052000026f6b');
  t.is(toHex(framePacket({kind: 'rel', id: 7})), '8203400007');
  t.is(toHex(framePacket({kind: 'rec', id: 7, reply: emptyBytes})), '8203300007');
});

test('the packet in a frame is a view of it, not a copy', (t) => {
  const frame = framePacket({kind: 'com', id: 7});
  t.is(unframe(frame).buffer, frame.buffer);
});

test('every packet survives being framed', (t) => {
  fc.assert(
    fc.property(arbitraryPacket, (packet) => {
      t.deepEqual(parsePacket(unframe(framePacket(packet))), packet);
    }),
  );
  t.pass();
});
