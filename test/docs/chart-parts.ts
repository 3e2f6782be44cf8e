// A statechart in a document: as a drawing that GitHub and editors show (Mermaid), as a table of its steps, and as a table
// of its states. Made from the machine that runs.

import {type ChartDocument, describeCharts, type TransitionDocument} from '../../src/machines/chart-document.ts';

function chartNamed(id: string): ChartDocument {
  const chart = describeCharts().find((candidate) => candidate.id === id);
  if (chart === undefined) throw new Error(`Expected a chart, got ${id}`);
  return chart;
}

/** The drawing, and under it what each state does on each event. */
export function chartPart(id: string): string {
  return `${drawingPart(id)}\n${stepTable(chartNamed(id))}`;
}

/** The drawing alone. A step that all states within another one have is drawn once, from the one around them. */
export function drawingPart(id: string): string {
  const {states, transitions} = chartNamed(id);
  const groups = [...new Set(states.flatMap(({name}) => groupOf(name) ?? []))];
  const boxes = groups.flatMap((group) => {
    const inner = states.filter(({name}) => groupOf(name) === group).map(({name}) => name);
    const own = transitions.filter(({from, to}) => inner.includes(from) && inner.includes(to));
    return [
      `  state ${group} {`,
      ...inner.map((name) => `    state "${name.slice(group.length + 1)}" as ${aliasOf(name)}`),
      ...own.map((step) => `  ${arrow(step.from, step)}`),
      '  }',
    ];
  });
  const outer = transitions.flatMap((step) => {
    const group = groupOf(step.from);
    if (group === undefined) return [arrow(step.from, step)];
    if (groupOf(step.to) === group) return [];
    const inner = states.filter(({name}) => groupOf(name) === group);
    const isOfAll = inner.every(({name}) => transitions.some((other) => other.from === name && isSame(step, other)));
    if (!isOfAll) return [arrow(step.from, step)];
    return inner[0]?.name === step.from ? [arrow(group, step)] : [];
  });
  const ends = states.filter(({isFinal}) => isFinal).map(({name}) => `  ${aliasOf(name)} --> [*]`);
  const lines = [`  [*] --> ${aliasOf(states[0]?.name ?? '')}`, ...boxes, ...outer, ...ends];
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.join('\n')}\n\`\`\`\n`;
}

/** What each state means. */
export function statesPart(id: string): string {
  const rows = chartNamed(id).states.map(({name, isFinal, description = '', rule = ''}) => {
    return `| \`${name}\`${isFinal ? ', the end' : ''} | ${description} | ${rule} |`;
  });
  return [`| State of \`${id}\` | Means | Rule |`, '|---|---|---|', ...rows, ''].join('\n');
}

function stepTable({id, transitions}: ChartDocument): string {
  const rows = transitions.map(({from, event, to, effects, rule}) => {
    const target = to === from ? '' : `\`${to}\``;
    return `| \`${from}\` | \`${event}\` | ${effects.map((effect) => `\`${effect}\``).join(', ')} | ${target} | ${rule ?? ''} |`;
  });
  return [`| State of \`${id}\` | Event | Do | Next, if another | Rule |`, '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

function arrow(from: string, {event, to, effects}: TransitionDocument): string {
  const label = effects.length === 0 ? event : `${event} / ${effects.join(', ')}`;
  return `  ${aliasOf(from)} --> ${aliasOf(to)}: ${label}`;
}

/** `open` of `open.fresh`. */
function groupOf(name: string): string | undefined {
  return name.includes('.') ? name.slice(0, name.indexOf('.')) : undefined;
}

/** A name without dots, which mean something to Mermaid. */
function aliasOf(name: string): string {
  return name.replaceAll('.', '_');
}

function isSame(step: TransitionDocument, other: TransitionDocument): boolean {
  return step.event === other.event && step.to === other.to && step.effects.join() === other.effects.join();
}
