// Writes and reads the lines of a feed and of a recording (trace.ts). Pure, runs in a browser.

import {type TraceEvent, type TraceLine, traceVersion} from './trace.ts';

/** Content type of a feed and of a recording: one JSON object a line. */
export const traceContentType = 'application/x-ndjson; charset=utf-8';

/** Whether a line is an event, rather than something about the whole. */
export function isTraceEvent(line: TraceLine): line is TraceEvent {
  switch (line.kind) {
    case 'header':
    case 'snapshot':
    case 'roster':
    case 'lost':
    case 'coverage':
      return false;
    default:
      return true;
  }
}

/** The line with its line end. */
export function writeTraceLine(line: TraceLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** A recording that cannot be read; `line` counts from 1. */
export class TraceFault extends Error {
  override readonly name = 'TraceFault';
  readonly line: number;

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
    this.line = line;
  }
}

/**
 * Takes the text of a feed or of a recording as it comes, in pieces that may end anywhere, and gives its lines. Lines of an
 * unknown kind are passed over, as members that are added later are. Throws {@link TraceFault} where it is no recording, or
 * one of another version.
 */
export class TraceReader {
  /** After {@link end}: whether the last line was cut off. */
  isCut = false;
  #rest = '';
  #lines = 0;
  #hasHeader = false;

  /** The lines that `text` completes. */
  read(text: string): TraceLine[] {
    const pieces = (this.#rest + text).split('\n');
    this.#rest = pieces.pop() ?? '';
    return pieces.flatMap((piece) => this.#parse(piece));
  }

  /**
   * The last line, without a line end. If it was cut off it is ignored: its writer was stopped. A
   * header is not: without it there is nothing to read.
   */
  end(): TraceLine[] {
    const rest = this.#rest;
    this.#rest = '';
    this.isCut = rest.trim() !== '' && parseObject(rest) === undefined;
    return this.isCut && this.#hasHeader ? [] : this.#parse(rest);
  }

  #parse(text: string): TraceLine[] {
    this.#lines++;
    if (text.trim() === '') return [];
    const value = parseObject(text);
    if (value === undefined) throw new TraceFault(this.#lines, 'expected a JSON object');
    const isHeader = value.kind === 'header';
    if (isHeader === this.#hasHeader) {
      throw new TraceFault(this.#lines, isHeader ? 'expected one header' : 'expected the header of a recording');
    }
    this.#hasHeader = true;
    if (isHeader && value.version !== traceVersion) {
      throw new TraceFault(this.#lines, `expected version ${traceVersion}, got ${String(value.version)}`);
    }
    // The border: a line of a kind that is known has that kind's members, by the version above.
    return isLineKind(value.kind) ? [value as unknown as TraceLine] : [];
  }
}

const lineKinds: Readonly<Record<TraceLine['kind'], true>> = {
  header: true,
  transition: true,
  packet: true,
  published: true,
  answered: true,
  delivery: true,
  call: true,
  callAnswered: true,
  membership: true,
  apiRefused: true,
  snapshot: true,
  roster: true,
  lost: true,
  coverage: true,
};

function isLineKind(kind: unknown): kind is TraceLine['kind'] {
  return typeof kind === 'string' && Object.hasOwn(lineKinds, kind);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON: the caller says where.
    return undefined;
  }
}
