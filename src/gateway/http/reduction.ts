// `reduce` of /send/: one value made of what clients reply, as the replies come. A reply that is no JSON, an empty one too, is
// counted and left out; so is JSON of a kind that cannot be reduced so. Nothing of this fails an answer.

import {repliesBytesMax, replyBytes} from '../../router/router.ts';

/** How replies are reduced. */
export const reductions = ['count', 'min', 'max', 'merge', 'list'] as const;

export type Reduction = (typeof reductions)[number];

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** Takes replies and makes the value. */
export class Reducer {
  readonly #reduction: Reduction;
  #count = 0;
  #notJson = 0;
  #mismatched = 0;
  #bytes = 0;
  /** Whether some were left out, since the value would be too large. */
  isTruncated = false;
  /** Of `min` and `max`: the number, and its text, which may be more exact. */
  #extreme: {readonly value: number; readonly text: string} | undefined;
  readonly #members = new Map<string, unknown>();
  readonly #texts: string[] = [];

  constructor(reduction: Reduction) {
    this.#reduction = reduction;
  }

  /** One client's reply. */
  add(identity: string, data: Uint8Array): void {
    const json = parse(data);
    if (json === undefined) {
      this.#notJson++;
      return;
    }
    if (this.#reduction === 'count') this.#count++;
    else if (this.#reduction === 'list' || this.#reduction === 'merge') this.#keep(json, replyBytes({identity, data}));
    else this.#compare(json);
  }

  /** The members of the answer, with a comma before each. */
  text(): string {
    const mismatched = this.#mismatched > 0 ? `,"mismatched":${this.#mismatched}` : '';
    return `,"reduced":${this.#value()},"notJson":${this.#notJson}${mismatched}`;
  }

  #value(): string {
    switch (this.#reduction) {
      case 'count':
        return String(this.#count);
      case 'min':
      case 'max':
        return this.#extreme?.text ?? 'null';
      case 'merge':
        return JSON.stringify(Object.fromEntries(this.#members));
      case 'list':
        return `[${this.#texts.join(',')}]`;
    }
  }

  #compare({value, text}: Json): void {
    if (typeof value !== 'number') {
      this.#mismatched++;
      return;
    }
    const isFirst = this.#extreme === undefined;
    const isBeyond =
      this.#reduction === 'min' ? value < (this.#extreme?.value ?? 0) : value > (this.#extreme?.value ?? 0);
    if (isFirst || isBeyond) this.#extreme = {value, text};
  }

  #keep({value, text}: Json, bytes: number): void {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (this.#reduction === 'merge' && !isObject) {
      this.#mismatched++;
      return;
    }
    this.isTruncated ||= this.#bytes + bytes > repliesBytesMax;
    if (this.isTruncated) return;
    this.#bytes += bytes;
    if (this.#reduction === 'list') this.#texts.push(text);
    else for (const [name, member] of Object.entries(value as object)) this.#members.set(name, member);
  }
}

interface Json {
  readonly value: unknown;
  /** On one line. */
  readonly text: string;
}

function parse(data: Uint8Array): Json | undefined {
  try {
    const text = utf8.decode(data);
    const value: unknown = JSON.parse(text);
    // A line feed can only stand between two values; the answer may be one line of several.
    return {value, text: text.trim().replaceAll(/[\n\r]/g, ' ')};
  } catch {
    // Not UTF-8, or not JSON: it is counted as that.
    return undefined;
  }
}
