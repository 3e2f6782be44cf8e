// Hexadecimal bytes and arbitrary packets, for the tests of the codec.

import fc from 'fast-check';
import type {Packet} from '../../src/protocol/packet.ts';

/** Bytes from hex digits, as a plain array of their own. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const uint16 = fc.integer({min: 0, max: 65_535});
const bytes = fc.uint8Array({maxLength: 300});

/** Any packet that may be sent. */
export const arbitraryPacket: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    qos: fc.constant(0 as const),
    isDup: fc.constant(false),
    type: uint16,
    id: fc.constant(0),
    payload: bytes,
  }),
  fc.record({
    kind: fc.constant('send' as const),
    qos: fc.constantFrom(1 as const, 2 as const),
    isDup: fc.boolean(),
    type: uint16,
    id: uint16,
    payload: bytes,
  }),
  fc.record({kind: fc.constantFrom('ack' as const, 'rec' as const), id: uint16, reply: bytes}),
  fc.record({kind: fc.constantFrom('rel' as const, 'com' as const), id: uint16}),
);
