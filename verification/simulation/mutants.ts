// Gateways that break one promise each, and the rules by which the observer must find them. Each is the product with one
// thing done wrong at its border: to its sockets, to the business server, to its callers, between its shards, or in its
// settings.

import type {Mutant} from './mutant.ts';
import {callerMutants} from './mutants-callers.ts';
import {linkMutants} from './mutants-link.ts';
import {portMutants} from './mutants-port.ts';
import {transportMutants} from './mutants-transport.ts';

const settingMutants: readonly Mutant[] = [
  {name: 'a window larger than agreed', sabotage: {settings: {window: 2_000}}, rules: ['RB-47']},
  {name: 'a heartbeat that comes much too late', sabotage: {settings: {keepAliveMs: 90_000}}, rules: ['RB-53']},
  {name: 'repeats that come too often', sabotage: {settings: {retryIntervalMs: 250}}, rules: ['RB-09']},
  {name: 'repeats that hardly ever come', sabotage: {settings: {retryIntervalMs: 20_000}}, rules: ['RB-14']},
  {
    name: 'calls that do not wait for each other',
    sabotage: {settings: {unorderedTypes: new Set([0, 1, 2, 3, 4, 5])}},
    rules: ['RB-46', 'RB-43'],
  },
  {
    name: 'a channel too many for one client',
    sabotage: {settings: {channelsPerConnectionMax: 1_000}},
    rules: ['membership'],
  },
];

export const mutants: readonly Mutant[] = [
  ...linkMutants,
  ...transportMutants,
  ...callerMutants,
  ...portMutants,
  ...settingMutants,
];
