// How a serving process ends: on a signal that ends it (signals.ts) the gateway is closed and the process exits 0; after an
// uncaught error it logs the error, closes likewise and exits 1; a second signal, or the deadline, ends it at
// once.

import closeWithGrace from 'close-with-grace';
import {systemClock} from '../core/clock.ts';
import type {Log} from '../gateway/log/log.ts';
import {exitCodes} from './exit.ts';
import {takeSignals} from './signals.ts';

// Those of signals.ts are handled below. The others mean a broken process, in which a listener would only hide the fault; and a gateway
// keeps its process alive, so that an empty event loop is no reason to close.
const skippedEvents = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGUSR2',
  'beforeExit',
] as const;

/** Beyond the gateway's own grace, for what is left to do around it. */
const slackMs = 900;

/** A Ctrl-C under npx arrives twice, from the terminal and from npm: this soon, it is the same one. */
const echoMs = 500;

const parentCheckMs = 500;

/** Calls `close` once, whatever ends the process; it settles within `maxMs` (the longest shutdown), or is not waited for. */
export function closeAtEnd(log: Log, maxMs: number, close: () => Promise<void>): void {
  let reason: string | undefined;
  let begunAt = 0;
  const ending = closeWithGrace(
    {
      delay: maxMs + slackMs,
      logger: false,
      skip: [...skippedEvents],
      onTimeout: () => log.error({maxMs}, 'gateway.stopTimedOut'),
      onSecondError: (error) => log.fatal({err: error}, 'process.failedAgain'),
    },
    async ({err}) => {
      if (err !== undefined) log.fatal({err}, 'process.failed');
      log.info({reason: reason ?? 'failure'}, 'gateway.stopping');
      const startedAt = systemClock.now();
      await close();
      log.info({tookMs: Math.round(systemClock.now() - startedAt)}, 'gateway.stopped');
    },
  );
  function end(why: string): void {
    if (reason === undefined) {
      reason = why;
      begunAt = systemClock.now();
      ending.close();
    } else if (systemClock.now() - begunAt >= echoMs) {
      log.warn({reason: why}, 'process.killed');
      process.exit(exitCodes.failure);
    }
  }
  takeSignals({end, ignore: (signal, reason) => log.warn({signal, reason}, 'process.signalIgnored')});
  if (process.env.npm_command === 'exec') watchParent(() => end('npx ended'));
}

// Npx passes SIGTERM to its shell alone. Where that is dash, it dies without passing it on, and the gateway would stay
// behind, unseen, on its port.
function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  function check(): void {
    if (process.ppid === parent) systemClock.startTimer(parentCheckMs, check);
    else onGone();
  }
  check();
}
