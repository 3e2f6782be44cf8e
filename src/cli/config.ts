// `rainbow config`: the effective configuration and the source of each value, with secrets hidden. Starts nothing.

import type {Command} from 'commander';
import {configurationKeys} from '../gateway/config/configuration-keys.ts';
import {describeConfiguration, hideSecrets, type ValidConfiguration} from '../gateway/config/configuration-report.ts';
import {printJson} from './output.ts';
import {addSettingOptions, readSettings, type SettingFlags} from './settings.ts';

/** Adds the command. */
export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .summary('print the effective configuration')
    .description(
      'Prints the effective configuration and the source of each value, as a file that -f takes once you have filled in ' +
        'the secrets, which are printed as comments. Exits with 78 and lists all errors if there are any.',
    )
    .option('--json', 'print as JSON');
  addSettingOptions(command)
    .addHelpText('after', '\nExamples:\n  rainbow config -f config/server.ini\n  rainbow config --json --keep-alive 30')
    .action(printConfiguration);
}

function printConfiguration(flags: SettingFlags & {readonly json?: true}): void {
  const configuration = readSettings(flags);
  if (flags.json) {
    printJson({settings: settingsOf(configuration), warnings: configuration.warnings});
    return;
  }
  process.stdout.write(describeConfiguration(configuration));
  for (const warning of configuration.warnings) process.stderr.write(`warning: ${warning}\n`);
}

/** Values as texts of the file, by key. */
function settingsOf({options, sources}: ValidConfiguration): Readonly<Record<string, unknown>> {
  const secrets = [options.securityToken, options.inspectorKey, ...options.apiKeys];
  return Object.fromEntries(
    configurationKeys.map(({key, field, form}) => {
      return [key, {value: hideSecrets(form.write(options[field]), secrets), source: sources[key]}];
    }),
  );
}
