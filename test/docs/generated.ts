// The parts of the documents that are made from the code, between `<!-- KIND NAME -->` and `<!-- end -->`: the help of the
// commands, and the charts. A test compares them; `npm run docs` writes them.

import type {Command} from 'commander';
import {makeProgram} from '../../src/cli/rainbow.ts';
import {makeProgram as makeServerProgram} from '../../src/cli/rainbow-server.ts';
import {type ChartDocument, describeCharts} from '../../src/machines/chart-document.ts';
import type {Document} from './documents.ts';

const part = /(<!-- (?<kind>help|chart) (?<name>[\w -]+) -->\n).*?(<!-- end -->)/gs;

/** The document as it should be. */
export function generate({text}: Document): string {
  return text.replaceAll(part, (...found) => {
    const {kind, name} = found.at(-1) as {readonly kind: string; readonly name: string};
    return `${found[1]}\n${kind === 'help' ? helpPart(name) : chartPart(name)}\n${found[4]}`;
  });
}

/** The names of a kind that have a part in the document. */
export function partsOf({text}: Document, kind: 'help' | 'chart'): readonly string[] {
  return [...text.matchAll(part)].filter(({groups}) => groups?.kind === kind).map(({groups}) => groups?.name ?? '');
}

/** All commands, as they are called. */
export function commandNames(): readonly string[] {
  return ['rainbow', ...makeProgram().commands.map((command) => `rainbow ${command.name()}`), 'rainbow-server'];
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
  const program = makeProgram();
  const found = name === 'rainbow' ? program : program.commands.find((command) => name === `rainbow ${command.name()}`);
  if (found === undefined) throw new Error(`Expected a command, got ${name}`);
  return found;
}

function chartPart(id: string): string {
  const chart = describeCharts().find((candidate) => candidate.id === id);
  if (chart === undefined) throw new Error(`Expected a chart, got ${id}`);
  return `${drawing(chart)}\n${table(chart)}`;
}

function drawing({states, transitions}: ChartDocument): string {
  const lines = [`  [*] --> ${states[0]?.name}`];
  for (const {from, event, to, effects} of transitions) {
    const label = effects.length === 0 ? event : `${event} / ${effects.join(', ')}`;
    lines.push(`  ${from} --> ${to}: ${label}`);
  }
  for (const {name, isFinal} of states) if (isFinal) lines.push(`  ${name} --> [*]`);
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.join('\n')}\n\`\`\`\n`;
}

function table({id, transitions}: ChartDocument): string {
  const rows = transitions.map(({from, event, to, effects, rule}) => {
    const target = to === from ? '' : `\`${to}\``;
    return `| \`${from}\` | \`${event}\` | ${effects.map((effect) => `\`${effect}\``).join(', ')} | ${target} | ${rule ?? ''} |`;
  });
  return [`| State of \`${id}\` | Event | Do | Next, if another | Rule |`, '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}
