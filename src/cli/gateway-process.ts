// A process that is a gateway: starts it, says where it listens, ends it properly. Called by `rainbow-server` and
// `rainbow serve`.

import type {ValidConfiguration} from '../gateway/config/configuration-report.ts';
import type {GatewayOptions} from '../gateway/config/options.ts';
import {version} from '../gateway/config/version.ts';
import {type Gateway, startGateway} from '../gateway/gateway.ts';
import {createLog, isPretty} from '../gateway/log/log.ts';
import {standardOutput} from '../gateway/log/standard-output.ts';
import {watchProcess} from '../gateway/shards/process-watch.ts';
import {describeStart} from './banner.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {endUnread} from './output.ts';
import {closeAtEnd} from './shutdown.ts';
import {describeListenError, isListenError} from './system-error.ts';

/** Settles once the gateway listens; the process then lives until a signal ends it. */
export async function runGateway({options, warnings}: Omit<ValidConfiguration, 'kind' | 'sources'>): Promise<void> {
  // A reader of the log that has gone ends a command, but never a gateway.
  process.stdout.off('error', endUnread);
  const output = standardOutput();
  const log = createLog(options, output);
  for (const warning of warnings) log.warn({warning}, 'configuration.warning');
  watchProcess(options);
  const starting = startGateway(options, {log});
  // Before it listens, so that a signal during the start closes it as well.
  closeAtEnd(log, Math.max(options.shutdownGraceMs, options.shutdownMaxMs), async () => {
    const gateway = await starting.catch(() => undefined);
    await gateway?.close();
  });
  const {url, port} = await listening(starting, options);
  const {host, connectUrl, forwardUrl, closeUrl} = options;
  if (isPretty(options, output)) output.write(describeStart(url, options));
  else log.info({url, host, port, version, connectUrl, forwardUrl, closeUrl}, 'gateway.started');
}

async function listening(starting: Promise<Gateway>, {host, port}: GatewayOptions): Promise<Gateway> {
  try {
    return await starting;
  } catch (error) {
    // Anything else is a bug here, and its stack says more than a sentence.
    if (!isListenError(error)) throw error;
    throw new CommandFailure(exitCodes.failure, describeListenError({host, port}, error, '-p'));
  }
}
