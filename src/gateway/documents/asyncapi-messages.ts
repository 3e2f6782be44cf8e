// The messages of the AsyncAPI document: the packets between client and gateway, from the protocol document, and the calls
// to the business server with their answers.

import {closeCallReasons} from '../../protocol/close-reason.ts';
import * as headers from '../../protocol/header-name.ts';
import type {JsonObject} from './openapi-document.ts';
import type {PacketDocument, ProtocolDocument} from './protocol-document.ts';

const meanings: Readonly<Record<string, string>> = {
  SEND: 'A message',
  ACK: 'The receiver has the QoS 1 message of this id; the rest is its reply',
  REC: 'The receiver has the QoS 2 message of this id; the rest is its reply',
  REL: 'The sender has seen the REC, and will not send that message again',
  COM: 'The receiver has forgotten the id',
};

/** By the packet's name in lower case. */
export function packetMessages({packets, firstByte}: ProtocolDocument): Record<string, JsonObject> {
  const bits = firstByte.map(({name, bits: place, meaning}) => `${name} (bits ${place}): ${meaning}`).join('; ');
  return Object.fromEntries(packets.map((packet) => [packet.name.toLowerCase(), packetMessage(packet, bits)]));
}

function packetMessage({name, command, fields, answers, example}: PacketDocument, bits: string): JsonObject {
  return {
    name,
    title: name,
    summary: meanings[name] ?? name,
    description:
      `One binary WebSocket message, numbers most significant byte first. Byte 0: ${bits}. Then ` +
      `${fields.map(describeField).join(', ')}.${answers === undefined ? '' : ` Answers ${answers}.`}`,
    contentType: 'application/octet-stream',
    payload: {type: 'string', format: 'binary'},
    examples: [{name: 'hex', summary: 'The bytes in hexadecimal', payload: example}],
    'x-rainbow-command': command,
    'x-rainbow-fields': fields,
  };
}

function describeField({name, bytes, when}: PacketDocument['fields'][number]): string {
  const size = bytes === undefined ? 'the rest' : `${bytes} bytes`;
  return `${name} (${size}${when === undefined ? '' : `, where ${when}`})`;
}

const text = {type: 'string'};
const session = {
  [headers.headerSession]: {...text, description: 'The name of the session, on `rainbow.v2`'},
};
const identity = {[headers.headerIdentity]: {...text, description: "The connection's identity"}};
const cookie = {[headers.headerCookie]: {...text, description: 'What an answer left with the connection'}};

const effects = {
  [headers.headerJoin]: {
    ...text,
    description: `The connection joins this channel, or several joined by ${headers.channelSeparator}`,
  },
  [headers.headerLeave]: {
    ...text,
    description: 'The connection leaves this channel, or several, before it joins others',
  },
  [headers.headerCookie]: {
    ...text,
    description: 'Kept with the connection and sent on each later call; empty clears it',
  },
  [headers.headerInvalid]: {...text, description: 'The call counts as failed, whatever its status'},
};

/** The calls to the business server, and its answers. */
export const callMessages: Readonly<Record<string, JsonObject>> = {
  connectCall: {
    summary: 'May this client connect?',
    headers: {
      type: 'object',
      description: "The client's own headers and query parameters as well",
      required: [headers.headerIdentity],
      properties: {
        ...identity,
        ...session,
        [headers.headerResume]: {...text, description: '1 if the client claims to return to that session'},
        [headers.headerAddress]: {...text, description: "The client's IP address"},
        [headers.headerOrigin]: {...text, description: "The origin of the client's page, where it sent one"},
        [headers.headerRefresh]: {...text, description: '`1` if the client is connected, and asks to stay'},
        [headers.headerDevice]: {...text, description: 'If the client sends its device'},
        [headers.headerPlatform]: {...text, description: 'If the client sends its platform'},
      },
    },
    payload: {type: 'null'},
  },
  connectAnswer: {
    summary: '2xx and status "success": yes; 2xx and any other status: no; all else: a failure',
    contentType: 'application/json',
    headers: {type: 'object', properties: effects},
    payload: {
      type: 'object',
      required: ['status'],
      properties: {
        status: text,
        identity: {...text, description: 'Takes the place of the identity that the gateway gave'},
        permissions: {type: 'object', description: 'What the client may do: `send`, `join` and `expiresAt`'},
        user: {...text, description: 'Names the person, all of whose connections `user` addresses together'},
      },
    },
    examples: [{name: 'yes', payload: {status: 'success'}}],
  },
  messageCall: {
    summary: 'A client says something; the payload as it came',
    contentType: 'application/json',
    headers: {
      type: 'object',
      required: [headers.headerIdentity, headers.headerMessage],
      properties: {
        ...identity,
        ...session,
        ...cookie,
        [headers.headerMessage]: {
          ...text,
          description: 'The same for each repeat of this message, another for every other',
        },
        [headers.headerChannelToken]: {
          ...text,
          description:
            'The channels that the client occupies, each with its fencing token: `CHANNEL=TOKEN` joined by `;;`',
        },
      },
    },
    payload: {},
  },
  messageAnswer: {
    summary: '2xx: done, and the body is the reply in ACK or REC; all else: not done, the client sends it again',
    headers: {type: 'object', properties: effects},
    payload: {},
  },
  closeCall: {
    summary: 'A client is gone',
    headers: {
      type: 'object',
      required: [headers.headerIdentity, headers.headerMessage, headers.headerCloseReason],
      properties: {
        ...identity,
        ...session,
        ...cookie,
        [headers.headerMessage]: {
          ...text,
          description: 'The same for each repeat of this call, another for every other',
        },
        [headers.headerCloseReason]: {...text, enum: [...closeCallReasons], description: 'Why it has ended'},
      },
    },
    payload: {type: 'null'},
  },
  closeAnswer: {summary: '2xx: reported; 429, 503 and calls that were not sent are made again', payload: {}},
};
