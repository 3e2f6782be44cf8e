// `rainbow-server` and `rainbow serve`: the options of a gateway. What starts one is loaded only when one is started, so
// that the other commands are quick.

import type {Command} from 'commander';
import {addSettingOptions, readSettings, type SettingFlags} from './settings.ts';

const help = `
Exit codes: 0 stopped by a signal, 1 failure, 2 usage, 78 configuration.
SIGTERM and SIGINT close every client, notify the business server, and end the process as
soon as the close calls are answered: within shutdown_grace while none is, within shutdown_max at most.
SIGHUP is ignored with a log line: to apply a new configuration, restart.

Examples:
  NAME -f config/server.ini -p 1984
  RAINBOW_SECURITY_TOKEN=… NAME -f /etc/rainbow/server.ini --log-level debug`;

/** Makes `command` start a gateway. */
export function makeServe(command: Command, name: string): void {
  addSettingOptions(command)
    .addHelpText('after', help.replaceAll('NAME', name))
    .action(async (flags: SettingFlags) => {
      const configuration = readSettings(flags);
      const {runGateway} = await import('./gateway-process.ts');
      await runGateway(configuration);
    });
}

/** Adds `serve`. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('start a gateway, as rainbow-server does')
    .description('Starts a gateway; the same as rainbow-server.');
  makeServe(command, 'rainbow serve');
}
