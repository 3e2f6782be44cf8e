// Tables of results: the same for the terminal and for the Markdown file.

import type {Pairs} from './comparison.ts';

/** One table. Cells are texts; figures are formatted by {@link figure}. */
export interface Table {
  readonly title: string;
  /** What the columns mean and what is to be reached. */
  readonly notes: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a section has found. */
export interface SectionResult {
  /** With --compare: what both revisions measured, for comparison.ts. */
  readonly pairs?: readonly Pairs[];
  readonly tables: readonly Table[];
  /** Every round, for the JSON file. */
  readonly rounds: unknown;
}

/** Three significant digits; nothing for what was not measured. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}

/** A part as a percentage. */
export function percent(part: number): string {
  return Number.isNaN(part) ? '-' : `${(part * 100).toFixed(0)} %`;
}

/** A ratio, marked where it is above what is to be reached. */
export function ratio(value: number, max = Number.POSITIVE_INFINITY): string {
  if (Number.isNaN(value)) return '-';
  return `${value.toFixed(2)}${value > max ? ' !' : ''}`;
}

/** A rate in thousands. */
export function thousands(perSecond: number): string {
  return figure(perSecond / 1000);
}

/** The table as Markdown, its columns aligned. */
export function formatTable({title, notes, columns, rows}: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, 3, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`;
  return [`## ${title}`, '', ...notes, ...(notes.length > 0 ? [''] : []), line(columns), rule, ...rows.map(line)].join(
    '\n',
  );
}
