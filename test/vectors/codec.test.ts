// The packet vectors against the codec: each is read as it says, written as it says, and read again.

import test from 'ava';
import {type PacketReading, readVectors} from '../../src/cli/conformance/vectors.ts';
import {framePacket, unframe} from '../../src/protocol/frame.ts';
import {generatePacket, type Packet, parsePacket} from '../../src/protocol/packet.ts';

const {packets} = readVectors();

test('there are at least 2,000 packet vectors, each with its own name', (t) => {
  t.true(packets.length >= 2_000);
  t.is(new Set(packets.map(({name}) => name)).size, packets.length);
});

test('every first byte from 00 to ff is there, with every length from 1 to 7', (t) => {
  const seen = new Set(packets.map((vector) => `${vector.in.slice(0, 2)} ${vector.in.length / 2}`));
  for (let first = 0; first <= 255; first++) {
    for (let length = 1; length <= 7; length++) {
      const key = `${first.toString(16).padStart(2, '0')} ${length}`;
      if (!seen.has(key)) t.fail(key);
    }
  }
  t.pass();
});

test('each packet vector is read as it says, or is the fault it says [RB-01] [RB-02]', (t) => {
  for (const vector of packets) {
    const packet = parsePacket(Buffer.from(vector.in, 'hex'));
    if (packet.kind === 'fault') t.is(String(vector.fault), packet.reason, vector.name);
    else t.deepEqual(describe(packet), vector.reads, vector.name);
  }
});

test('what is read is written as the vector says, read again the same, and framed alike', (t) => {
  for (const vector of packets) {
    const packet = parsePacket(Buffer.from(vector.in, 'hex'));
    if (packet.kind === 'fault') continue;
    const bytes = generatePacket(packet);
    t.is(vector.writes, toHex(bytes), vector.name);
    const again = parsePacket(bytes);
    t.deepEqual(again.kind === 'fault' ? undefined : describe(again), vector.reads, vector.name);
    t.is(vector.writes, toHex(unframe(framePacket(packet))), vector.name);
  }
});

function describe(packet: Packet): PacketReading {
  switch (packet.kind) {
    case 'send': {
      const {kind, qos, isDup, type, id, payload} = packet;
      return {kind, qos, dup: isDup, type, id, payload: toHex(payload)};
    }
    case 'ack':
    case 'rec':
      return {kind: packet.kind, id: packet.id, reply: toHex(packet.reply)};
    default:
      return {kind: packet.kind, id: packet.id};
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
