// What a record holds of a frame that was sent. Read back from its bytes: what is on the wire is told, not what was meant.

import {commandSend, longBytesMin, recordKind} from './record-kind.ts';

/** One for all frames, since nothing is allocated on the hot path. */
export class FrameHead {
  /** Of the record. */
  code = 0;
  /** Of the record; the type alone where {@link isLong}. */
  value = 0;
  /** Bytes of payload or reply, and where they begin. */
  bytes = 0;
  bodyAt = 0;
  /** A SEND whose bytes do not fit beside its type. */
  isLong = false;

  /** Reads the frame of one packet of ours. */
  read(frame: Uint8Array): void {
    const marker = frame[1] as number;
    const start = marker < 126 ? 2 : marker === 126 ? 4 : 10;
    const first = frame[start] as number;
    const command = first >> 4;
    const isSend = command === commandSend;
    const hasId = !isSend || (first & 6) !== 0;
    const idAt = isSend ? start + 3 : start + 1;
    const id = hasId ? ((frame[idAt] as number) << 8) | (frame[idAt + 1] as number) : 0;
    this.bodyAt = hasId ? idAt + 2 : idAt;
    this.bytes = frame.length - this.bodyAt;
    this.isLong = isSend && this.bytes >= longBytesMin;
    if (!isSend) {
      this.code = recordKind.packetOut | (command << 4) | (id << 16);
      this.value = this.bytes;
      return;
    }
    const type = ((frame[start + 1] as number) << 8) | (frame[start + 2] as number);
    const kind = this.isLong ? recordKind.longOut : recordKind.sendOut;
    this.code = kind | sendCode(((first >> 1) & 3) | ((first & 8) >> 1), id);
    this.value = this.isLong ? type : (type << 16) | this.bytes;
  }
}

/** Of a SEND, with its flags: the QoS, and 4 for DUP. */
export function sendCode(flags: number, id: number): number {
  return (flags << 4) | (id << 16);
}
