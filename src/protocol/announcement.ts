// The datagram by which a node announces itself (docs/protocol.md section 5): the JSON of the original, and beside it who the node
// is, from which address it sends, how often it has done so, its clock, and a proof of all of it.
//
//   {"msgtype":"online","port":1984}                                                                   the original's
//   {"msgtype":"online","port":1984,"node":"…","protocol":2,"address":"10.0.0.1",
//    "sequence":1,"timestamp":…,"signature":"…"}                                                       ours

import {hasProofFormat, isNodeId, isProof, isProofNonce, type NodeKeys, nodeProtocol, prove} from './node-proof.ts';

/** The original reads no more; ours take 300. */
export const announcementBytesMax = 1_024;
/** `{"port":1,"msgtype":"online"}` has 29. */
const announcementBytesMin = 20;
const openingBrace = 0x7b;
const closingBrace = 0x7d;

/** That a node is there, or about to go. */
export interface Announcement {
  readonly msgtype: 'online' | 'offline';
  /** Of its HTTP API, which is its port for datagrams as well. */
  readonly port: number;
}

/** What ours say beside it. */
export interface AnnouncementFacts {
  readonly node: string;
  /** The IPv4 address that it is sent from: heard from another one, it was captured and sent again. */
  readonly address: string;
  /** Rises with every announcement of the node, so that one which comes again is known without a clock. */
  readonly sequence: number;
  /** Unix time in milliseconds. */
  readonly wallMs: number;
}

/** What a datagram said. `unsigned`: what the original sends, and anybody can. */
export type AnnouncementReading =
  | ({readonly kind: 'signed'} & AnnouncementFacts & Announcement)
  | ({readonly kind: 'unsigned'} & Announcement)
  /** A node that holds the token, but speaks another version of the protocol between nodes. */
  | ({readonly kind: 'otherVersion'; readonly node: string; readonly wallMs: number} & Announcement)
  /** `foreign`: signed with another token, or changed. `elsewhere`: sent from another address than the one it was made for. */
  | {readonly kind: 'refused'; readonly reason: 'garbage' | 'foreign' | 'elsewhere'};

/** A signed announcement. */
export function writeAnnouncement(
  keys: NodeKeys,
  {msgtype, port}: Announcement,
  {node, address, sequence, wallMs}: AnnouncementFacts,
): Uint8Array {
  const timestamp = Math.floor(wallMs / 1000);
  const said = {msgtype, port, node, protocol: nodeProtocol, address, sequence, timestamp};
  return Buffer.from(JSON.stringify({...said, signature: prove(keys.announcement, Object.values(said))}));
}

/** Whether a datagram could be an announcement at all: by its length and its ends, which costs next to nothing. */
export function mayBeAnnouncement(datagram: Uint8Array): boolean {
  const {length} = datagram;
  if (length < announcementBytesMin || length > announcementBytesMax) return false;
  return datagram[0] === openingBrace && datagram[length - 1] === closingBrace;
}

const utf8 = new TextDecoder('utf-8', {fatal: true});
const addressFormat = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Reads a datagram that came from `address`: never throws, and takes time by its length, which is bounded. */
export function readAnnouncement(keys: NodeKeys, datagram: Uint8Array, from: string): AnnouncementReading {
  const value = mayBeAnnouncement(datagram) ? parseJson(datagram) : undefined;
  if (typeof value !== 'object' || value === null) return garbage;
  const {msgtype, port, node, protocol, timestamp, signature, ...more} = value as Readonly<Record<string, unknown>>;
  if (msgtype !== 'online' && msgtype !== 'offline') return garbage;
  if (!isWhole(port) || port < 1 || port > 65_535) return garbage;
  if (node === undefined && signature === undefined) return {kind: 'unsigned', msgtype, port};
  if (!isNodeId(node) || !isWhole(timestamp) || !hasProofFormat(signature)) return garbage;
  const wallMs = timestamp * 1000;
  if (protocol === undefined) {
    const {nonce} = more;
    return isProofNonce(nonce) && isFormer(keys, [msgtype, port, node, timestamp, nonce], signature)
      ? {kind: 'otherVersion', msgtype, port, node, wallMs}
      : foreign;
  }
  const {address, sequence} = more;
  if (!isWhole(protocol) || !isWhole(sequence) || typeof address !== 'string' || !addressFormat.test(address))
    return garbage;
  const said = [msgtype, port, node, protocol, address, sequence, timestamp];
  if (!isProof(keys.announcement, said, signature)) return foreign;
  if (address !== from) return {kind: 'refused', reason: 'elsewhere'};
  return {kind: 'signed', msgtype, port, node, address, sequence, wallMs};
}

const garbage = {kind: 'refused', reason: 'garbage'} as const;
const foreign = {kind: 'refused', reason: 'foreign'} as const;

/** As 0.1.0 signed. Such a node cannot be called, and its presence must not go unnoticed. */
function isFormer(keys: NodeKeys, parts: readonly (string | number)[], signature: string): boolean {
  return isProof(keys.former, [`rainbow announcement`, ...parts], signature);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // Garbage, whatever the parser says of it.
    return undefined;
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
