// A part of the gateway without clients, to be given answers by a test.

import {nobody} from '../../src/router/add-up.ts';
import type {LocalPart} from '../../src/router/part.ts';

/** Agrees to everything, and has no clients. */
export const scriptedPart: LocalPart = {
  name: 'own',
  publish: async ({message = ''}) => nobody(message),
  subscribe: async () => ({outcome: 'noSuchConnection', ticket: 0}),
  unsubscribe: async () => 'done',
  evict: async () => 'done',
  disconnect: async () => ({connections: 0, isPartial: false}),
  permit: async () => 'noSuchConnection',
  claim: async () => ({outcome: 'noSuchConnection', ticket: 0}),
  contest: async () => ({outcome: 'done', ticket: 0}),
  takeOver: async () => 'done',
  find: async () => undefined,
  key: async () => ({kind: 'granted'}),
  query: async () => ({kind: 'watched', isWatching: false}),
  changes: async () => 'done',
  census: async () => ({channels: [], isPartial: false}),
  connections: async () => ({rows: [], end: undefined, total: 0}),
  channels: async () => ({rows: [], end: undefined, total: 0}),
  info: async () => ({connections: 0, channels: []}),
  hasConnection: () => false,
  nextPublication: () => 'p1',
  nextTicket: () => 8,
  nextToken: () => 80n,
};
