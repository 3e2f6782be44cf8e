// What `rainbow bench` counts while it runs.

import {Histogram} from './histogram.ts';

export class Tally {
  /** Distinguishes this run's messages from others in the channel. */
  readonly run: Uint8Array;
  /** From when a message was due to its answer: of POST /send/, or of the business server. */
  readonly answers = new Histogram();
  /** From when a publication was due to each client. */
  readonly deliveries = new Histogram();
  sent = 0;
  answered = 0;
  failed = 0;
  /** Confirmations that the answers of POST /send/ report. */
  confirmed = 0;
  repeats = 0;
  /** Messages of others. */
  strangers = 0;
  /** Connections that ended before the run did. */
  lost = 0;
  /** Why calls failed, and how often. */
  readonly reasons = new Map<string, number>();

  constructor(run: Uint8Array) {
    this.run = run;
  }

  fail(reason: string): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  /** Sent, and neither answered nor failed. */
  get open(): number {
    return this.sent - this.answered - this.failed;
  }
}
