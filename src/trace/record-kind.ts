// The kinds of records in a ring, and the words that stand in it as numbers. Shared by the recorder, which writes them, and
// the decoder, which reads them.

import {invariant} from '../core/invariant.ts';
import {connection} from '../machines/connection.ts';
import {inboundQos1, inboundQos2} from '../machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../machines/outbound-delivery.ts';
import type {Table} from '../machines/tabulate.ts';
import type {FaultReason} from '../protocol/packet.ts';
import type {DeliveryEvent, MembershipEvent, TraceCallKind, TracePacket} from '../story/trace.ts';

/**
 * What a record is, in the lowest four bits of its code. What mostly comes together is one record, so that a delivery takes
 * half as many as it has events: a packet and the step that is taken on it, a delivery's first step and its SEND. The same
 * of neighbouring messages to one client is one record as well, a run.
 */
export const recordKind = {
  /** A step alone. */
  transition: 0,
  /** Any packet but a SEND, and the step that is taken on it, if any. */
  packetIn: 1,
  packetOut: 2,
  /** The same as {@link packetIn}, and the packet that answers: REL a REC, COM a REL. Adds to its code the code of this. */
  exchange: 3,
  sendIn: 4,
  /** The step that sends it, if any, and a SEND. */
  sendOut: 5,
  /** A SEND with more bytes than stand beside its type in one number. */
  longIn: 6,
  longOut: 7,
  published: 8,
  answered: 9,
  delivery: 10,
  call: 11,
  callAnswered: 12,
  membership: 13,
  apiRefused: 14,
} as const;

/** Number of the step that a record with this code tells; 0 where it tells none. */
export function stepIn(code: number): number {
  return (code >> 8) & 0x7f;
}

/** Of a record with this code: how many events tell one story. One that tells more than these is a run. */
export function eventsPerStory(code: number): number {
  const steps = stepIn(code) === 0 ? 0 : 1;
  switch (code & 0xf) {
    case recordKind.packetIn:
    case recordKind.sendOut:
      return 1 + steps;
    case recordKind.exchange:
      return 2 + steps;
    default:
      // Never part of a run.
      return Number.POSITIVE_INFINITY;
  }
}

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

/** A step that a chart can take: a cell of its table. */
export interface ChartStep {
  readonly table: Table<string, string, string>;
  readonly cell: number;
}

/** By number: the steps of all charts. 0 is none. */
export const chartSteps: readonly (ChartStep | undefined)[] = [
  undefined,
  ...charts.flatMap((table) =>
    [...table.isHandled.keys()].filter((cell) => table.isHandled[cell] === 1).map((cell) => ({table, cell})),
  ),
];
invariant(chartSteps.length <= 128, `Expected numbers of steps to fit into seven bits, got ${chartSteps.length}`);

/** By chart, by cell: number of the step; 0 where the event means nothing in the state. */
export const stepNumbers: readonly Uint8Array[] = charts.map((table) => {
  const numbers = new Uint8Array(table.next.length);
  for (const [number, step] of chartSteps.entries()) if (step?.table === table) numbers[step.cell] = number;
  return numbers;
});

/** Number of the step from the state called `from` on `event`, which `table` has. */
export function numberOfStep(table: Table<string, string, string>, from: string, event: string): number {
  const {states, events} = table.vocabulary;
  const cell = states.indexOf(from) * events.length + events.indexOf(event);
  const number = chartSteps.findIndex((step) => step?.table === table && step.cell === cell);
  invariant(number > 0, `Expected ${table.machine.id} to have a step from ${from} on ${event}`);
  return number;
}

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
/** Place of a SEND in {@link packetKinds}. */
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
