// The options of commands that read a configuration: `-f FILE`, and one flag for each key that is no secret. A secret has
// no flag, since everybody on a machine can read the arguments of its processes.

import {existsSync} from 'node:fs';
import {type Command, Option} from 'commander';
import {readConfiguration} from '../gateway/config/configuration.ts';
import {describeKey} from '../gateway/config/configuration-descriptions.ts';
import {type ConfigurationKey, configurationKeys, findKey} from '../gateway/config/configuration-keys.ts';
import {formatFault, type ValidConfiguration} from '../gateway/config/configuration-report.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {plural} from './output.ts';

/** Where a configuration is looked for when no `-f` says where. */
export const defaultFiles = ['config/server.ini', '/etc/rainbow/server.ini'] as const;

/** Variables of the commands' own, not of the configuration: see target.ts. */
const commandVariables = ['RAINBOW_URL', 'RAINBOW_API_KEY'];

/** What commander makes of the options below. */
export type SettingFlags = Readonly<Record<string, unknown>> & {readonly config?: string};

/** Texts by the keys of the file. */
type ConfigurationFlags = {[Key in ConfigurationKey]?: string};

/** Adds `-f, --config FILE`. */
export function addFileOption(command: Command): Command {
  const [nearby, system] = defaultFiles;
  return command.option('-f, --config <FILE>', `configuration file (default: ./${nearby}, else ${system})`);
}

/** Adds `-f`, `-p`, and the flags of all other keys under a heading of their own. */
export function addSettingOptions(command: Command): Command {
  addFileOption(command);
  command.addOption(new Option('-p, --port <PORT>', `port to listen on, 0 for a free one${defaultText('port')}`));
  command.optionsGroup('Settings, over those of the environment and of the file:');
  for (const {key, flag, form} of configurationKeys) {
    if (key === 'port' || form.isSecret === true) continue;
    const text = `${describeKey(key).summary}; ${form.expected}${defaultText(key)}`;
    command.addOption(new Option(form.isSwitch === true ? `${flag} [VALUE]` : `${flag} <VALUE>`, text));
  }
  return command;
}

function defaultText(key: string): string {
  const facts = findKey(key);
  if (facts?.defaultValue === undefined) return '';
  const text = facts.form.write(facts.defaultValue);
  return ` (default: ${text === '' || text === '[]' ? 'none' : text})`;
}

/** The whole configuration; ends the command with every fault where there is one. */
export function readSettings(flags: SettingFlags): ValidConfiguration {
  const file = flags.config ?? defaultFiles.find((path) => existsSync(path));
  const result = readConfiguration({file, environment: configurationEnvironment(), flags: configurationFlags(flags)});
  if (result.kind === 'valid') return result;
  const lines = result.faults.map(formatFault);
  if (file === undefined) {
    lines.push(`No configuration file: give one with -f FILE; there is neither ./${defaultFiles.join(' nor ')}.`);
    lines.push('To write one with every key and new secrets: rainbow init');
  }
  throw new CommandFailure(
    exitCodes.configuration,
    `the configuration has ${plural(result.faults.length, 'fault')}:`,
    ...lines,
  );
}

function configurationEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !commandVariables.includes(name)));
}

function configurationFlags(flags: SettingFlags): ConfigurationFlags {
  const texts: ConfigurationFlags = {};
  for (const {key} of configurationKeys) {
    // Commander names the option --keep-alive keepAlive.
    const text = flags[key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof text === 'string') texts[key] = text;
    // A switch may stand alone.
    if (text === true) texts[key] = 'on';
  }
  return texts;
}
