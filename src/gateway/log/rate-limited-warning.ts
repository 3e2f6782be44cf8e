// A warning about something that may happen thousands of times a second; see reports.ts.

import type {Reports} from './reports.ts';

export class RateLimitedWarning {
  readonly #reports: Reports;
  readonly #event: string;

  constructor(reports: Reports, event: string) {
    this.#reports = reports;
    this.#event = event;
  }

  /** It has happened once more; `fields` are those of this time. */
  count(fields: Readonly<Record<string, unknown>>): void {
    this.#reports.take({level: 'warn', event: this.#event, fields});
  }
}
