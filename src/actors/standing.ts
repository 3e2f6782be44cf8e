// What the answer to a message call says of its client: which of the upstream lanes its next call goes to. Called by
// backend-client.ts.

import type {Answer, Standing} from '../upstream/call.ts';

/** How the last call of a client went, after this answer. */
export function nextStanding(answer: Answer, standing: Standing): Standing {
  if (answer.kind === 'refused') return standing;
  if (answer.isSlow === true) return 'slow';
  // One that was cut since its type hangs shows nothing of its client.
  const showsNothing = answer.kind === 'failed' && (!answer.wasSent || answer.reason === 'timeout');
  return showsNothing ? standing : 'prompt';
}
