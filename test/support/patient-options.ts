// The options of gateways that tests run: without limits of the product within which the suite would have to do something,
// since a busy machine can overrun them. A watchdog that ends a thread of a test ends the test's process, too. Tests of such
// a limit set their own.

import {defaultOptions} from '../../src/gateway/config/options.ts';

export const patientOptions = {
  ...defaultOptions,
  host: '127.0.0.1',
  port: 0,
  callTimeoutMs: 60_000,
  watchdogTimeoutMs: 600_000,
  shutdownGraceMs: 30_000,
  logLevel: 'silent',
} as const;
