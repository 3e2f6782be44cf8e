// What the writer of a store file keeps in memory of its sessions and publications: the numbers that name them in other
// tables, fencing tokens, and how many deliveries need each publication. Follows each transaction, also where it is undone.

import type {DatabaseSync} from 'node:sqlite';
import {isCloseCallReason} from '../../protocol/close-reason.ts';
import type {KnownSession} from '../admission.ts';

export interface NumberedSession extends KnownSession {
  readonly number: number;
  /** No delivery has been stored behind it. */
  position: number;
}

export interface NumberedPublication {
  readonly name: string;
  readonly number: number;
  deliveries: number;
}

export class RowNumbers {
  readonly #sessions = new Map<string, NumberedSession>();
  readonly #publications = new Map<string, NumberedPublication>();
  readonly #byNumber = new Map<number, NumberedPublication>();
  #lastSession = 0;
  #lastPublication = 0;
  /** What the transaction has changed, to be undone from the last to the first. */
  #undo: (() => void)[] = [];
  /** Publications that the transaction may have left without need. */
  readonly #loose = new Set<NumberedPublication>();

  constructor(database: DatabaseSync) {
    const sessions = 'SELECT number, session, fence, ended FROM session';
    const byNumber = new Map<number, NumberedSession>();
    for (const row of database.prepare(sessions).iterate()) {
      const ended = typeof row.ended === 'string' && isCloseCallReason(row.ended) ? row.ended : undefined;
      const known = {number: Number(row.number), fence: Number(row.fence), ended, position: 0};
      this.#sessions.set(String(row.session), known);
      byNumber.set(known.number, known);
      this.#lastSession = Math.max(this.#lastSession, known.number);
    }
    const positions = 'SELECT session, max(position) AS position FROM delivery GROUP BY session';
    for (const row of database.prepare(positions).iterate()) {
      const known = byNumber.get(Number(row.session));
      if (known !== undefined) known.position = Number(row.position);
    }
    for (const row of database.prepare('SELECT publication, number FROM publication').iterate()) {
      this.#know({name: String(row.publication), number: Number(row.number), deliveries: 0});
    }
    const counts =
      'SELECT publication, count(*) AS deliveries FROM delivery WHERE publication NOTNULL GROUP BY publication';
    for (const row of database.prepare(counts).iterate()) {
      const known = this.#byNumber.get(Number(row.publication));
      if (known !== undefined) known.deliveries = Number(row.deliveries);
    }
  }

  session(name: string): NumberedSession | undefined {
    return this.#sessions.get(name);
  }

  publication(name: string): NumberedPublication | undefined {
    return this.#publications.get(name);
  }

  putSession(name: string, {fence, ended}: KnownSession): NumberedSession {
    const before = this.#sessions.get(name);
    const known = {number: before?.number ?? ++this.#lastSession, fence, ended, position: before?.position ?? 0};
    this.#sessions.set(name, known);
    this.#undo.push(() => this.#restore(name, before));
    return known;
  }

  removeSession(name: string): void {
    const before = this.#sessions.get(name);
    this.#sessions.delete(name);
    this.#undo.push(() => this.#restore(name, before));
  }

  addPublication(name: string): NumberedPublication {
    const known = {name, number: ++this.#lastPublication, deliveries: 0};
    this.#know(known);
    this.#loose.add(known);
    this.#undo.push(() => this.#forget(known));
    return known;
  }

  /** A delivery needs it, one more (1) or one less (-1). */
  deliveriesChanged(number: number, by: 1 | -1): void {
    const known = this.#byNumber.get(number);
    if (known === undefined) return;
    known.deliveries += by;
    if (known.deliveries === 0) this.#loose.add(known);
    this.#undo.push(() => {
      known.deliveries -= by;
    });
  }

  /** It may have left its history. */
  loosen(number: number): void {
    const known = this.#byNumber.get(number);
    if (known !== undefined) this.#loose.add(known);
  }

  /** Of those that no delivery needs since the last call, `drop` says of each whether it goes. */
  settle(drop: (number: number) => boolean): void {
    for (const known of this.#loose) {
      if (known.deliveries > 0 || !this.#byNumber.has(known.number) || !drop(known.number)) continue;
      this.#forget(known);
      this.#undo.push(() => this.#know(known));
    }
    this.#loose.clear();
  }

  committed(): void {
    this.#undo = [];
  }

  rolledBack(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
    this.#loose.clear();
  }

  #restore(name: string, before: NumberedSession | undefined): void {
    if (before === undefined) this.#sessions.delete(name);
    else this.#sessions.set(name, before);
  }

  #know(known: NumberedPublication): void {
    this.#publications.set(known.name, known);
    this.#byNumber.set(known.number, known);
    this.#lastPublication = Math.max(this.#lastPublication, known.number);
  }

  #forget(known: NumberedPublication): void {
    this.#publications.delete(known.name);
    this.#byNumber.delete(known.number);
  }
}
