// The packets in what a link is handed: one frame, or several in one piece.

/** The bytes of each packet, as views. */
export function unframeAll(frames: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let rest = frames; rest.length > 0; ) {
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
    const marker = view.getUint8(1);
    const start = marker < 126 ? 2 : marker === 126 ? 4 : 10;
    const end = start + (marker < 126 ? marker : marker === 126 ? view.getUint16(2) : Number(view.getBigUint64(2)));
    packets.push(rest.subarray(start, end));
    rest = rest.subarray(end);
  }
  return packets;
}
