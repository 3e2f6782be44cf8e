// The gateway's lists: read page by page, as their reader goes on.

import type {ApiCaller} from './api-caller.ts';
import {readRow} from './api-rows.ts';
import type {ApiAnswer} from './send-result.ts';

/** How a list is read. */
export interface ListOptions {
  /** Entries for each call, 1 to 1,000. @default 100 */
  readonly pageSize?: number;
  /** Gives the call up that runs, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const listOptionNames = ['pageSize', 'signal'];

/** What is listed. */
export interface ListSource<Row> {
  readonly path: string;
  /** Of the answer: where the entries are. */
  readonly rows: string;
  /** Of an entry: what it has at least. */
  readonly name: keyof Row & string;
  readonly filter: Readonly<Record<string, string | undefined>>;
}

const pageSizeMax = 1_000;

/**
 * A list of the gateway: `for await` reads it, page by page, from its start. Each entry that is there the whole time comes
 * once; one that comes or goes meanwhile may. Reading rejects with `RainbowApiError`, or with the signal's reason.
 */
export class Listing<Row> implements AsyncIterable<Row> {
  readonly #caller: ApiCaller;
  readonly #source: ListSource<Row>;
  readonly #pageSize: number;
  readonly #signal: AbortSignal | undefined;
  #total: number | undefined;
  #isPartial = false;

  /** Throws `RangeError` if the page size is invalid. */
  constructor(caller: ApiCaller, source: ListSource<Row>, {pageSize = 100, signal}: ListOptions) {
    if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= pageSizeMax)) {
      throw new RangeError(`pageSize is ${pageSize}. Use a whole number from 1 to ${pageSizeMax}.`);
    }
    this.#caller = caller;
    this.#source = source;
    this.#pageSize = pageSize;
    this.#signal = signal;
  }

  /** Entries on all pages, as the latest page counted them; `undefined` before the first. */
  get total(): number | undefined {
    return this.#total;
  }

  /** Whether a thread or a node did not answer for one of the pages read so far: its entries may be missing. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void> {
    this.#isPartial = false;
    let cursor: string | undefined;
    do {
      const answer = await this.#read(cursor);
      const rows = answer[this.#source.rows];
      for (const value of Array.isArray(rows) ? rows : []) {
        const row = readRow(value, this.#source.name);
        if (row !== undefined) yield row;
      }
      cursor = typeof answer.cursor === 'string' ? answer.cursor : undefined;
    } while (cursor !== undefined);
  }

  /** The whole list. */
  async all(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of this) rows.push(row);
    return rows;
  }

  async #read(cursor: string | undefined): Promise<ApiAnswer> {
    const {path, filter} = this.#source;
    const query = new URLSearchParams({limit: String(this.#pageSize)});
    for (const [name, value] of Object.entries({...filter, cursor})) if (value !== undefined) query.set(name, value);
    const answer = await this.#caller.call({
      method: 'GET',
      path,
      query: query.toString().replaceAll('+', '%20'),
      mayRepeat: true,
      signal: this.#signal,
    });
    if (typeof answer.total === 'number') this.#total = answer.total;
    if (answer.partial === true) this.#isPartial = true;
    return answer;
  }
}
