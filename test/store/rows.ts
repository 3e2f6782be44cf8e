// Rows as the tests of stores make them, each with what only that test is about.

import type {
  ChannelRow,
  DeliveryRow,
  EventRow,
  MessageRow,
  PublicationRow,
  ReceiptRow,
  SessionRow,
} from '../../src/store/rows.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const session = (row: Partial<SessionRow> = {}): SessionRow => ({
  session: 'node.s',
  fence: 1,
  owner: 'shard 0',
  identity: 'anna',
  subprotocol: 'rainbow.v2',
  tokenHash: bytes('hash'),
  attempt: 1,
  cookie: undefined,
  expiryMs: 120_000,
  expiresAt: undefined,
  sequence: 1,
  lost: {ttl: 0, bound: 0, revoked: 0},
  ended: undefined,
  isCloseOwed: false,
  ...row,
});

export const publication = (row: Partial<PublicationRow> = {}): PublicationRow => ({
  publication: 'p1',
  channel: 'room',
  qos: 1,
  type: 7,
  payload: bytes('hello'),
  acceptedAt: 1_000,
  expiresAt: undefined,
  offset: undefined,
  epoch: undefined,
  ...row,
});

export const delivery = (row: Partial<DeliveryRow> = {}): DeliveryRow => ({
  session: 'node.s',
  position: 1,
  publication: 'p1',
  id: 0,
  released: 0,
  ...row,
});

export const receipt = (row: Partial<ReceiptRow> = {}): ReceiptRow => ({
  session: 'node.s',
  id: 1,
  qos: 2,
  position: 1,
  message: 'm1',
  digest: bytes('digest'),
  reply: undefined,
  ...row,
});

export const message = (row: Partial<MessageRow> = {}): MessageRow => ({
  message: 'm1',
  session: 'node.s',
  position: 1,
  identity: 'anna',
  type: 7,
  payload: bytes('up'),
  receivedAt: 1_000,
  dead: undefined,
  ...row,
});

export const event = (row: Partial<EventRow> = {}): EventRow => ({
  session: 'node.s',
  sequence: 1,
  identity: 'anna',
  kind: 'opened',
  at: 1_000,
  reason: undefined,
  ...row,
});

export const channel = (row: Partial<ChannelRow> = {}): ChannelRow => ({
  channel: 'room',
  epoch: 'e1',
  offset: 0,
  floor: 1,
  ...row,
});
