// Follows one publication while it runs, in every part of the gateway: who has answered, and whether those are as many as the
// caller wants. Made only for calls that ask for it; a plain publication has none, and pays nothing.
//
//   caller ── Gathering ──┬── PartProgress ── this thread's publication      begun: so many recipients
//                         ├── PartProgress ── port ── another thread         settled: one of them, with its outcome
//                         └── PartProgress ── HTTP ── another node           done: no more of them will be reported

import type {RecipientOutcome} from '../protocol/api.ts';

/** The outcome of the message at one recipient. */
export interface RecipientReport {
  readonly identity: string;
  readonly outcome: RecipientOutcome;
  /** Its reply, in bytes of its own; empty unless it confirmed. */
  readonly data: Uint8Array;
  /** From the beginning of the publication in its part. */
  readonly ms: number;
}

/** How many replies a caller waits for. `majority`: more than half of all recipients. */
export type Want = number | 'majority' | 'all';

/** What a publication reports to; `stop` ends the gathering, and the message is delivered all the same. */
export interface Follower {
  /** Whether the identities of all recipients are wanted at the beginning. */
  readonly wantsNames: boolean;
  readonly isStopped: boolean;
  /** Set by the publication: has it answered at once, with what is known. */
  onStop: (() => void) | undefined;
  /** Once, before anything is settled. `names` is empty unless wanted. */
  begun(recipients: number, names: readonly string[]): void;
  settled(report: RecipientReport): void;
}

/** What a caller wants to know meanwhile. */
export interface GatheringTerms {
  readonly want: Want;
  readonly wantsNames: boolean;
  readonly onReport: (report: RecipientReport) => void;
  /** Called once, when every part has said how many recipients it has, or will not. */
  readonly onKnown?: ((recipients: number, names: readonly string[]) => void) | undefined;
}

/** One publication, as its caller follows it. */
export class Gathering {
  readonly wantsNames: boolean;
  readonly #want: Want;
  readonly #onReport: (report: RecipientReport) => void;
  readonly #onKnown: GatheringTerms['onKnown'];
  readonly #names: string[] = [];
  #isKnown = false;
  readonly #parts: PartProgress[] = [];
  /** Parts of which it is not known how many recipients they have. The caller itself counts until all are asked. */
  #unknown = 1;
  /** Parts that never said how many recipients they have. */
  #missing = 0;
  #recipients = 0;
  #confirmed = 0;
  /** Recipients that may still confirm. */
  #open = 0;
  #isStopped = false;

  constructor({want, wantsNames, onReport, onKnown}: GatheringTerms) {
    this.#onKnown = onKnown;
    this.#want = want;
    this.wantsNames = wantsNames;
    this.#onReport = onReport;
  }

  /** One more part is asked. */
  addPart(): PartProgress {
    const part = new PartProgress(this);
    this.#parts.push(part);
    this.#unknown++;
    return part;
  }

  /** All parts are asked. */
  ready(): void {
    this.#unknown--;
    this.#look();
  }

