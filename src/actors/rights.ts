// What a client of one session may do, and until when. Before that time the business server is asked again; while it cannot be
// asked, the rights stand for a while longer. Made only for sessions whose connect answer, or a call of the API, said so.
//
//   granted ... ask again, between half a lead and a lead before ... expiresAt ... grace ... the session ends

import {backoffMs} from '../core/backoff.ts';
import type {Clock} from '../core/clock.ts';
import type {Random} from '../core/random.ts';
import {type PermissionGrant, Permissions} from '../protocol/permissions.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {TimerWheel, WheelEntry} from '../runtime/timer-wheel.ts';
import type {SessionMessage} from './messages.ts';

/** Before the rights expire the business server is asked, at most so early; at half of what is left at the latest grant. */
const leadMsMax = 60_000;
/** Not sooner after a grant, whatever it says. */
const restMs = 1_000;
/** How long after they have expired the rights stand if the business server cannot be asked. */
export const rightsGraceMs = 60_000;
const retryWaits = {leastMs: 500, firstMs: 1_000, maxMs: 10_000};

/** What the rights of a thread's sessions share. */
export interface RightsTerms {
  readonly clock: Clock;
  readonly random: Random;
  readonly refreshes: TimerWheel<SessionMessage>;
}

export class Rights implements WheelEntry<SessionMessage> {
  readonly actor: ActorRef<SessionMessage>;
  tick = 0;
  permissions: Permissions;
  /** Of the connect call, which is made again. */
  readonly headers: readonly string[];
  /** The number of the call that asks again, while it runs. */
  call: number | undefined;
  readonly #terms: RightsTerms;
  /** Monotonic ms; absent: they do not end. */
  #endsAt: number | undefined;
  #failures = 0;
  /** Granted again while the call runs: what it answers about them is older. */
  #isReplaced = false;

  constructor(terms: RightsTerms, actor: ActorRef<SessionMessage>, grant: PermissionGrant, headers: readonly string[]) {
    this.#terms = terms;
    this.actor = actor;
    this.headers = headers;
    this.permissions = new Permissions(grant);
    this.#schedule(grant);
  }

  /** A call of the API replaces them. */
  replace(grant: PermissionGrant): void {
    this.#isReplaced = this.call !== undefined;
    this.permissions = new Permissions(grant);
    this.#schedule(grant);
  }

  /** The business server has said yes again. Without permissions in its answer they stay as they are, and end no more. */
  renewed(grant: PermissionGrant | undefined): void {
    this.call = undefined;
    const isOlder = this.#isReplaced;
    this.#isReplaced = false;
    if (isOlder) return;
    if (grant !== undefined) this.permissions = new Permissions(grant);
    this.#schedule(grant ?? {});
  }

  /** It could not be asked. */
  failed(): void {
    this.call = undefined;
    this.#isReplaced = false;
    const {clock, random, refreshes} = this.#terms;
    if (this.#endsAt === undefined) return;
    const retryAt = clock.now() + backoffMs(random, retryWaits, ++this.#failures);
    refreshes.schedule(this, Math.min(retryAt, this.#endsAt + rightsGraceMs));
  }

  /** The wheel's message has come: what is to be done. */
  due(): 'ask' | 'end' | 'nothing' {
    // Put off since the wheel spoke.
    if (this.#endsAt === undefined || this.tick !== 0) return 'nothing';
    const graceEndsAt = this.#endsAt + rightsGraceMs;
    if (this.#terms.clock.now() >= graceEndsAt) return 'end';
    this.#terms.refreshes.schedule(this, graceEndsAt);
    return this.call === undefined ? 'ask' : 'nothing';
  }

  stop(): void {
    this.#endsAt = undefined;
    this.#terms.refreshes.cancel(this);
  }

  #schedule({expiresAt}: PermissionGrant): void {
    const {clock, random, refreshes} = this.#terms;
    this.#failures = 0;
    if (expiresAt === undefined) {
      this.stop();
      return;
    }
    const now = clock.now();
    const leftMs = Math.max(0, expiresAt - clock.wallNow());
    const leadMs = Math.min(leadMsMax, leftMs / 2);
    this.#endsAt = now + leftMs;
    // At random, so that clients whose rights expire together do not ask together.
    const earlierMs = (leadMs * random.integer(500, 1_000)) / 1_000;
    refreshes.schedule(this, now + Math.max(restMs, leftMs - earlierMs));
  }
}
