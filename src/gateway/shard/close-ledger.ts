// The close calls that a shard owes, written down in the main thread, so that they are made where the shard dies: by its
// successor, with the same RAINBOWMESSAGEID. [RB-64] The shard notes what changes, once a turn, on the port to its parent;
// what was posted arrives, however the shard ends. Only with several threads.

import type {OwedFacts} from '../../actors/owed-close.ts';
import type {CloseLedger} from '../../actors/shard-hooks.ts';
import {invariant} from '../../core/invariant.ts';
import {isCloseCallReason} from '../../protocol/close-reason.ts';

/** Notes of one turn, one after the other; what they are is written in this file only. */
export type LedgerNotes = readonly (string | number | undefined)[];

const noteOwed = 1;
const noteCookie = 2;
const noteReason = 3;
const noteSettled = 4;

/** Writes in the shard. */
export class LedgerWriter implements CloseLedger {
  readonly #post: (notes: LedgerNotes) => void;
  #notes: (string | number | undefined)[] = [];

  constructor(post: (notes: LedgerNotes) => void) {
    this.#post = post;
  }

  owed(message: string, identity: string, fencingToken: number, cookie: string | undefined): void {
    this.#notes.push(noteOwed, message, identity, fencingToken, cookie);
  }

  cookieChanged(message: string, cookie: string | undefined): void {
    this.#notes.push(noteCookie, message, cookie);
  }

  ended(message: string, reason: string): void {
    this.#notes.push(noteReason, message, reason);
  }

  settled(message: string): void {
    this.#notes.push(noteSettled, message);
  }

  /** Posts what was noted. */
  turnEnds(): void {
    if (this.#notes.length === 0) return;
    const notes = this.#notes;
    this.#notes = [];
    this.#post(notes);
  }
}

/** Keeps, in the main thread, what one shard owes. */
export class Ledger {
  // A client that is connected when its shard dies is closed by that: `crashed` until another reason is noted.
  readonly #owed = new Map<string, OwedFacts>();

  /** `owed` is what the shard takes over at its start. */
  constructor(owed: readonly OwedFacts[] = []) {
    this.add(owed);
  }

  get size(): number {
    return this.#owed.size;
  }

  add(owed: readonly OwedFacts[]): void {
    for (const facts of owed) this.#owed.set(facts.message, facts);
  }

  /** What is owed, in the order in which it began; the ledger is empty then. */
  take(): readonly OwedFacts[] {
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    return owed;
  }

  note(notes: LedgerNotes): void {
    for (let place = 0; place < notes.length; ) {
      const message = textAt(notes, place + 1);
      switch (notes[place]) {
        case noteOwed: {
          const claim = notes[place + 3];
          invariant(typeof claim === 'number', 'a claim stands here in the notes');
          const identity = textAt(notes, place + 2);
          const cookie = optionalTextAt(notes, place + 4);
          this.#owed.set(message, {identity, cookie, fencingToken: claim, message, reason: 'crashed'});
          place += 5;
          break;
        }
        case noteCookie:
          this.#change(message, {cookie: optionalTextAt(notes, place + 2)});
          place += 3;
          break;
        case noteReason: {
          const reason = textAt(notes, place + 2);
          invariant(isCloseCallReason(reason), 'a close reason stands here in the notes');
          this.#change(message, {reason});
          place += 3;
          break;
        }
        default:
          invariant(notes[place] === noteSettled, `Expected a note, got ${notes[place]}`);
          this.#owed.delete(message);
          place += 2;
      }
    }
  }

  // Absent where it was settled before: a message call was answered after the close call was given up.
  #change(message: string, change: Partial<OwedFacts>): void {
    const known = this.#owed.get(message);
    if (known !== undefined) this.#owed.set(message, {...known, ...change});
  }
}

function textAt(notes: LedgerNotes, place: number): string {
  const text = notes[place];
  invariant(typeof text === 'string', 'a text stands here in the notes');
  return text;
}

function optionalTextAt(notes: LedgerNotes, place: number): string | undefined {
  return notes[place] === undefined ? undefined : textAt(notes, place);
}
