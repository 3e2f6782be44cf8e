// The protocol as one plain object, for generators of clients in other languages: `rainbow protocol --json` prints it and
// the gateway serves it. All of it is taken from what runs: packets from the codec, charts from the machines, codes from
// their tables, and the rules from docs/delivery.md, which is part of the package.

import {readFileSync} from 'node:fs';
import {errorTable} from '../../core/errors.ts';
import {type ChartDocument, describeCharts} from '../../machines/chart-document.ts';
import {apiPaths, documentPaths, messageTypeMax} from '../../protocol/api.ts';
import {closeReasons} from '../../protocol/close-code.ts';
import * as headers from '../../protocol/header-name.ts';
import {generatePacket, messageIdMax, type Packet} from '../../protocol/packet.ts';
import {signatureWindowSeconds} from '../../protocol/signature.ts';
import {defaultOptions} from '../config/options.ts';
import {version} from '../config/version.ts';

/** One field of a packet, behind its first byte. `bytes` is absent where the field is all that is left. */
export interface FieldDocument {
  readonly name: string;
  readonly bytes?: number;
  /** Where the field is not always there. */
  readonly when?: string;
}

/** One kind of packet. */
export interface PacketDocument {
  readonly name: string;
  /** The four high bits of byte 0. */
  readonly command: number;
  readonly fields: readonly FieldDocument[];
  readonly answers?: string;
  /** A packet of this kind in hex, with id 7, type 1 and "hi" where it has them. */
  readonly example: string;
}

/** A rule of docs/delivery.md. */
export interface RuleDocument {
  readonly id: string;
  readonly text: string;
  /** Comes with `rainbow.v2`, and is not active yet. */
  readonly isV2: boolean;
}

/** The protocol as data. Fields may be added, none changes its meaning within a `format`. */
export interface ProtocolDocument {
  readonly format: 1;
  readonly name: 'rainbow';
  /** Of the package that wrote it. */
  readonly version: string;
  readonly firstByte: readonly {readonly name: string; readonly bits: string; readonly meaning: string}[];
  readonly packets: readonly PacketDocument[];
  readonly limits: Readonly<Record<string, number>>;
  readonly charts: readonly ChartDocument[];
  readonly rules: readonly RuleDocument[];
  readonly closeCodes: readonly {readonly name: string; readonly code: number; readonly text: string}[];
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly httpStatus: number;
    readonly isRetryable: boolean;
  }[];
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: Readonly<Record<string, string>>;
}

/** Makes the document. Throws where the package lacks docs/delivery.md, as a bundle of it may. */
export function protocolDocument(): ProtocolDocument {
  return {
    format: 1,
    name: 'rainbow',
    version,
    firstByte: [
      {name: 'command', bits: '7-4', meaning: 'kind of packet'},
      {name: 'dup', bits: '3', meaning: 'in SEND at QoS 1 and 2: sent before; else 0'},
      {name: 'qos', bits: '2-1', meaning: 'in SEND: 0, 1 or 2; else 0'},
      {name: 'reserved', bits: '0', meaning: 'sent as 0, ignored on receipt'},
    ],
    packets: packets(),
    limits: {
      messageIdMin: 1,
      messageIdMax,
      messageTypeMax,
      signatureWindowSeconds,
      windowDefault: defaultOptions.window,
      retryIntervalMsDefault: defaultOptions.retryIntervalMs,
      keepAliveMsDefault: defaultOptions.keepAliveMs,
      payloadBytesMaxDefault: defaultOptions.payloadBytesMax,
    },
    charts: describeCharts(),
    rules: readRules(readFileSync(new URL('../../../docs/delivery.md', import.meta.url), 'utf8')),
    closeCodes: Object.entries(closeReasons).map(([name, {code, text}]) => ({name, code, text})),
    errors: Object.entries(errorTable).map(([code, facts]) => ({code, ...facts})),
    headers: {
      identity: headers.headerIdentity,
      cookie: headers.headerCookie,
      join: headers.headerJoin,
      leave: headers.headerLeave,
      message: headers.headerMessage,
      session: headers.headerSession,
      resume: headers.headerResume,
      invalid: headers.headerInvalid,
      address: headers.headerAddress,
      origin: headers.headerOrigin,
      device: headers.headerDevice,
      platform: headers.headerPlatform,
      node: headers.headerNode,
      nodeProof: headers.headerNodeProof,
      channelSeparator: headers.channelSeparator,
    },
    paths: {...apiPaths, ...documentPaths},
  };
}

const id: FieldDocument = {name: 'id', bytes: 2};
const reply: FieldDocument = {name: 'reply'};
const hi = Uint8Array.of(0x68, 0x69);

function packets(): PacketDocument[] {
  return [
    packet('SEND', {kind: 'send', qos: 1, isDup: false, type: 1, id: 7, payload: hi}, [
      {name: 'type', bytes: 2},
      {...id, when: 'qos > 0'},
      {name: 'payload'},
    ]),
    packet('ACK', {kind: 'ack', id: 7, reply: hi}, [id, reply], 'SEND at QoS 1'),
    packet('REC', {kind: 'rec', id: 7, reply: hi}, [id, reply], 'SEND at QoS 2'),
    packet('REL', {kind: 'rel', id: 7}, [id], 'REC'),
    packet('COM', {kind: 'com', id: 7}, [id], 'REL'),
  ];
}

function packet(name: string, sample: Packet, fields: readonly FieldDocument[], answers?: string): PacketDocument {
  const bytes = generatePacket(sample);
  const command = (bytes[0] ?? 0) >> 4;
  return {name, command, fields, ...(answers !== undefined && {answers}), example: Buffer.from(bytes).toString('hex')};
}

/** `- RB-07 (v2) Id 0, … [4.13.1-1]`, one line a rule; the sources in brackets at its end are left out. */
export function readRules(document: string): RuleDocument[] {
  return document.split('\n').flatMap((line) => {
    const [, ruleId, mark, text = ''] = /^- (RB-\d{2})( \(v2\))? (.*)$/.exec(line) ?? [];
    if (ruleId === undefined) return [];
    return [{id: ruleId, text: text.replace(/ \[\d[^[\]]*\]$/, ''), isV2: mark !== undefined}];
  });
}
