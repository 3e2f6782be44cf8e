// /serverinfo/ for people: one page that loads nothing, runs nothing and escapes every name.

import {createHash} from 'node:crypto';
import {type CounterName, counterMeanings} from '../../core/counters.ts';
import type {ChannelInfo, NodeFacts} from '../../router/router.ts';
import {channelsShownMax, isIncomplete, type ServerFacts} from './server-facts.ts';

const style = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1c2330;--soft:#667085;--line:#e3e6ec;--bar:#5b8def}
@media(prefers-color-scheme:dark){:root{--ground:#12151b;--card:#1a1f28;--ink:#e6e9ef;--soft:#98a2b3;--line:#2a313d;--bar:#4c7bd9}}
*{box-sizing:border-box}
body{margin:0;padding:2rem 1rem 4rem;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:auto}
h1{margin:0;font-size:1.6rem;letter-spacing:-.02em}
h1 i{display:inline-block;width:1.4em;height:.7em;margin-right:.4em;border-radius:1.4em 1.4em 0 0;background:radial-gradient(circle at 50% 100%,transparent 28%,#a06be0 29% 41%,#4b8df8 42% 54%,#3fb871 55% 67%,#f5c542 68% 79%,#ef5d5d 80%)}
h2{margin:2.2rem 0 .6rem;font-size:1.05rem}
p,small{color:var(--soft)}
h1+p{margin:.2rem 0 1.4rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;margin:0}
dl div{padding:.8rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.7rem}
dt{color:var(--soft);font-size:.8rem}
dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
dd small{display:block;font-size:.8rem}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:.7rem;overflow:hidden}
td,th{padding:.4rem 1rem;text-align:left;border-top:1px solid var(--line);overflow-wrap:anywhere}
tr:first-child>*{border-top:0}
th{color:var(--soft);font-size:.8rem;font-weight:500}
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td small{display:block}
td b{display:inline-block;min-width:5ch;font-weight:400}
meter{width:6rem;height:.5rem;margin-right:.8rem;vertical-align:middle}
meter::-webkit-meter-bar{background:var(--line);border:0;border-radius:1rem}
meter::-webkit-meter-optimum-value{background:var(--bar)}
meter::-moz-meter-bar{background:var(--bar)}
.none td{color:var(--soft)}
`;

const styleDigest = createHash('sha256').update(style).digest('base64');

/** Headers of the page: nothing may be loaded, run, framed or kept. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The page as HTML. */
export function renderPage(facts: ServerFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rainbow ${escapeHtml(facts.server)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1><i></i>Rainbow</h1>
<p>${escapeHtml(facts.server)} · version ${escapeHtml(facts.version)} · up ${duration(facts.uptimeSeconds)}</p>
${partialNote(facts)}<dl>
${tile('Connections', grouped(facts.connections))}
${tile('Channels', grouped(facts.channelsCount))}
${tile('CPU', `${facts.cpuPercent.toFixed(1)} %`, `process ${facts.pid}`)}
${tile('Memory', megabytes(facts.memoryBytes), `${facts.memoryPercent.toFixed(1)} %, heap ${megabytes(facts.heapBytes)}, held ${megabytes(facts.heldBytes)} of ${megabytes(facts.heldBytesMax)}`)}
</dl>
${nodesTable(facts)}<h2>Channels</h2>
${channelsTable(facts)}
<h2>Counters</h2>
${countersTable(facts)}
</main>
</body>
</html>
`;
}

/** Whose clients and channels the numbers lack. [RB-66] */
function partialNote({isOwnPartial, nodes}: ServerFacts): string {
  const incomplete = nodes.filter(isIncomplete).length;
  const parts = [
    ...(isOwnPartial ? ['a thread of this node'] : []),
    ...(incomplete === 0 ? [] : [`${incomplete} other node${incomplete === 1 ? '' : 's'}`]),
  ];
  if (parts.length === 0) return '';
  return `<p role="status"><b>Partial</b>: not every thread and node answered. Clients and channels of ${parts.join(' and ')} are missing.</p>\n`;
}

function tile(title: string, value: string, note = ''): string {
  return `<div><dt>${title}</dt><dd>${value}${note === '' ? '' : `<small>${escapeHtml(note)}</small>`}</dd></div>`;
}

function nodesTable(facts: ServerFacts): string {
  if (facts.nodes.length === 0) return '';
  const rows = [
    nodeRow(`${facts.server} (this node)`, {...facts, ...(facts.isOwnPartial && {isPartial: true})}),
    ...facts.nodes.map(({server, facts: others, cause}) => nodeRow(server, others, cause)),
  ];
  const names = ['Node', 'Version', 'Up', 'Channels', 'Connections', 'CPU', 'Memory'];
  const head = names.map((name) => `<th>${name}</th>`).join('');
  return `<h2>Nodes</h2>\n<table><tr>${head}</tr>${rows.join('')}</table>\n`;
}

function nodeRow(server: string, facts: NodeFacts | undefined, cause = 'does not answer'): string {
  const cells =
    facts === undefined
      ? [cause, '', '', '', '', '']
      : [
          facts.version ?? '-',
          facts.uptimeSeconds === undefined ? '-' : duration(facts.uptimeSeconds),
          grouped(facts.channelsCount),
          facts.connections === undefined ? '-' : `${grouped(facts.connections)}${facts.isPartial ? ' (partial)' : ''}`,
          `${facts.cpuPercent.toFixed(1)} %`,
          facts.memoryBytes === undefined ? `${facts.memoryPercent.toFixed(1)} %` : megabytes(facts.memoryBytes),
        ];
  return `<tr><td>${escapeHtml(server)}</td>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
}

function channelsTable(facts: ServerFacts): string {
  const parts = [facts, ...facts.nodes.flatMap((node) => node.facts ?? [])];
  const channels = sumChannels(parts);
  if (channels.length === 0) return '<table><tr class="none"><td>No channel has a client.</td></tr></table>';
  const connections = parts.reduce((sum, part) => sum + (part.connections ?? 0), 0);
  const most = Math.max(1, connections, ...channels.map((channel) => channel.connections));
  const shown = channels.slice(0, channelsShownMax);
  const rows = shown.map((channel) => {
    const meter = `<meter min="0" max="${most}" value="${channel.connections}"></meter>`;
    return `<tr><td>${escapeHtml(channel.name)}</td><td>${meter}<b>${grouped(channel.connections)}</b></td></tr>`;
  });
  const table = `<table><tr><th>Channel</th><th>Connections</th></tr>${rows.join('')}</table>`;
  // Of another node's list, too, only the first are known.
  const cut =
    channels.length - shown.length + parts.reduce((sum, part) => sum + part.channelsCount - part.channels.length, 0);
  const note = `The first ${grouped(shown.length)} by name; ${grouped(cut)} more are not shown.`;
  return cut === 0 ? table : `${table}<p>${note}</p>`;
}

/** The channels of all nodes, by name. */
function sumChannels(parts: readonly {readonly channels: readonly ChannelInfo[]}[]): readonly ChannelInfo[] {
  const sums = new Map<string, number>();
  for (const {name, connections} of parts.flatMap(({channels}) => channels)) {
    sums.set(name, (sums.get(name) ?? 0) + connections);
  }
  return [...sums]
    .map(([name, connections]) => ({name, connections}))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function countersTable({counters}: ServerFacts): string {
  const names = Object.keys(counterMeanings) as CounterName[];
  const rows = names.map((name) => {
    const count = counters[name];
    const meaning = counterMeanings[name];
    return `<tr><td>${escapeHtml(name)}<small>${escapeHtml(meaning)}</small></td><td>${grouped(count)}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}

function megabytes(bytes: number): string {
  return `${grouped(Math.round(bytes / 1_048_576))} MB`;
}

function duration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
