// One packet as one unfragmented, unmasked binary WebSocket message: RFC 6455 section 5.2. The gateway writes these
// bytes to the socket as they are, so that a fan-out is framed once. Called by the actors; read back by link tests.
//
//   0x82 | length 0..125                     | packet
//   0x82 | 126 | length:u16                  | packet
//   0x82 | 127 | length:u64                  | packet

import {type Packet, packetBytes, writePacket} from './packet.ts';

const finalBinary = 0x82;

/** Generates `packet` with its WebSocket header in one buffer. */
export function framePacket(packet: Packet): Uint8Array {
  const length = packetBytes(packet);
  const headerBytes = frameHeaderBytes(length);
  const frame = writeHeader(length, headerBytes);
  writePacket(packet, frame, headerBytes);
  return frame;
}

/** Frames the bytes of a packet. */
export function frameMessage(bytes: Uint8Array): Uint8Array {
  const headerBytes = frameHeaderBytes(bytes.length);
  const frame = writeHeader(bytes.length, headerBytes);
  frame.set(bytes, headerBytes);
  return frame;
}

/** A frame whose message is still to be written. */
function writeHeader(length: number, headerBytes: number): Uint8Array {
  const frame = new Uint8Array(headerBytes + length);
  frame[0] = finalBinary;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame[2] = length >> 8;
    frame[3] = length & 0xff;
  } else {
    frame[1] = 127;
    new DataView(frame.buffer).setBigUint64(2, BigInt(length));
  }
  return frame;
}

/** The packet bytes inside a frame made by {@link framePacket}, as a view. */
export function unframe(frame: Uint8Array): Uint8Array {
  const marker = frame[1] as number;
  return frame.subarray(marker < 126 ? 2 : marker === 126 ? 4 : 10);
}

function frameHeaderBytes(length: number): 2 | 4 | 10 {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
