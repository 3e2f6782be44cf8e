// Which sessions of one thread occupy which channels, each under a fencing token, and which claim to. A caller that would
// rather be refused than remove an occupant claims first, has every thread and node asked, and then settles: of several claims
// at the same moment the lowest token wins, because a part that has heard of a token draws higher ones only.

import type {Clock} from '../core/clock.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {SessionMessage} from './messages.ts';
import type {OccupationClock} from './occupation-clock.ts';

type Session = ActorRef<SessionMessage>;

interface Occupant {
  readonly session: Session;
  readonly token: bigint;
}

interface Claim extends Occupant {
  readonly lapsesAt: number;
}

/** A claim whose caller has vanished lapses after this time. */
const claimMs = 10_000;
/** Claims under way at a time; further ones are refused as if another client occupied the channel. */
const claimsMax = 10_000;

export class Occupations {
  readonly tokens: OccupationClock;
  readonly #clock: Clock;
  /** Bounded by the memberships. */
  readonly #occupants = new Map<string, Occupant>();
  readonly #claims = new Map<string, Claim>();

  constructor(clock: Clock, tokens: OccupationClock) {
    this.#clock = clock;
    this.tokens = tokens;
  }

  /** The token under which `session` occupies `channel`. */
  tokenOf(channel: string, session: Session): bigint | undefined {
    const occupant = this.#occupants.get(channel);
    return occupant?.session === session ? occupant.token : undefined;
  }

  /** `session` occupies `channel` from now on, in place of any other. */
  take(channel: string, session: Session): bigint {
    const token = this.tokens.next();
    this.#claims.delete(channel);
    this.#occupants.set(channel, {session, token});
    return token;
  }

  /** A token to be settled if no other client occupies `channel`; `undefined` where one does in this thread. */
  claim(channel: string, session: Session): bigint | undefined {
    const occupant = this.#occupants.get(channel);
    if (occupant !== undefined) return occupant.session === session ? occupant.token : undefined;
    if (this.#claimOf(channel) !== undefined || this.#isFull()) return undefined;
    const token = this.tokens.next();
    this.#claims.set(channel, {session, token, lapsesAt: this.#clock.now() + claimMs});
    return token;
  }

  /** Whether nothing in this thread stands against the claim of `token`, here or elsewhere. */
  mayClaim(channel: string, token: bigint): boolean {
    this.tokens.heard(token);
    const occupant = this.#occupants.get(channel);
    if (occupant !== undefined) return occupant.token === token;
    const claim = this.#claimOf(channel);
    // A higher one hears of this one before it is settled.
    return claim === undefined || claim.token >= token;
  }

  /** The claim was granted everywhere; `false` where it has lapsed, or has been outranked. */
  settle(channel: string, session: Session, token: bigint): boolean {
    if (this.tokenOf(channel, session) === token) return true;
    const claim = this.#claimOf(channel);
    if (claim?.session !== session || claim.token !== token) return false;
    this.#claims.delete(channel);
    this.#occupants.set(channel, {session, token});
    return true;
  }

  /** The claim was refused somewhere. */
  release(channel: string, token: bigint): void {
    if (this.#claims.get(channel)?.token === token) this.#claims.delete(channel);
  }

  /** A client occupies `channel` under `token`, here or elsewhere; without a token every occupant has to go. */
  outrank(channel: string, token: bigint | undefined): void {
    if (token !== undefined) this.tokens.heard(token);
    const claim = this.#claims.get(channel);
    if (claim !== undefined && (token === undefined || claim.token < token)) this.#claims.delete(channel);
    const occupant = this.#occupants.get(channel);
    if (occupant !== undefined && (token === undefined || occupant.token < token)) this.#occupants.delete(channel);
  }

  /** `session` is in `channel` no more. */
  leave(channel: string, session: Session): void {
    if (this.#occupants.get(channel)?.session === session) this.#occupants.delete(channel);
  }

  #claimOf(channel: string): Claim | undefined {
    const claim = this.#claims.get(channel);
    if (claim === undefined) return undefined;
    if (claim.lapsesAt > this.#clock.now() && !claim.session.isStopped) return claim;
    this.#claims.delete(channel);
    return undefined;
  }

  #isFull(): boolean {
    if (this.#claims.size < claimsMax) return false;
    for (const channel of [...this.#claims.keys()]) this.#claimOf(channel);
    return this.#claims.size >= claimsMax;
  }
}
