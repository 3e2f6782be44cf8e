// Calls the application's handler and makes bytes of its answer. Whatever the handler does, there is a reply: a client
// acknowledges each message, even one that it does not use or fails to handle; an event reports the failure. [RB-60]

import {emptyBytes, type SendPacket} from '../protocol/packet.ts';
import {type Payload, readPayload} from '../protocol/payload.ts';
import type {FaultEvent} from './events.ts';

/** A handler that knows no types. */
export type PlainHandler = (
  type: number,
  data: Payload,
  context: {readonly qos: SendPacket['qos']; readonly mayBeRepeat: boolean},
) => unknown;

interface HandlingOptions {
  readonly encode: (data: unknown) => Uint8Array;
  readonly fault: (event: FaultEvent) => void;
}

/** The bytes of the handler's answer; at once where it answers at once. Never throws or rejects. */
export function handleMessage(
  handler: PlainHandler | undefined,
  {type, payload, qos, isDup}: SendPacket,
  {encode, fault}: HandlingOptions,
): Uint8Array | Promise<Uint8Array> {
  if (handler === undefined) {
    fault({kind: 'unhandled', type});
    return emptyBytes;
  }
  const bytesOf = (answer: unknown): Uint8Array => (answer === undefined ? emptyBytes : encode(answer));
  const fail = (cause: unknown): Uint8Array => {
    fault({kind: 'handler', type, cause});
    return emptyBytes;
  };
  try {
    const answer = handler(type, readPayload(payload), {qos, mayBeRepeat: isDup});
    return isThenable(answer) ? Promise.resolve(answer).then(bytesOf).catch(fail) : bytesOf(answer);
  } catch (error) {
    return fail(error);
  }
}

/** A promise of this realm or another, or of a library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as {readonly then?: unknown} | undefined | null)?.then === 'function';
}
