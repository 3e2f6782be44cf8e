// The packet vectors of rainbow.v2 against the codec: each is read as it says, and read again from what is written.

import test from 'ava';
import {generatePacketV2, type PacketV2, parsePacketV2} from '../../src/protocol/packet-v2.ts';
import {readGenerated} from './generate.ts';
import type {PacketV2Reading, PacketV2Vector} from './packet-v2-vectors.ts';

const {vectors} = JSON.parse(readGenerated('packets-v2.json')) as {readonly vectors: readonly PacketV2Vector[]};

test('there are at least 2,000 packet vectors of rainbow.v2, each with its own name', (t) => {
  t.true(vectors.length >= 2_000);
  t.is(new Set(vectors.map(({name}) => name)).size, vectors.length);
});

test('each packet vector of rainbow.v2 is read as it says, or is the fault it says [RB-07]', (t) => {
  for (const vector of vectors) {
    const packet = parsePacketV2(new Uint8Array(Buffer.from(vector.in, 'hex')), 'gateway');
    if (packet.kind === 'fault') t.is(vector.fault, packet.reason, vector.name);
    else t.deepEqual(describe(packet), plain(vector.reads), vector.name);
  }
});

test('what is read is read again the same once it is written', (t) => {
  for (const vector of vectors) {
    const packet = parsePacketV2(new Uint8Array(Buffer.from(vector.in, 'hex')), 'gateway');
    if (packet.kind !== 'fault') t.deepEqual(parsePacketV2(generatePacketV2(packet), 'gateway'), packet, vector.name);
  }
});

/** JSON is compared as what it says. */
function plain(reading: PacketV2Reading | undefined): object | undefined {
  if (reading?.json === undefined) return reading;
  return {...reading, json: content(reading.kind, JSON.parse(reading.json) as object)};
}

/** Of a FAIL the members that are defined, since the others are ignored. */
function content(kind: string, json: object): object {
  if (kind !== 'fail') return json;
  const {code} = json as {readonly code: string};
  return {...json, code: ['rejected', 'unknown'].includes(code) ? code : 'rejected'};
}

function describe(packet: PacketV2): object {
  switch (packet.kind) {
    case 'send': {
      const {kind, qos, isDup, type, id, payload} = packet;
      return {kind, qos, dup: isDup, type, id, rest: Buffer.from(payload).toString('hex')};
    }
    case 'ack':
    case 'rec':
      return {kind: packet.kind, id: packet.id, rest: Buffer.from(packet.reply).toString('hex')};
    case 'fail':
      return {kind: packet.kind, id: packet.id, json: packet.failure};
    case 'join':
    case 'leave':
      return {kind: packet.kind, id: packet.id, json: packet.json};
    default:
      return packet;
  }
}
