// How a handshake is refused whose connect call failed, or was not waited for.

import type {Answer} from '../upstream/call.ts';
import type {HandshakeRefusal} from './link.ts';
import type {ShardContext} from './shard-context.ts';

/** `answer` is that of the connect call, where there is one. */
export function failureCode(context: ShardContext, answer: Answer | undefined): HandshakeRefusal {
  if (context.isStopping) return 'RB_STOPPING';
  return answer?.kind === 'failed' && answer.reason === 'overloaded' ? 'RB_OVERLOADED' : 'RB_BUSINESS_SERVER';
}
