// A packet's bytes as the frame of a client: what framePacket of the gateway makes, for bytes that may be no packet.

/** `bytes` in one binary frame; at most 64 KiB. */
export function framePacketBytes(bytes: Uint8Array): Uint8Array {
  const headerBytes = bytes.length < 126 ? 2 : 4;
  const frame = new Uint8Array(headerBytes + bytes.length);
  frame[0] = 0x82;
  if (headerBytes === 2) {
    frame[1] = bytes.length;
  } else {
    frame[1] = 126;
    frame[2] = bytes.length >> 8;
    frame[3] = bytes.length & 0xff;
  }
  frame.set(bytes, headerBytes);
  return frame;
}
