// What a record of a ring is, in one number of 32 bits, and the words that stand in it as numbers. Shared by the recorder,
// which writes them, and the decoder, which reads them.
//
//   kind:6 | what:9 | hasPayload:1 | flow or flag:16
//
// `what` is a step, or whatever else a kind has to say with a small number; never both, because the step that is taken on a
// packet names the packet. So one field has room for several times today's steps and packets.

import {chartSteps, nameStep, stepNumber} from '../machines/gateway-charts.ts';
import {outboundQos1, outboundQos2} from '../machines/outbound-delivery.ts';
import type {FaultReason, Qos} from '../protocol/packet.ts';
import type {DeliveryEvent, MembershipEvent, TraceCallKind, TracePacket} from '../story/trace.ts';
import type {AnswerKind} from './observer.ts';
import {noSendValue} from './trace-mark.ts';

/**
 * The kinds of records. What mostly comes together is one record, so that a delivery takes half as many as it has events: a
 * packet and the step that is taken on it, a delivery's first step and its SEND.
 */
export const recordKind = {
  /** A step alone. */
  step: 0,
  /** Any packet but a SEND came, and the step that is taken on it. */
  reaction: 1,
  /** The same, and the packet that answers: REL a REC, COM a REL. */
  exchange: 2,
  /** The step that sends a delivery, and its SEND. */
  firstSend: 3,
  /** Any packet but a SEND, by its place in {@link packetKinds}. */
  packetIn: 4,
  packetOut: 5,
  /** A SEND, with its {@link sendFlags}. */
  sendIn: 6,
  sendOut: 7,
  /** A SEND with more bytes than stand beside its type in one number. */
  longIn: 8,
  longOut: 9,
  published: 10,
  answered: 11,
  delivery: 12,
  call: 13,
  callAnswered: 14,
  membership: 15,
  apiRefused: 16,
} as const;

/** The largest kind, and the largest step or other small number, that a record can have. */
export const kindMax = 0x3f;
export const whatMax = 0x1_ff;
/** In a record's code: a payload was kept with it. */
export const payloadBit = 0x80_00;
/** From the code of one record of a run to the next: one more on the wire. */
const flowUnit = 0x1_00_00;

export function recordCode(kind: number, what: number, flow: number): number {
  return kind | (what << 6) | (flow << 16);
}

export function kindOf(code: number): number {
  return code & kindMax;
}

export function whatOf(code: number): number {
  return (code >> 6) & whatMax;
}

export function flowOf(code: number): number {
  return code >>> 16;
}

/** The same of the next id on the wire. */
export function nextCode(code: number): number {
  return (code + flowUnit) | 0;
}

/** How many events a record of this kind holds per message. A record with more events is a run. */
export function eventsPerMessage(kind: number): number {
  switch (kind) {
    case recordKind.sendOut:
      return 1;
    case recordKind.reaction:
    case recordKind.firstSend:
      return 2;
    case recordKind.exchange:
      return 3;
    default:
      // Never part of a run.
      return Number.POSITIVE_INFINITY;
  }
}

/** Bytes of a SEND from which on it is a long one. */
export const longBytesMin = 65_536;

/** Type and bytes of a SEND in one number, where they fit. */
export function sendValue(type: number, bytes: number): number {
  return bytes < longBytesMin ? (type << 16) | bytes : noSendValue;
}

/** Of a SEND: the QoS, and 4 for DUP. */
export function sendFlags(qos: Qos, isDup: boolean): number {
  return isDup ? qos | 4 : qos;
}

/** By QoS: the step that sends a delivery. */
export const firstSteps = [
  0,
  stepNumber(outboundQos1, 'queued', 'window.opened'),
  stepNumber(outboundQos2, 'queued', 'window.opened'),
] as const;

const packets: ReadonlyMap<string, AnswerKind> = new Map([
  ['wire.ack', 'ack'],
  ['wire.rec', 'rec'],
  ['wire.rel', 'rel'],
  ['wire.com', 'com'],
]);

/** By step: the packet on which it is taken. */
export const packetOfStep = chartSteps.map((step) => step && packets.get(nameStep(step).event));
/** By step: the packet that answers that one. */
export const answerOfStep = packetOfStep.map((kind) => (kind === 'rec' ? 'rel' : kind === 'rel' ? 'com' : undefined));

/** What is not a SEND. */
export type PacketKind = Exclude<TracePacket['kind'], 'send'>;

export const packetKinds: readonly PacketKind[] = ['fault', 'ack', 'rec', 'rel', 'com', 'ping', 'heard', 'close'];
/** Of a packet that is not a SEND: {@link recordKind} `packetIn` or `packetOut`. */
export function packetCode(kind: number, packet: PacketKind, flow: number): number {
  return recordCode(kind, packetKinds.indexOf(packet), flow);
}

export const faultReasons: readonly FaultReason[] = [
  'empty',
  'short',
  'command',
  'qos',
  'text',
  'flags',
  'id',
  'excess',
  'payload',
];
export const fates: readonly DeliveryEvent['fate'][] = ['queued', 'refused', 'gone', 'dropped', 'forbidden'];
export const changes: readonly MembershipEvent['change'][] = ['joined', 'left', 'evicted', 'refused'];
export const callKinds: readonly TraceCallKind[] = ['connect', 'message', 'close'];
export const outcomes = ['accepted', 'refused', 'failed'] as const;
