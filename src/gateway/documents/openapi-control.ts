// The calls that act on connections, as OpenAPI's operations are made from them. Written beside the routes of control-calls.ts.

import {apiPaths} from '../../protocol/api.ts';
import {disconnectBodySchema, disconnectedSchema} from '../http/api-schema.ts';
import {change, type OperationFacts} from './openapi-facts.ts';

/** All of them. */
export const controlOperations: readonly OperationFacts[] = [
  {
    path: apiPaths.disconnect,
    method: 'post',
    id: 'disconnect',
    summary: 'Disconnects clients',
    description:
      'Exactly one of `identity`, `user`, `channel` and `prefix` says which. They get a close frame, and the business server a ' +
      'close call with the reason `disconnected`. May be repeated without harm: `connections` counts those that this call ended.',
    access: 'authenticated',
    body: disconnectBodySchema,
    contents: [{type: 'application/json', schemas: [disconnectedSchema]}],
    errors: change,
    samples: {
      one: {body: {identity: 'user-17'}, answer: {status: 0, connections: 1}},
      maintenance: {
        body: {channel: 'lobby', code: 1001, reason: 'maintenance', reconnectAfterMs: 30_000},
        answer: {status: 0, connections: 1},
      },
      nobody: {body: {prefix: 'guest-'}, answer: {status: 0, connections: 0}},
    },
  },
];
