// A packet on the model's link as one small number, so that a link's content is part of a state's key. What the explorer
// knows beyond the wire: which message a SEND carries, and which message an ACK or REC answers with its reply bytes.
//
//   bits   7 6        5     4 3   2 1 0
//          message    DUP   id    kind

export const packetKinds = ['send', 'ack', 'rec', 'rel', 'com'] as const;
export type PacketKind = (typeof packetKinds)[number];

/** Ids 1 to 3, messages 0 to 3. */
export interface ModelPacket {
  readonly kind: PacketKind;
  readonly id: number;
  readonly isDup: boolean;
  /** The message carried or answered; 0 in REL and COM, which carry none. */
  readonly message: number;
}

/** The number. */
export function encodePacket(kind: PacketKind, id: number, message = 0, isDup = false): number {
  return packetKinds.indexOf(kind) | (id << 3) | (isDup ? 32 : 0) | (message << 6);
}

/** And back. */
export function decodePacket(code: number): ModelPacket {
  return {kind: packetKinds[code & 7] as PacketKind, id: idOf(code), isDup: (code & 32) !== 0, message: code >> 6};
}

/** The id alone. */
export function idOf(code: number): number {
  return (code >> 3) & 3;
}

/** Whether it is a SEND. */
export function isSend(code: number): boolean {
  return (code & 7) === 0;
}
