// The kinds of records in a ring, and the words that stand in it as numbers. Shared by the recorder, which writes them, and
// the decoder, which reads them.

import {connection} from '../machines/connection.ts';
import {inboundQos1, inboundQos2} from '../machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../machines/outbound-delivery.ts';
import type {Table} from '../machines/tabulate.ts';
import type {FaultReason} from '../protocol/packet.ts';
import type {DeliveryEvent, MembershipEvent, TraceCallKind, TracePacket} from '../protocol/trace.ts';

/** In the lowest byte of a record's code. */
export const recordKind = {
  transition: 0,
  packetIn: 1,
  packetOut: 2,
  published: 3,
  answered: 4,
  delivery: 5,
  call: 6,
  callAnswered: 7,
  membership: 8,
  apiRefused: 9,
  /** A SEND with more bytes than stand beside its type in one number. */
  longIn: 10,
  longOut: 11,
} as const;

/** Bytes of a SEND from which on it is a long one. */
export const longBytesMin = 65_536;

/** The charts by their numbers. */
export const charts: readonly Table<string, string, string>[] = [
  connection,
  outboundQos1,
  outboundQos2,
  inboundQos1,
  inboundQos2,
];

/** By number; the first six are the commands on the wire. */
export const packetKinds: readonly TracePacket['kind'][] = [
  'fault',
  'send',
  'ack',
  'rec',
  'rel',
  'com',
  'ping',
  'heard',
  'close',
];
/** Place of a SEND in {@link packetKinds}; in a record its flags stand above it. */
export const commandSend = 1;

/** Place in {@link packetKinds}; as {@link chartNumber}. */
export function packetNumber(kind: TracePacket['kind']): number {
  switch (kind) {
    case 'ack':
      return 2;
    case 'rec':
      return 3;
    case 'com':
      return 5;
    default:
      return packetKinds.indexOf(kind);
  }
}

export const faultReasons: readonly FaultReason[] = ['empty', 'short', 'command', 'qos', 'text'];
export const fates: readonly DeliveryEvent['fate'][] = ['queued', 'refused', 'gone', 'dropped'];
export const changes: readonly MembershipEvent['change'][] = ['joined', 'left', 'evicted', 'refused'];
export const callKinds: readonly TraceCallKind[] = ['connect', 'message', 'close'];
export const outcomes = ['accepted', 'refused', 'failed'] as const;
