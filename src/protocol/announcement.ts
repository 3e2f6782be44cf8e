// The datagrams by which nodes find each other (PROTOCOL section 5): the JSON of the original, which reads `msgtype` and
// `port` and nothing else, and ours beside it: who says so, when, and the proof.
//
//   {"msgtype":"online","port":1984}                                                            the original
//   {"msgtype":"online","port":1984,"node":"…","timestamp":…,"nonce":"…","signature":"…"}       ours

import {isNodeId, isProof, isProofNonce, prove} from './node-proof.ts';
import {signatureWindowSeconds} from './signature.ts';

/** The original reads no more; ours take 240. */
export const announcementBytesMax = 1_024;

/** That a node is there, or about to go. */
export interface Announcement {
  readonly msgtype: 'online' | 'offline';
  /** Of its HTTP API, which is its port for datagrams as well. */
  readonly port: number;
}

/** What a datagram said. `unsigned`: what the original sends, and anybody can. */
export type AnnouncementReading =
  | ({readonly kind: 'signed'; readonly node: string; readonly nonce: string} & Announcement)
  | ({readonly kind: 'unsigned'} & Announcement)
  /** `foreign`: signed with another token, or not as it should be. `expired`: by a clock 10 s or more from ours. */
  | {readonly kind: 'refused'; readonly reason: 'garbage' | 'foreign' | 'expired'};

/** A signed announcement; `wallMs` is Unix time in milliseconds, `nonce` fresh. */
export function writeAnnouncement(
  token: string,
  {msgtype, port}: Announcement,
  node: string,
  wallMs: number,
  nonce: string,
): Uint8Array {
  const timestamp = Math.floor(wallMs / 1000);
  const signature = prove(token, 'announcement', [msgtype, port, node, timestamp, nonce]);
  return Buffer.from(JSON.stringify({msgtype, port, node, timestamp, nonce, signature}));
}

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** Reads a datagram from anybody: never throws, and takes time by its length, which is bounded. */
export function readAnnouncement(token: string, datagram: Uint8Array, wallMs: number): AnnouncementReading {
  const value = datagram.length <= announcementBytesMax ? parseJson(datagram) : undefined;
  if (typeof value !== 'object' || value === null) return garbage;
  const {msgtype, port, node, timestamp, nonce, signature} = value as Readonly<Record<string, unknown>>;
  if (msgtype !== 'online' && msgtype !== 'offline') return garbage;
  if (!isWhole(port) || port < 1 || port > 65_535) return garbage;
  if (node === undefined && signature === undefined) return {kind: 'unsigned', msgtype, port};
  if (!isNodeId(node) || !isProofNonce(nonce) || !isWhole(timestamp)) return garbage;
  if (!isProof(token, 'announcement', [msgtype, port, node, timestamp, nonce], signature)) {
    return {kind: 'refused', reason: 'foreign'};
  }
  const isInTime = Math.abs(wallMs / 1000 - timestamp) < signatureWindowSeconds;
  return isInTime ? {kind: 'signed', msgtype, port, node, nonce} : {kind: 'refused', reason: 'expired'};
}

const garbage = {kind: 'refused', reason: 'garbage'} as const;

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // Garbage, whatever the parser says of it.
    return undefined;
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
