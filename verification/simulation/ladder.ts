// A trace as a person reads it: three columns, client, gateway and business server, one line a frame or a word, with the
// simulated time. Used where a seed fails, and to replay one.

import {type Packet, type PacketFault, parsePacket} from '../../src/protocol/packet.ts';
import {packetText} from '../../src/story/reading.ts';
import {
  FrameReader,
  frameNumber,
  opcodeBinary,
  opcodeClose,
  opcodePing,
  opcodePong,
  opcodeStatus,
} from './frame-reader.ts';
import {readSerial} from './serial.ts';
import type {TraceLine} from './trace.ts';

const columnWidth = 46;
const heading = `${'seconds'.padStart(11)}  ${'conn'.padStart(5)}  ${'client'.padEnd(columnWidth)}| ${'gateway'.padEnd(columnWidth)}| business server and callers`;

/** The lines of `connection`, or all; with `around`, those near that time only. */
export interface LadderView {
  readonly connection?: number;
  readonly around?: number;
  /** Most lines; the ones nearest to the end are kept. @default all */
  readonly linesMax?: number;
}

export function drawLadder(lines: readonly TraceLine[], view: LadderView = {}): string {
  const {connection = 0, around = Number.POSITIVE_INFINITY, linesMax = Number.POSITIVE_INFINITY} = view;
  const shown = lines.filter(
    (line) => line.at <= around && (connection === 0 || line.connection === connection || line.place === 'caller'),
  );
  return [heading, ...shown.slice(-Math.min(linesMax, shown.length)).map(drawLine)].join('\n');
}

function drawLine(line: TraceLine): string {
  const head = `${(line.at / 1000).toFixed(4).padStart(11)}  ${String(line.connection || '').padStart(5)}  `;
  const text = line.bytes === undefined ? line.text : describeFrame(line.bytes);
  switch (line.place) {
    case 'client':
      return head + (line.verb === 'gets' ? `◀ ${text}` : line.verb === 'sends' ? `${text} ▶` : text);
    case 'gateway': {
      const arrow = line.verb === 'gets' ? `▶ ${text}` : `◀ ${text}`;
      return `${head}${' '.repeat(columnWidth)}| ${arrow}`;
    }
    default:
      return `${head}${' '.repeat(columnWidth)}| ${' '.repeat(columnWidth)}| ${text}`;
  }
}

function describeFrame(bytes: Uint8Array): string {
  let text = 'part of a frame';
  new FrameReader().read(bytes, (frame) => {
    if (frame.opcode === opcodeBinary) text = describePacket(parsePacket(frame.payload));
    else if (frame.opcode === opcodeStatus) text = `HTTP ${frameNumber(frame)}`;
    else if (frame.opcode === opcodeClose) text = `close ${frameNumber(frame)}`;
    else if (frame.opcode === opcodePing) text = 'ping';
    else if (frame.opcode === opcodePong) text = 'pong';
    else text = `text "${Buffer.from(frame.payload).toString('latin1')}"`;
  });
  return text;
}

function describePacket(packet: Packet | PacketFault): string {
  switch (packet.kind) {
    case 'send':
      return `${packetText(packet)} #${readSerial(packet.payload)} (${packet.payload.length} bytes)`;
    case 'ack':
    case 'rec':
      return `${packetText(packet)} "${Buffer.from(packet.reply).toString('latin1')}"`;
    case 'fault':
      return `junk (${packet.reason})`;
    default:
      return packetText(packet);
  }
}
