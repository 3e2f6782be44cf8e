// The publications of a run: who should have had each, who did, and whether its caller got the truth. [RB-61] [RB-66]

import {RainbowError} from '../../../src/core/errors.ts';
import type {PublishOutcome} from '../../../src/router/router.ts';
import {room} from './business.ts';
import type {StrainClient} from './client.ts';
import type {StrainHarness} from './harness.ts';
import type {SimulatedShard} from './node.ts';

/** What a thread waits for another beyond the caller's timeout. */
const callerGraceMs = 500;

export class Publications {
  /** Answered, and of these the partial ones. */
  told = 0;
  partial = 0;
  refused = 0;
  waiting = 0;
  /** Payloads of those that wait. */
  waitingBytes = 0;
  readonly #harness: StrainHarness;
  readonly #clients: () => Iterable<StrainClient>;
  #count = 0;

  constructor(harness: StrainHarness, clients: () => Iterable<StrainClient>) {
    this.#harness = harness;
    this.#clients = clients;
  }

  /** Through `shard`, to everybody. `settled` is called with the answer to its caller, if that lives long enough. */
  publish(shard: SimulatedShard, terms: {qos: 0 | 1 | 2; timeoutMs: number; bytes: number}, settled?: Settled): void {
    const {clock} = this.#harness;
    const name = `p${++this.#count}`;
    const payload = Buffer.alloc(Math.max(12, terms.bytes));
    payload.write(`${name} `, 'latin1');
    const startedAt = clock.now();
    const members = [...this.#clients()].filter(({isOpen}) => isOpen);
    const {qos, timeoutMs} = terms;
    const request = {channel: room, identity: undefined, type: 1, qos, timeoutMs, payload, wantsReplies: true};
    const letGo = shard.admitBody(payload.length);
    if (letGo === undefined) {
      this.refused++;
      return;
    }
    this.waiting++;
    this.waitingBytes += payload.length;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      this.waiting--;
      this.waitingBytes -= payload.length;
      letGo();
      return true;
    };
    shard.thread.onEnd(() => void end());
    shard.router.publish(request).then(
      (outcome) => {
        if (!end() || shard.thread.isFrozen) return;
        settled?.(outcome, members);
        if (qos === 0) return;
        this.told++;
        if (outcome.isPartial === true) this.partial++;
        const tookMs = clock.now() - startedAt;
        if (tookMs > timeoutMs + callerGraceMs) this.#harness.note(`${name} was answered after ${tookMs} ms`);
        this.#check(name, outcome, members);
      },
      (error: unknown) => {
        if (!end() || shard.thread.isFrozen) return;
        if (error instanceof RainbowError) this.refused++;
        else this.#harness.note(`${name} failed: ${String(error)}`);
      },
    );
  }

  #check(name: string, outcome: PublishOutcome, members: readonly StrainClient[]): void {
    const confirmed = [...this.#clients()].filter((client) => client.confirmed.has(name));
    const identities = outcome.replies.map(({identity}) => identity);
    // A client that is taken over may confirm beside the one that follows it.
    const isTwice = !this.#harness.plan.isNaming && new Set(identities).size < identities.length;
    if (isTwice) this.#harness.note(`RB-61: ${name} counts a client twice`);
    if (outcome.connections > confirmed.length) {
      this.#harness.note(`RB-61: ${name}: ${outcome.connections} counted, ${confirmed.length} confirmed`);
    }
    if (outcome.isPartial === true || outcome.isTimedOut || outcome.refused > 0) return;
    // What clients did whose thread is no more, is unknown.
    const isThere = (client: StrainClient): boolean => (client.isOpen && !client.isClosing) || client.wasLost;
    const missing = members.filter((client) => isThere(client) && !client.confirmed.has(name));
    if (missing.length > 0)
      this.#harness.note(`RB-66: ${name}: ${missing.length} clients are missing, and nothing is said`);
  }
}

type Settled = (outcome: PublishOutcome, members: readonly StrainClient[]) => void;
