// The call by which other nodes ask this one about idempotency keys that it owns. For proved nodes alone.

import {nodeKeyPath, readKeyQuestion} from '../../cluster/lan/node-keys.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {KeyAnswer, KeyQuestion} from '../../router/keys.ts';
import type {ApiGate} from './api-gate.ts';
import type {NodeGate} from './node-gate.ts';

/** Adds the call. `ask` asks the thread of this node that owns the key. */
export function addKeyCall(
  gate: ApiGate,
  nodes: NodeGate,
  ask: (question: KeyQuestion) => Promise<KeyAnswer | 'gone'>,
): void {
  gate.add<KeyQuestion>({
    method: 'POST',
    path: nodeKeyPath,
    read: ({raw, body}) => {
      if (!nodes.isProved(raw)) return {code: 'RB_NO_SUCH_PATH'};
      return readKeyQuestion(body ?? emptyBytes) ?? {code: 'RB_PARAMETERS'};
    },
    run: async (question) => {
      const answer = await ask(question);
      return answer === 'gone' ? {code: 'RB_IDEMPOTENCY_UNREACHABLE'} : JSON.stringify({status: 0, ...answer});
    },
  });
}
