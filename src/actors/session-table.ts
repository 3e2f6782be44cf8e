// The sessions of `rainbow.v2` that live on a thread, by their public names, and the names of those that have ended. A client
// proves here that a session is its own: nothing changes before that. [RB-38] Of a token only the hash is kept.

import type {Clock} from '../core/clock.ts';
import {digestOf, isSameDigest} from '../core/digest.ts';
import type {Random} from '../core/random.ts';
import type {OpenRequest} from '../protocol/control-payload.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {V2SessionMessage} from './messages-v2.ts';

const nodeBytes = 5;
const nameBytes = 10;
const tokenBytes = 20;
/** How long the name of a session that has ended is remembered, and how many are. */
const endedMs = 86_400_000;
const endedMax = 100_000;

/** Why a session has ended, as a client that returns to it learns. */
export type SessionEnd = 'expired' | 'replaced' | 'disconnected' | 'lost';

/** One session. */
export interface SessionEntry {
  readonly name: string;
  readonly actor: ActorRef<V2SessionMessage>;
  readonly tokenHash: Uint8Array;
  /** Of the latest OPEN that was accepted. */
  attempt: number;
  /** Under which the business server knows it. */
  readonly identity: string;
}

/** The result of a claim to a session. */
export type Claim =
  | {readonly kind: 'none' | 'unknown' | 'wrongToken' | 'stale'}
  | {readonly kind: 'ended'; readonly end: SessionEnd}
  | {readonly kind: 'proved'; readonly entry: SessionEntry};

interface EndedName {
  readonly tokenHash: Uint8Array;
  readonly end: SessionEnd;
  readonly at: number;
}

export class SessionTable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entries = new Map<string, SessionEntry>();
  /** The oldest first. */
  readonly #ended = new Map<string, EndedName>();
  /** Of this run of this thread; drawn with the first session. */
  #node = '';

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adds a session. `token` is for its client alone. */
  add(
    actor: ActorRef<V2SessionMessage>,
    identity: string,
    attempt: number,
  ): {readonly entry: SessionEntry; readonly token: string} {
    if (this.#node === '') this.#node = this.#random.hex(nodeBytes);
    const token = this.#random.hex(tokenBytes);
    const name = `${this.#node}.${this.#random.hex(nameBytes)}`;
    const entry = {name, actor, identity, attempt, tokenHash: digestOf(token)};
    this.#entries.set(name, entry);
    return {entry, token};
  }

  find(name: string): SessionEntry | undefined {
    return this.#entries.get(name);
  }

  /** Whether OPEN names a session and proves it. A claim that is proved raises the session's `attempt`. */
  claim({session, token, attempt}: OpenRequest): Claim {
    if (session === undefined) return {kind: 'none'};
    const entry = this.#entries.get(session);
    const ended = entry === undefined ? this.#findEnded(session) : undefined;
    const known = entry ?? ended;
    if (known === undefined) return {kind: 'unknown'};
    if (token === undefined || !isSameDigest(digestOf(token), known.tokenHash)) return {kind: 'wrongToken'};
    if (entry === undefined) return {kind: 'ended', end: ended?.end ?? 'lost'};
    if (attempt <= entry.attempt) return {kind: 'stale'};
    entry.attempt = attempt;
    return {kind: 'proved', entry};
  }

  /** A session has ended; its name is remembered where `end` says why. */
  remove({name, tokenHash}: SessionEntry, end: SessionEnd | undefined): void {
    this.#entries.delete(name);
    if (end === undefined) return;
    this.#ended.set(name, {tokenHash, end, at: this.#clock.now()});
    for (const [oldest, {at}] of this.#ended) {
      if (this.#ended.size <= endedMax && at + endedMs > this.#clock.now()) return;
      this.#ended.delete(oldest);
    }
  }

  #findEnded(name: string): EndedName | undefined {
    const ended = this.#ended.get(name);
    return ended !== undefined && ended.at + endedMs > this.#clock.now() ? ended : undefined;
  }
}
