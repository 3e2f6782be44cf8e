// Every route of the HTTP API as OpenAPI's operations are made from it: what it takes, what it answers, with which errors,
// and samples of calls, each of which a test sends. Written beside the routes of http-api.ts and serverinfo.ts; a test
// finds what is missing on either side.

import {apiPaths, documentPaths} from '../../protocol/api.ts';
import {
  previewSchema,
  storySchema,
  traceBodySchema,
  traceQuerySchema,
  traceSettingsSchema,
} from '../admin/trace-schema.ts';
import {
  acceptedSchema,
  confirmedSchema,
  doneSchema,
  errorSchema,
  sendQuerySchema,
  subscribeBodySchema,
  subscribedSchema,
  timeoutSchema,
  unsubscribeBodySchema,
} from '../http/api-schema.ts';
import {clusterInfoSchema, serverinfoQuerySchema, serverinfoSchema} from '../http/serverinfo-schema.ts';
import {controlOperations} from './openapi-control.ts';
import {authentication, type Content, change, type OperationFacts} from './openapi-facts.ts';
import {listOperations} from './openapi-lists.ts';

const message = 'p4f9k1c8a01';
const noneMeant = {confirmed: 0, timeout: 0, refused: 0, gone: 0, failed: 0, queued: 0, open: 0};
const oneConfirmed = {...noneMeant, confirmed: 1};
const json: Content = {type: 'application/json'};
const text: Content = {type: 'text/plain'};

