// The calls that act on connections, as OpenAPI's operations are made from them. Written beside the routes of control-calls.ts.

import {apiPaths} from '../../protocol/api.ts';
import {
  disconnectBodySchema,
  disconnectedSchema,
  permissionsBodySchema,
  permittedSchema,
} from '../http/control-schema.ts';
import {authentication, change, type OperationFacts} from './openapi-facts.ts';

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
  {
    path: apiPaths.permissions,
    method: 'post',
    id: 'permit',
    summary: 'Replaces what a client may do',
    description:
      'As a whole, in place of the `permissions` of its connect answer and of earlier calls. Messages of a type that is not ' +
      'covered are not forwarded.',
    access: 'authenticated',
    body: permissionsBodySchema,
    contents: [{type: 'application/json', schemas: [permittedSchema]}],
    errors: [...authentication, 'RB_BODY_TOO_LARGE', 'RB_PARAMETERS', 'RB_NO_SUCH_CONNECTION'],
    samples: {
      some: {body: {identity: 'user-17', send: ['7', '1000-1999'], join: ['room:*']}, answer: {status: 0}},
      all: {body: {identity: 'user-17'}, answer: {status: 0}},
    },
  },
];
