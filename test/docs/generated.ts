// The parts of the documents that are made from the code, between `<!-- KIND NAME -->` and `<!-- end -->`: the help of the
// commands, the charts (chart-parts.ts), and the configuration (configuration-parts.ts). A test compares them; `npm run docs` writes them.

import type {Command} from 'commander';
import {makeProgram} from '../../src/cli/rainbow.ts';
import {makeProgram as makeServerProgram} from '../../src/cli/rainbow-server.ts';
import {chartPart, drawingPart, statesPart} from './chart-parts.ts';
import {configurationSchema, keysPart, serverIni} from './configuration-parts.ts';
import type {Document} from './documents.ts';

/** Makes each kind of part from its name. */
const makers = {help: helpPart, chart: chartPart, drawing: drawingPart, states: statesPart, keys: keysPart} as const;
type PartKind = keyof typeof makers;

const part = /(<!-- (?<kind>help|chart|drawing|states|keys) (?<name>[\w, -]+?) -->\n).*?(<!-- end -->)/gs;

/** Files that are made from the code as a whole, by their paths from the root. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'config/server.ini': serverIni,
  'docs/configuration.schema.json': configurationSchema,
};

/** The document as it should be. */
export function generate({text}: Document): string {
  return text.replaceAll(part, (...found) => {
    const {kind, name} = found.at(-1) as {readonly kind: PartKind; readonly name: string};
    return `${found[1]}\n${makers[kind](name)}\n${found[4]}`;
  });
}

/** The names of a kind that have a part in the document. */
export function partsOf({text}: Document, kind: PartKind): readonly string[] {
  return [...text.matchAll(part)].filter(({groups}) => groups?.kind === kind).map(({groups}) => groups?.name ?? '');
}

const program = await makeProgram();

/** All commands, as they are called. */
export function commandNames(): readonly string[] {
  return [
    'rainbow',
    ...program.commands
      .map((command) => command.name())
      .filter(isDescribed)
      .map((name) => `rainbow ${name}`),
    'rainbow-server',
  ];
}

/** `help` only prints what the others say of themselves. */
function isDescribed(name: string): boolean {
  return name !== 'help';
}

function helpPart(name: string): string {
  return `\`\`\`text\n${helpOf(name)}\`\`\`\n`;
}

/** What `NAME --help` prints where it is no terminal. */
export function helpOf(name: string): string {
  const command = findCommand(name);
  let text = '';
  command.configureOutput({
    writeOut: (written) => {
      text += written;
    },
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

function findCommand(name: string): Command {
  if (name === 'rainbow-server') return makeServerProgram();
  const found = name === 'rainbow' ? program : program.commands.find((command) => name === `rainbow ${command.name()}`);
  if (found === undefined) throw new Error(`Expected a command, got ${name}`);
  return found;
}
