// What happened to each connection, as the business server and the clients saw it: who was called for, who was let in,
// whose close call was made, or reported as not made. Holds it against what the gateway promises. [RB-64] [RB-67]
// [RB-68]

import type {Job} from './business.ts';
import type {StrainClient} from './client.ts';
import type {StrainHarness} from './harness.ts';

/** From the client's leaving to the worker that would write its call, three threads pass on the word. */
const wordMs = 2;

/** One connection that the business server said yes to. */
interface Yes {
  readonly client: StrainClient;
  readonly heardAt: number;
}

/** What concerns one identity: the gateway's own, or the name that the business server gave. */
interface Account {
  readonly yeses: Yes[];
  /** By RAINBOWMESSAGEID: how often the close call was carried out. */
  readonly closes: Map<string, number>;
  /** Close calls that the gateway reported as given up. */
  lost: number;
  /** RAINBOWMESSAGEID of each close call that came. */
  readonly asked: Set<string>;
}

export class Records {
  /** Connections by the identity that the gateway gave. */
  readonly clients = new Map<string, StrainClient>();
  /** Whether a thread has stood still: what it did last may be done again by its successor. */
  mayRepeat = false;
  /** Close calls that were lost with the node's end, as a number. */
  lostAtEnd = 0;
  /** Likewise, by the shard that says so. */
  readonly leftBy = new Map<number, number>();
  made = 0;
  readonly #harness: StrainHarness;
  readonly #accounts = new Map<string, Account>();

  constructor(harness: StrainHarness) {
    this.#harness = harness;
  }

  nameOf(identity: string): string | undefined {
    const client = this.clients.get(identity);
    return this.#harness.plan.isNaming && client !== undefined ? `person-${client.person}` : undefined;
  }

  /** A connect call has come. [RB-68] */
  connectAsked({identity}: Job): void {
    const client = this.clients.get(identity);
    const goneAt = client?.goneAt ?? Number.POSITIVE_INFINITY;
    if (client === undefined) this.#harness.note('RB-68: a connect call without a client');
    else if (goneAt < this.#harness.clock.now() - wordMs) {
      this.#harness.note(`RB-68: a connect call for client ${client.number}, which left at ${goneAt}`);
    }
  }

  /** The gateway's worker has a yes. */
  yesHeard({identity}: Job): void {
    const client = this.clients.get(identity);
    if (client === undefined) return;
    const key = this.nameOf(identity) ?? identity;
    this.#account(key).yeses.push({client, heardAt: this.#harness.clock.now()});
  }

  /** Before its 101 the older ones of its name are reported closed, or they never are. [RB-67] */
  admitted(client: StrainClient): void {
    const name = this.nameOf(client.identity);
    if (name === undefined) return;
    const {yeses, closes, lost} = this.#account(name);
    const older = yeses.filter((yes) => yes.client !== client && isOwed(yes));
    if (older.length > closes.size + lost) {
      this.#harness.note(`RB-67: ${name} is let in, and ${older.length - closes.size - lost} before it are not closed`);
    }
  }

  /** A close call has come: of each connection under one id, however often it is made. [RB-63] */
  closeAsked({identity, message}: Job): void {
    const {asked, yeses} = this.#account(identity);
    asked.add(message);
    if (asked.size > yeses.length) {
      this.#harness.note(
        `RB-63: close calls of ${yeses.length} connections come under ${asked.size} ids for ${identity}`,
      );
    }
  }

  /** A close call was carried out. */
  closed({identity, message}: Job): void {
    const {closes, yeses} = this.#account(identity);
    const times = (closes.get(message) ?? 0) + 1;
    closes.set(message, times);
    this.made++;
    if (times > 1 && !this.mayRepeat)
      this.#harness.note(`RB-64: the close call ${message} was carried out ${times} times`);
    if (closes.size > yeses.length)
      this.#harness.note(`RB-64: ${closes.size} close calls of ${yeses.length} for ${identity}`);
  }

  /** The gateway says that it gave one up. */
  lost(identity: string): void {
    this.#account(identity).lost++;
  }

  /** A shard, or the node for shards that died, says at its end how many are left. */
  left(shard: number | undefined, count: number): void {
    this.lostAtEnd += count;
    if (shard !== undefined) this.leftBy.set(shard, count);
  }

  /** At the end each yes has its close call, or the gateway said that it has not. [RB-64] */
  check(): void {
    let missing = 0;
    const names: string[] = [];
    for (const [identity, {yeses, closes, lost}] of this.#accounts) {
      const owed = yeses.filter(isOwed).length;
      if (owed <= closes.size + lost) continue;
      missing += owed - closes.size - lost;
      names.push(identity.slice(0, 12));
    }
    if (missing > this.lostAtEnd) {
      this.#harness.note(
        `RB-64: ${missing} close calls neither made nor reported, ${this.lostAtEnd} lost at the end: ${names[0]}`,
      );
    }
  }

  #account(identity: string): Account {
    let account = this.#accounts.get(identity);
    if (account === undefined) {
      account = {yeses: [], closes: new Map(), lost: 0, asked: new Set()};
      this.#accounts.set(identity, account);
    }
    return account;
  }
}

/** Of a thread that was ended, those are known whose clients got them; of one that was not, all. */
function isOwed({client}: Yes): boolean {
  return client.admittedAt !== undefined || client.shard?.thread.hasEnded !== true || client.shard.hasStopped;
}
