// Packets as the documents write them: hexadecimal, and in words.

import {type Packet, parsePacket} from '../../src/protocol/packet.ts';

/** A line of a block of packets. */
export interface PacketLine {
  /** `undefined` where the block is no conversation. */
  readonly from: 'client' | 'gateway' | undefined;
  readonly bytes: Uint8Array;
  readonly packet: Packet;
  readonly words: string;
}

const lineFormat = /^(?<mark>[<>] )?(?<hex>[0-9A-F]{2}(?: ?[0-9A-F]{2})*) {2,}(?<words>\S.*)$/;

/** Reads a block. Throws at an invalid line, or one that holds no packet. */
export function readPacketLines(code: string): readonly PacketLine[] {
  return code
    .trimEnd()
    .split('\n')
    .map((line) => {
      const {mark, hex = '', words = ''} = lineFormat.exec(line)?.groups ?? {};
      const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
      const packet = parsePacket(bytes);
      if (packet.kind === 'fault') throw new Error(`Expected a packet and what it is, got ${line}`);
      const from = mark === undefined ? undefined : mark === '> ' ? 'client' : 'gateway';
      return {from, bytes, packet, words};
    });
}

/** `SEND qos 1 type 1 id 2 payload "hi"`. */
export function describePacket(packet: Packet): string {
  switch (packet.kind) {
    case 'send': {
      const {qos, isDup, type, id, payload} = packet;
      return `SEND qos ${qos}${isDup ? ' dup' : ''} type ${type}${qos > 0 ? ` id ${id}` : ''} payload ${quote(payload)}`;
    }
    case 'ack':
    case 'rec':
      return `${packet.kind.toUpperCase()} id ${packet.id} reply ${quote(packet.reply)}`;
    default:
      return `${packet.kind.toUpperCase()} id ${packet.id}`;
  }
}

function quote(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes).toString()}"`;
}
