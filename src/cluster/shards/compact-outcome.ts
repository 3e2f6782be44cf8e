// Outcomes on their way to another thread.

import type {PublishOutcome} from '../../router/router.ts';

/** `outcome` with byte arrays that are no views of longer buffers, which a message to a thread would copy whole. */
export function compactOutcome(outcome: PublishOutcome): PublishOutcome {
  const {lastReply, replies} = outcome;
  return {
    ...outcome,
    lastReply: lastReply === undefined ? undefined : compact(lastReply),
    replies: replies.map((reply) => ({...reply, data: compact(reply.data)})),
  };
}

/** `bytes`, in a buffer of their own. */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}
