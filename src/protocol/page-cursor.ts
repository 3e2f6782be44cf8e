// The cursor of a list: where its next page begins, signed, so that a node takes no cursor that none of the cluster has
// written, and none of another list. It holds no state of the gateway: any node can read it, at any time.
//
//   BASE64URL(last key) . BASE64URL(first 16 bytes of the proof)

import {timingSafeEqual} from 'node:crypto';
import {type NodeKeys, prove} from './node-proof.ts';

/** Which list: its path and its filters. */
export type CursorScope = readonly string[];

/** Signs cursors: of the keys of a cluster the one for that. */
export type CursorKey = NodeKeys['cursor'];

const proofDigits = 32;
const cursorFormat = /^([\w-]{1,1368})\.([0-9a-f]{32})$/;

export function writeCursor(key: CursorKey, scope: CursorScope, after: string): string {
  return `${Buffer.from(after).toString('base64url')}.${proofOf(key, scope, after)}`;
}

/** The last key of the page before; `undefined` where the cursor is not one of this list. */
export function readCursor(key: CursorKey, scope: CursorScope, cursor: string): string | undefined {
  const [, text = '', proof = ''] = cursorFormat.exec(cursor) ?? [];
  if (proof === '') return undefined;
  const after = Buffer.from(text, 'base64url').toString();
  return timingSafeEqual(Buffer.from(proof), Buffer.from(proofOf(key, scope, after))) ? after : undefined;
}

// No part has a line feed: neither names of channels nor identities have control characters.
function proofOf(key: CursorKey, scope: CursorScope, after: string): string {
  return prove(key, [...scope, after]).slice(0, proofDigits);
}

/** The scope of a list of connections, those of a channel and the members of one included. */
export function connectionsScope(
  channel: string | undefined,
  identity: string | undefined,
  prefix: string,
): CursorScope {
  return ['connections', channel ?? '', identity ?? '', prefix];
}

export function channelsScope(prefix: string): CursorScope {
  return ['channels', prefix];
}
