// Packets that no message has: an ACK, REC, REL or COM of a client under an id that is not in flight. The gateway answers what
// is to be answered, counts them, and has no message to name. Each is a sign of a client that counts wrongly, or answers late.

import type {PacketEvent} from './trace.ts';

export function isStray({direction, packet, message}: PacketEvent): boolean {
  return direction === 'in' && message === undefined && isAnswer(packet.kind);
}

/** Whether it is what the gateway answers such a one with. */
export function answersStray({direction, packet, message}: PacketEvent): boolean {
  return direction === 'out' && message === undefined && (packet.kind === 'rel' || packet.kind === 'com');
}

function isAnswer(kind: PacketEvent['packet']['kind']): boolean {
  return kind === 'ack' || kind === 'rec' || kind === 'rel' || kind === 'com';
}