  /** Whether {@link stop} was called, or as many confirmed as were wanted. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Has every part answer at once. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const part of this.#parts) part.onStop?.();
  }

  /** Whether so many confirmed as were wanted; of `majority` and `all` this is known only where every part has answered. */
  get isReached(): boolean {
    if (typeof this.#want === 'number') return this.#confirmed >= this.#want;
    if (this.#missing > 0) return false;
    return this.#want === 'all' ? this.#confirmed === this.#recipients : this.#confirmed >= this.#majority;
  }

  /** Recipients without a report, where names were wanted, each with its outcome. */
  *unsettled(): Generator<readonly [identity: string, outcome: RecipientOutcome], void, void> {
    for (const part of this.#parts) for (const identity of part.unsettled) yield [identity, part.rest];
  }

  /** For a part. */
  partBegun(recipients: number, names: readonly string[]): void {
    if (this.#onKnown !== undefined) for (const name of names) this.#names.push(name);
    this.#unknown--;
    this.#recipients += recipients;
    this.#open += recipients;
    this.#look();
  }

  /** For a part. */
  partSettled(report: RecipientReport): void {
    this.#open--;
    if (report.outcome === 'confirmed') this.#confirmed++;
    this.#onReport(report);
    this.#look();
  }

  /** For a part: `open` of its recipients will not be reported. */
  partDone(isBegun: boolean, open: number): void {
    this.#open -= open;
    if (!isBegun) {
      this.#unknown--;
      this.#missing++;
    }
    this.#look();
  }

  get #majority(): number {
    return Math.floor(this.#recipients / 2) + 1;
  }

  /** Stops where enough have confirmed, or not enough are left that may. */
  #look(): void {
    if (this.#unknown === 0 && !this.#isKnown) {
      this.#isKnown = true;
      this.#onKnown?.(this.#recipients, this.#names);
    }
    const needed = this.#needed();
    if (needed === undefined || this.#isStopped) return;
    if (this.#confirmed >= needed || (this.#unknown === 0 && this.#confirmed + this.#open < needed)) this.stop();
  }

  /** `undefined`: all, or not known yet. More than there are means all. */
  #needed(): number | undefined {
    if (this.#want === 'all' || (this.#want === 'majority' && this.#unknown > 0)) return undefined;
    const wanted = this.#want === 'majority' ? this.#majority : this.#want;
    return this.#unknown > 0 ? wanted : Math.min(wanted, this.#recipients);
  }
}

/** One part of the gateway in it. */
export class PartProgress implements Follower {
  onStop: (() => void) | undefined;
  /** What is to be said of recipients that are not settled. */
  rest: RecipientOutcome = 'open';
  readonly #gathering: Gathering;
  readonly #counts = {confirmed: 0, refused: 0, gone: 0, failed: 0, queued: 0};
  #recipients: number | undefined;
  #settled = 0;
  #names: Set<string> | undefined;
  #lastReply: Uint8Array | undefined;
  #isDone = false;

  constructor(gathering: Gathering) {
    this.#gathering = gathering;
  }

  get wantsNames(): boolean {
    return this.#gathering.wantsNames;
  }

  get isStopped(): boolean {
    return this.#gathering.isStopped;
  }

  get isBegun(): boolean {
    return this.#recipients !== undefined;
  }

  /** Only where names were wanted. */
  get unsettled(): Iterable<string> {
    return this.#names ?? [];
  }

  begun(recipients: number, names: readonly string[]): void {
    if (this.#isDone || this.isBegun) return;
    this.#recipients = recipients;
    if (this.wantsNames) this.#names = new Set(names);
    this.#gathering.partBegun(recipients, names);
  }

  settled(report: RecipientReport): void {
    const {identity, outcome, data} = report;
    if (this.#isDone || this.#recipients === undefined || this.#settled >= this.#recipients) return;
    this.#settled++;
    this.#names?.delete(identity);
    if (outcome !== 'timeout' && outcome !== 'open') this.#counts[outcome]++;
    if (data.length > 0) this.#lastReply = data;
    this.#gathering.partSettled(report);
  }

  /** The part has answered, or will not. */
  done(rest: RecipientOutcome): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.rest = rest;
    this.onStop = undefined;
    this.#gathering.partDone(this.isBegun, (this.#recipients ?? 0) - this.#settled);
  }

  /** The outcome where the part itself gives none: it was not waited for, or it has fallen silent. */
  outcome(message: string, rest: 'open' | 'gone' | 'late') {
    const {confirmed, ...others} = this.#counts;
    const counts = {...others, connections: confirmed, late: 0, open: 0};
    counts[rest] += (this.#recipients ?? 0) - this.#settled;
    return {message, ...counts, isTimedOut: false, lastReply: this.#lastReply, replies: []};
  }
}
