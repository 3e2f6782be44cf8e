// What the HTTP API says to a client that it disconnects: a close code, a reason, and when to come back. One close frame
// carries all of it, so the time stands at the end of its reason, where the client SDK reads it. Pure, runs in a browser.
//
//   4152 "disconnected"        4152 "maintenance; reconnectAfterMs=30000"

import type {CloseReason} from './close-code.ts';

/** The end of a connection, as the HTTP API asked for it. */
export interface Farewell {
  readonly code: number;
  readonly reason: string;
  /** The client connects again by itself, and not before so many ms. Absent: as the code says. */
  readonly reconnectAfterMs?: number | undefined;
}

/** Bytes of UTF-8 that the reason of a close frame can have (RFC 6455 section 5.5). */
export const closeReasonBytesMax = 123;
/** A day. */
export const reconnectAfterMsMax = 86_400_000;

const separator = '; ';
const name = 'reconnectAfterMs';
const form = /(?:^|; )reconnectAfterMs=(0|[1-9]\d{0,7})$/;

/** The close frame of a farewell. */
export function farewellClose({code, reason, reconnectAfterMs}: Farewell): CloseReason {
  if (reconnectAfterMs === undefined) return {code, text: reason};
  return {code, text: `${reason === '' ? '' : `${reason}${separator}`}${name}=${reconnectAfterMs}`};
}

/** The time in the reason of a close frame; `undefined` where it has none. */
export function readReconnectAfter(reason: string): number | undefined {
  const [, digits] = form.exec(reason) ?? [];
  return digits === undefined ? undefined : Math.min(Number(digits), reconnectAfterMsMax);
}

/** Whether the API may close with `code`: 1000, 1001, and the codes that applications and MQTT 5 have, 4000 to 4999. */
export function isFarewellCode(code: number): boolean {
  return code === 1000 || code === 1001 || (Number.isInteger(code) && code >= 4000 && code <= 4999);
}
