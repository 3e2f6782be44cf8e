// What src/machines/steps.ts must say, made from the charts: read off their tables, cell by cell.

import type {Table} from '../../src/machines/tabulate.ts';
import {clientTables} from './tables.ts';

export const stepsFile = new URL('../../src/machines/steps.ts', import.meta.url);

const head = `// Made from the charts of this folder by \`npm run steps\`; a test fails where it is stale. The charts that the client SDK
// runs, as plain data: XState, which is larger than the whole SDK, made every step of them and is not needed to take one.

import type {Steps} from './step.ts';
`;
const lineMax = 120;

/** The whole file. */
export function emittedText(): string {
  return [head, ...clientTables.map(emitTable)].join('\n');
}

/** The steps of a table, as the file must hold them. */
export function stepsOf({vocabulary, isHandled, next, effects}: Table<string, string, string>) {
  const {states, events} = vocabulary;
  return Object.fromEntries(
    states.map((state, from) => {
      const handled = events.flatMap((event, code) => {
        const cell = from * events.length + code;
        if (isHandled[cell] !== 1) return [];
        const names = (effects[cell] ?? []).map((effect) => vocabulary.effects[effect] ?? '');
        return [[event, [states[next[cell] ?? -1] ?? '', ...names]] as const];
      });
      return [state, Object.fromEntries(handled)] as const;
    }),
  );
}

function emitTable(table: Table<string, string, string>): string {
  const {machine, vocabulary} = table;
  const typeName = `${machine.id[0]?.toUpperCase()}${machine.id.slice(1)}`;
  const types = [
    emitUnion(`${typeName}State`, vocabulary.states),
    emitUnion(`${typeName}Event`, vocabulary.events),
    emitUnion(`${typeName}Effect`, vocabulary.effects),
  ];
  const states = Object.entries(stepsOf(table)).map(([state, handled]) => {
    const lines = Object.entries(handled).map(
      ([event, step]) => `    ${quote(event)}: [${step.map(literal).join(', ')}],`,
    );
    return lines.length === 0 ? `  ${quote(state)}: {},` : [`  ${quote(state)}: {`, ...lines, '  },'].join('\n');
  });
  const type = `Steps<${typeName}State, ${typeName}Event, ${typeName}Effect>`;
  return [...types, '', `export const ${machine.id}Steps: ${type} = {`, ...states, '};', ''].join('\n');
}

function emitUnion(name: string, members: readonly string[]): string {
  const line = `export type ${name} = ${members.map(literal).join(' | ')};`;
  if (line.length <= lineMax) return line;
  return [`export type ${name} =`, ...members.map((member) => `  | ${literal(member)}`)].join('\n').concat(';');
}

function literal(text: string): string {
  return `'${text}'`;
}

function quote(name: string): string {
  return /^\w+$/.test(name) ? name : literal(name);
}
