// The WebSocket side and the calls to the business server as an AsyncAPI 3 document, seen from the gateway: it receives what
// clients send, and sends what they receive. `rainbow protocol --asyncapi` prints it, and the gateway serves it.

import {apiPaths, messageTypeMax} from '../../protocol/api.ts';
import {headerDevice, headerPlatform} from '../../protocol/header-name.ts';
import {version} from '../config/version.ts';
import {callMessages, packetMessages} from './asyncapi-messages.ts';
import type {JsonObject} from './openapi-document.ts';
import {protocolDocument} from './protocol-document.ts';

/** The parts that have a place here; the rest is as AsyncAPI 3 has it. */
export interface AsyncApiDocument extends JsonObject {
  readonly asyncapi: '3.0.0';
  readonly channels: Readonly<Record<string, JsonObject>>;
  readonly operations: Readonly<Record<string, JsonObject>>;
  readonly components: {readonly messages: Readonly<Record<string, JsonObject>>};
}

/** Makes the document. Throws as {@link protocolDocument} does. */
export function asyncapiDocument(): AsyncApiDocument {
  const protocol = protocolDocument();
  const packets = packetMessages(protocol);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rainbow',
      version,
      description: 'What travels between clients and a Rainbow gateway, and between it and the business server.',
      license: {name: 'MIT'},
    },
    defaultContentType: 'application/octet-stream',
    servers: {
      gateway: server('ws', '127.0.0.1:1984', 'Where clients connect'),
      business: server('http', '127.0.0.1:8000', 'What the gateway asks'),
    },
    channels: {
      connection: {
        address: apiPaths.connect,
        servers: [{$ref: '#/servers/gateway'}],
        description:
          'Refused with 401 if the business server refuses the client, 403 if the origin of the page is not allowed, 503 if ' +
          'the business server cannot be called, 400 if the request is not an upgrade',
        messages: references(Object.keys(packets)),
        bindings: {ws: {method: 'GET', query: handshake, headers: handshake, bindingVersion: '0.1.0'}},
        'x-rainbow-close-codes': protocol.closeCodes,
      },
      connectCall: callChannel('{connect_url}', {connect_url: configured('connect_url')}, 'connect'),
      messageCall: callChannel(
        '{forward_url}{type}/',
        {forward_url: configured('forward_url'), type: {description: `0 to ${messageTypeMax}, as the client chose`}},
        'message',
      ),
      closeCall: callChannel('{close_url}', {close_url: configured('close_url')}, 'close'),
    },
    operations: {
      receiveMessage: exchange('receive', 'send', ['ack', 'rec'], 'A client sends a message'),
      receiveRelease: exchange('receive', 'rel', ['com'], 'A client ends a QoS 2 flow'),
      sendMessage: exchange('send', 'send', ['ack', 'rec'], 'A client gets a message'),
      sendRelease: exchange('send', 'rel', ['com'], 'The gateway ends a QoS 2 flow'),
      askConnect: call('connect', 'GET', 'Before an upgrade is answered'),
      forwardMessage: call('message', 'POST', 'For each message of a client'),
      tellClose: call('close', 'GET', 'Once a connection has ended'),
    },
    components: {messages: {...packets, ...callMessages}},
  };
}

const handshake: JsonObject = {
  type: 'object',
  description: 'Whatever the business server wants to see; query parameters reach it as headers',
  properties: {
    [headerDevice]: {type: 'string', description: 'The device, if the client sends it'},
    [headerPlatform]: {type: 'string', description: 'Its platform'},
  },
};

const signed: JsonObject = {
  type: 'object',
  required: ['timestamp', 'nonce', 'signature'],
  properties: {
    timestamp: {type: 'string', description: 'Unix seconds'},
    nonce: {type: 'string', description: 'Another for each call'},
    signature: {
      type: 'string',
      description: 'SHA-1, in lower-case hex, of token, timestamp and nonce sorted and joined',
    },
  },
};

function server(protocol: string, host: string, description: string): JsonObject {
  return {host: '{host}', protocol, description, variables: {host: {default: host}}};
}

function configured(key: string): JsonObject {
  return {description: `\`${key}\` of the configuration`};
}

function references(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, {$ref: `#/components/messages/${name}`}]));
}

function callChannel(address: string, parameters: JsonObject, kind: string): JsonObject {
  return {
    address,
    parameters,
    servers: [{$ref: '#/servers/business'}],
    messages: references([`${kind}Call`, `${kind}Answer`]),
  };
}

/** A packet on the connection, and those that answer it the other way. */
function exchange(action: 'receive' | 'send', packet: string, answers: readonly string[], summary: string): JsonObject {
  return operation(action, 'connection', [packet], answers, summary);
}

function call(kind: string, method: 'GET' | 'POST', summary: string): JsonObject {
  return {
    ...operation('send', `${kind}Call`, [`${kind}Call`], [`${kind}Answer`], summary),
    bindings: {http: {method, query: signed, bindingVersion: '0.3.0'}},
  };
}

function operation(
  action: 'receive' | 'send',
  channel: string,
  messages: readonly string[],
  answers: readonly string[],
  summary: string,
): JsonObject {
  const place = `#/channels/${channel}`;
  const refer = (names: readonly string[]) => names.map((name) => ({$ref: `${place}/messages/${name}`}));
  return {
    action,
    summary,
    channel: {$ref: place},
    messages: refer(messages),
    reply: {channel: {$ref: place}, messages: refer(answers)},
  };
}
