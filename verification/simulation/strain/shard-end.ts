// The end of one shard, as its close calls go: it comes when all are answered, or some time after the last that was, and never
// while they are answered one after the other and there is time left.

import type {StrainHarness} from './harness.ts';
import type {SimulatedShard} from './node.ts';

/** What the end of a shard takes besides: the last calls under way, messages between threads. */
const slackMs = 1_000;
/** Of the grace, what is kept for calls under way when the connections have ended, as in src/gateway/shard/shard-core.ts. */
const callGraceMs = 500;
const turnMs = 50;

export class ShardEnd {
  readonly #harness: StrainHarness;
  readonly #shard: SimulatedShard;
  readonly #startedAt: number;
  /** When close calls were answered. */
  readonly #progress: number[];
  #made: number;
  #endedAt: number | undefined;

  get index(): number {
    return this.#shard.index;
  }

  constructor(harness: StrainHarness, shard: SimulatedShard) {
    const {closes} = shard.core.context;
    this.#harness = harness;
    this.#shard = shard;
    this.#startedAt = harness.clock.now();
    this.#progress = [this.#startedAt];
    this.#made = closes.madeCount;
  }

  /** To be called in each instant. */
  look(): void {
    if (this.#endedAt !== undefined) return;
    const {closes} = this.#shard.core.context;
    const now = this.#harness.clock.now();
    if (this.#shard.hasStopped) {
      this.#endedAt = now;
      return;
    }
    if (closes.madeCount > this.#made) this.#progress.push(now);
    this.#made = closes.madeCount;
  }

  /** `leftCount`: close calls that it says it left. */
  check(leftCount: number): void {
    this.look();
    const {shutdownGraceMs, shutdownMaxMs} = this.#harness.plan.options;
    const {index} = this.#shard;
    if (this.#endedAt === undefined) {
      this.#harness.note(`shard ${index} did not come to its end`);
      return;
    }
    const endedAt = this.#endedAt;
    const tookMs = endedAt - this.#startedAt;
    const idleMs = endedAt - (this.#progress.at(-1) ?? 0);
    if (tookMs > Math.max(shutdownMaxMs, shutdownGraceMs) + slackMs)
      this.#harness.note(`the end of shard ${index} took ${tookMs} ms`);
    if (idleMs > shutdownGraceMs + slackMs)
      this.#harness.note(`shard ${index} ended ${idleMs} ms after the last progress`);
    // What is answered while the last calls are waited for comes too late to put the end off.
    const inTime = this.#progress.findLast((at) => at < endedAt - callGraceMs - turnMs) ?? this.#startedAt;
    const isEarly = endedAt < inTime + shutdownGraceMs - callGraceMs && tookMs < shutdownMaxMs - callGraceMs;
    if (leftCount > 0 && isEarly) {
      this.#harness.note(
        `RB-64: shard ${index} ended ${endedAt - inTime} ms after progress, and left ${leftCount} close calls`,
      );
    }
  }
}