/** All of them. */
export const operations: readonly OperationFacts[] = [
  {
    path: apiPaths.send,
    method: 'post',
    id: 'send',
    summary: 'Sends a message to channels, clients, users or everybody',
    description:
      'The body is the payload. At QoS 0 the answer comes at once; at QoS 1 and 2 as soon as every client has confirmed ' +
      'or gone, at the latest after `timeout`. A timeout is not a failure: it reports what is confirmed and what is open. ' +
      'With `Accept: application/x-ndjson` each reply is a line as it comes, and the answer is the last line.',
    access: 'authenticated',
    query: sendQuerySchema,
    body: 'bytes',
    contents: [
      {type: 'application/json', schemas: [acceptedSchema, confirmedSchema, timeoutSchema, previewSchema]},
      {type: 'application/x-ndjson'},
    ],
    errors: [
      ...change,
      'RB_CHANNEL_MISSING',
      'RB_QOS',
      'RB_IDEMPOTENCY_CONFLICT',
      'RB_IDEMPOTENCY_RUNNING',
      'RB_IDEMPOTENCY_UNKNOWN',
      'RB_IDEMPOTENCY_UNREACHABLE',
    ],
    samples: {
      atMostOnce: {query: {channel: 'lobby', qos: 0}, body: 'hello', answer: {status: 0, message}},
      atLeastOnce: {
        query: {channel: 'lobby', qos: 1, msgtype: 2, timeout: 5},
        body: '{"text":"hello"}',
        answer: {status: 0, connections: 1, data: 'yes', outcomes: oneConfirmed, message},
      },
      everyReply: {
        query: {channel: 'lobby', replies: 'all'},
        body: '{}',
        answer: {
          status: 0,
          connections: 1,
          data: 'yes',
          replies: [{identity: 'user-17', data: 'yes'}],
          outcomes: oneConfirmed,
          message,
        },
      },
      oneClient: {
        query: {identity: 'user-17'},
        body: 'only you',
        answer: {status: 0, connections: 1, data: 'yes', outcomes: oneConfirmed, message},
      },
      everyDevice: {
        query: {channel: 'news', user: 'ann', except: 'user-17,user-18'},
        body: 'only ann, and the news',
        answer: {status: 0, connections: 0, data: '', outcomes: noneMeant, message},
      },
      everybody: {
        query: {broadcast: '1', qos: 1},
        body: 'closing soon',
        answer: {status: 0, connections: 1, data: 'yes', outcomes: oneConfirmed, message},
      },
      firstReply: {
        query: {channel: 'lobby', qos: 1, want: 1},
        body: 'who can take this?',
        answer: {
          ...{status: 0, connections: 1, data: 'yes', outcomes: oneConfirmed, want: 1, reached: true, message},
        },
      },
      majority: {
        query: {channel: 'lobby', qos: 1, want: 'majority', reduce: 'count'},
        body: 'agreed?',
        answer: {
          ...{status: 0, connections: 1, data: 'yes', outcomes: oneConfirmed},
          ...{want: 'majority', reached: true, reduced: 0, notJson: 1, message},
        },
      },
      everyRecipient: {query: {channel: 'lobby', qos: 1, detail: 'recipients'}, body: 'who is there?'},
      dry: {query: {channel: 'lobby', dry: '1'}, body: 'hello'},
      nobody: {
        query: {channel: 'empty'},
        body: 'hello',
        answer: {status: 0, connections: 0, data: '', outcomes: noneMeant, message},
      },
    },
  },
  {
    path: apiPaths.sendBatch,
    method: 'post',
    id: 'sendBatch',
    summary: 'Sends many messages, a line each',
    description:
      'Each line of the body is a JSON object with the parameters of `/send/` beside the payload. Each is answered by a line ' +
      'as `/send/` answers it, in the order of the lines, also where it is refused; the others are sent all the same. ' +
      'Read the answers while you send: the gateway reads no further than a caller does.',
    access: 'authenticated',
    body: 'lines',
    contents: [
      {
        type: 'application/x-ndjson',
        schemas: [acceptedSchema, confirmedSchema, timeoutSchema, previewSchema, errorSchema],
      },
    ],
    errors: [...authentication, 'RB_PARAMETERS'],
    samples: {
      several: {
        body: '{"channel":"lobby","qos":1,"payload":"hello"}\n{"identity":"user-17","qos":0,"payload_base64":"AP8="}\n',
      },
    },
  },
  {
    path: apiPaths.send,
    method: 'get',
    id: 'probeSend',
    summary: 'Reports that the gateway is reachable',
    access: 'open',
    contents: [text],
    errors: [],
    samples: {alive: {answer: 'ok'}},
  },
  {
    path: apiPaths.subscribe,
    method: 'post',
    id: 'subscribe',
    summary: 'Makes a connection join a channel',
    description:
      'May be repeated without harm. With `occupy` the connection is alone in the channel afterwards, and the answer has ' +
      'a fencing token, which is above that of each occupant before.',
    access: 'authenticated',
    body: subscribeBodySchema,
    contents: [{type: 'application/json', schemas: [subscribedSchema]}],
    errors: [...change, 'RB_NO_SUCH_CONNECTION', 'RB_OCCUPIED', 'RB_TOO_MANY_CHANNELS'],
    samples: {
      join: {body: {identity: 'user-17', channel: 'news'}, answer: {status: 0}},
      joinAlone: {body: {identity: 'user-17', channel: 'driver-seat', occupy: true}},
      joinUnlessOccupied: {body: {identity: 'user-17', channel: 'driver-seat', occupy: true, policy: 'deny'}},
    },
  },
  {
    path: apiPaths.unsubscribe,
    method: 'post',
    id: 'unsubscribe',
    summary: 'Makes a connection leave a channel',
    description: 'Succeeds also where it was not in the channel, or does not exist.',
    access: 'authenticated',
    body: unsubscribeBodySchema,
    contents: [{type: 'application/json', schemas: [doneSchema]}],
    errors: change,
    samples: {leave: {body: {identity: 'user-17', channel: 'news'}, answer: {status: 0}}},
  },
  ...controlOperations,
  ...listOperations,
  {
    path: apiPaths.trace,
    method: 'get',
    id: 'trace',
    summary: 'Returns what happened to a message or a client, as far as it was traced',
    description:
      'Without `message`, `identity` and `follow`: how the trace is configured. docs/trace.md explains the answers.',
    access: 'authenticated',
    query: traceQuerySchema,
    contents: [{type: 'application/json', schemas: [storySchema, traceSettingsSchema]}, {type: 'application/x-ndjson'}],
    errors: [...authentication, 'RB_PARAMETERS'],
    samples: {
      settings: {},
      story: {query: {message}},
      client: {query: {identity: 'user-17'}},
    },
  },
  {
    path: apiPaths.trace,
    method: 'post',
    id: 'switchTrace',
    summary: 'Says what shall be traced from now on, and for how long',
    access: 'authenticated',
    body: traceBodySchema,
    contents: [{type: 'application/json', schemas: [doneSchema]}],
    errors: [...authentication, 'RB_BODY_TOO_LARGE', 'RB_PARAMETERS'],
    samples: {
      on: {body: {channels: ['lobby'], seconds: 60}, answer: {status: 0}},
      off: {body: {seconds: 0}, answer: {status: 0}},
    },
  },
  {
    path: apiPaths.hello,
    method: 'get',
    id: 'hello',
    summary: 'Reports that the gateway is reachable',
    access: 'open',
    contents: [text],
    errors: [],
    samples: {alive: {answer: 'ok'}},
  },
  {
    path: apiPaths.serverinfo,
    method: 'get',
    id: 'serverinfo',
    summary: 'Returns nodes, channels, connections, processor and memory',
    access: 'whereAsked',
    query: serverinfoQuerySchema,
    contents: [{type: 'text/html'}, {type: 'application/json', schemas: [serverinfoSchema, clusterInfoSchema]}],
    errors: authentication,
    samples: {page: {}, json: {query: {format: 'json'}}, cluster: {query: {cluster: '1'}}},
  },
  {
    path: apiPaths.metrics,
    method: 'get',
    id: 'metrics',
    summary: 'Counters and gauges in the text format of Prometheus',
    access: 'whereAsked',
    contents: [text],
    errors: authentication,
    samples: {scrape: {}},
  },
  {
    path: apiPaths.connect,
    method: 'get',
    id: 'connect',
    summary: 'Where clients open their WebSocket',
    description: `As a WebSocket it is described by ${documentPaths.asyncapi}.`,
    access: 'open',
    upgrades: true,
    errors: [
      'RB_UPGRADE_REQUIRED',
      'RB_CLIENT_REFUSED',
      'RB_DEVICE_MISSING',
      'RB_ORIGIN',
      'RB_BUSINESS_SERVER',
      'RB_OVERLOADED',
    ],
    samples: {},
  },
  {
    path: documentPaths.protocol,
    method: 'get',
    id: 'protocolDocument',
    summary: 'Packets, charts, rules and codes, for generators of clients',
    access: 'open',
    contents: [json],
    errors: [],
    samples: {read: {}},
  },
  {
    path: documentPaths.openapi,
    method: 'get',
    id: 'openapiDocument',
    summary: 'This document',
    access: 'open',
    contents: [json],
    errors: [],
    samples: {read: {}},
  },
  {
    path: documentPaths.asyncapi,
    method: 'get',
    id: 'asyncapiDocument',
    summary: 'The WebSocket side and the calls to the business server, as AsyncAPI',
    access: 'open',
    contents: [json],
    errors: [],
    samples: {read: {}},
  },
];
