// The lists of who is there, as operations of OpenAPI.

import {apiPaths} from '../../protocol/api.ts';
import {
  censusBodySchema,
  censusSchema,
  channelsQuerySchema,
  channelsSchema,
  connectionsQuerySchema,
  connectionsSchema,
  presenceQuerySchema,
  presenceSchema,
} from '../http/listing-schema.ts';
import {authentication, type OperationFacts} from './openapi-facts.ts';

export const listOperations: readonly OperationFacts[] = [
  {
    path: apiPaths.connections,
    method: 'get',
    id: 'listConnections',
    summary: 'Lists the clients of the whole cluster, or one of them in detail',
    description:
      'A client that stays is on one page, one that comes or goes while the pages are read may be on none. Lists are ' +
      '`partial` if a thread or a node did not answer.',
    access: 'authenticated',
    query: connectionsQuerySchema,
    contents: [{type: 'application/json', schemas: [connectionsSchema]}],
    errors: [...authentication, 'RB_CHANNEL_INVALID', 'RB_PARAMETERS'],
    samples: {all: {}, members: {query: {channel: 'lobby', limit: 10}}, one: {query: {identity: 'user-17'}}},
  },
  {
    path: apiPaths.channels,
    method: 'get',
    id: 'listChannels',
    summary: 'Lists the channels that have members',
    access: 'authenticated',
    query: channelsQuerySchema,
    contents: [{type: 'application/json', schemas: [channelsSchema]}],
    errors: [...authentication, 'RB_PARAMETERS'],
    samples: {
      all: {answer: {status: 0, channels: [{name: 'lobby', connections: 1}], total: 1}},
      none: {query: {prefix: 'room:'}, answer: {status: 0, channels: [], total: 0}},
    },
  },
  {
    path: apiPaths.presence,
    method: 'get',
    id: 'listMembers',
    summary: 'Lists who is in a channel, each identity once',
    access: 'authenticated',
    query: presenceQuerySchema,
    contents: [{type: 'application/json', schemas: [presenceSchema]}],
    errors: [...authentication, 'RB_CHANNEL_INVALID', 'RB_CHANNEL_MISSING', 'RB_PARAMETERS'],
    samples: {members: {query: {channel: 'lobby'}}},
  },
  {
    path: apiPaths.presence,
    method: 'post',
    id: 'findMembers',
    summary: 'Says which of some identities are in some channels',
    access: 'authenticated',
    body: censusBodySchema,
    contents: [{type: 'application/json', schemas: [censusSchema]}],
    errors: [...authentication, 'RB_BODY_TOO_LARGE', 'RB_CHANNEL_INVALID', 'RB_PARAMETERS'],
    samples: {
      two: {
        body: {channels: [{name: 'lobby', identities: ['user-17', 'user-18']}]},
        answer: {status: 0, channels: [{name: 'lobby', connections: 1, present: ['user-17'], parts: 1}]},
      },
    },
  },
];
