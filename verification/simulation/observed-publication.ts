// One publication as its caller and its recipients see it: who must get it, who got it, who acknowledged, and whether
// the answer to the caller is true. [RB-61] [RB-62]

import type {PublishOutcome, PublishRequest} from '../../src/router/router.ts';
import type {Violations} from './violation.ts';

/** An acknowledgement as it reached the gateway on an open connection. */
interface Confirmation {
  readonly at: number;
  readonly reply: Uint8Array;
}

/** What the publication asks the observer about connections. */
export interface ConnectionFacts {
  /** When the gateway knew of its end; `undefined` while it is open. */
  endedAt(connection: number): number | undefined;
  identityOf(connection: number): string;
  /** Whether every client reads and acknowledges at once. */
  readonly isClean: boolean;
}

/** Where nothing is wrong, every client has confirmed by then. */
const patienceMs = 10_000;

export class ObservedPublication {
  readonly serial: number;
  readonly request: PublishRequest;
  readonly requestedAt: number;
  /** Connections it is for; `undefined` where they cannot be known. */
  readonly members: ReadonlySet<number> | undefined;
  settledAt: number | undefined;
  /** What the outcome said, once settled well. */
  outcome: PublishOutcome | undefined;
  /** Connections whose client has it. */
  readonly received = new Set<number>();
  readonly #confirmations = new Map<number, Confirmation>();
  readonly #violations: Violations;
  readonly #facts: ConnectionFacts;

  constructor(
    serial: number,
    request: PublishRequest,
    requestedAt: number,
    members: ReadonlySet<number> | undefined,
    violations: Violations,
    facts: ConnectionFacts,
  ) {
    this.serial = serial;
    this.request = request;
    this.requestedAt = requestedAt;
    this.members = members;
    this.#violations = violations;
    this.#facts = facts;
  }

  /** Order is promised among publications with the same line: one channel or client, one QoS. [RB-45] */
  get line(): string {
    const {channel, identity, qos} = this.request;
    return channel === undefined ? `${identity}/${qos}` : `#${channel}/${qos}`;
  }

  /** An ACK or REC reached the gateway; its client must have the message by then, if it does not lie. */
  confirmed(connection: number, at: number, reply: Uint8Array): void {
    this.#violations.check(this.received.has(connection), 'RB-61', connection, () => `${this.name} was not delivered`);
    if (!this.#confirmations.has(connection)) this.#confirmations.set(connection, {at, reply});
  }

  get name(): string {
    return `publication ${this.serial}`;
  }

  /** The caller's promise was settled: by an outcome, or by a rejection with this code. */
  settled(at: number, outcome: PublishOutcome | string, isStopping: boolean): void {
    if (this.settledAt !== undefined) this.#violations.note('settle', 0, `${this.name} was answered twice`);
    this.settledAt = at;
    if (typeof outcome === 'string') {
      const isExpected = outcome === 'RB_OVERLOADED' || (outcome === 'RB_STOPPING' && isStopping);
      if (!isExpected) this.#violations.note('settle', 0, `${this.name} was rejected with ${outcome}`);
      return;
    }
    this.outcome = outcome;
    const {timeoutMs, qos} = this.request;
    const dueAt = qos === 0 ? this.requestedAt : this.requestedAt + timeoutMs;
    if (at > dueAt) this.#violations.note('RB-62', 0, `${this.name} was due at ${dueAt}`);
    if (outcome.isTimedOut && at < dueAt) this.#violations.note('RB-62', 0, `${this.name} timed out early`);
    this.#checkCount(at, outcome);
    this.#checkReplies(outcome);
    this.#checkEnd(at, outcome);
  }

  // What reached the gateway before this instant is counted; what reached it in this instant may be.
  #checkCount(at: number, outcome: PublishOutcome): void {
    let certain = 0;
    for (const [connection, confirmation] of this.#confirmations) {
      const endedAt = this.#facts.endedAt(connection) ?? Number.POSITIVE_INFINITY;
      // One that came in the instant of the connection's end may have come after it.
      if (confirmation.at < at && confirmation.at < endedAt) certain++;
    }
    const possible = this.#confirmations.size;
    const {connections} = outcome;
    const isTrue = connections >= certain && connections <= possible;
    this.#violations.check(isTrue, 'RB-61', 0, () => {
      return `${this.name} was answered with connections ${connections}, confirmed by ${certain} to ${possible}`;
    });
  }

  #checkReplies({connections, replies, lastReply}: PublishOutcome): void {
    if (this.request.wantsReplies && replies.length !== connections) {
      this.#violations.note('RB-61', 0, `${this.name}: ${replies.length} replies of ${connections} connections`);
    }
    const sent = [...this.#confirmations].map(([connection, {reply}]) => [this.#facts.identityOf(connection), reply]);
    for (const {identity, data} of replies) {
      const place = sent.findIndex(([name, reply]) => name === identity && isSame(reply as Uint8Array, data));
      if (place < 0) this.#violations.note('RB-61', 0, `${this.name}: a reply that no client gave, of ${identity}`);
      else sent.splice(place, 1);
    }
    if (lastReply === undefined) return;
    const isGiven = [...this.#confirmations.values()].some(({reply}) => isSame(reply, lastReply));
    if (!isGiven || lastReply.length === 0)
      this.#violations.note('RB-61', 0, `${this.name}: a last reply that no client gave`);
  }

  // Answered before its time only where all have confirmed or gone; and then at once, and not as timed out.
  #checkEnd(at: number, outcome: PublishOutcome): void {
    const {members} = this;
    if (members === undefined || this.request.qos === 0) return;
    let open = 0;
    let lastAt = this.requestedAt;
    for (const connection of members) {
      const doneAt = this.#confirmations.get(connection)?.at ?? this.#facts.endedAt(connection);
      if (doneAt === undefined || doneAt > at) open++;
      else lastAt = Math.max(lastAt, doneAt);
    }
    // Of those that were refused some may have gone since.
    if (!outcome.isTimedOut && open > outcome.refused) {
      this.#violations.note('RB-61', 0, `${this.name} was answered while ${open} clients neither confirmed nor went`);
    }
    if (outcome.isTimedOut && this.#facts.isClean && this.request.timeoutMs >= patienceMs) {
      this.#violations.note('calm', 0, `${this.name} timed out though nothing was wrong`);
    }
    if (outcome.isTimedOut && open === 0 && lastAt < at) {
      this.#violations.note('RB-62', 0, `${this.name} was answered late: all was known at ${lastAt}`);
    }
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
