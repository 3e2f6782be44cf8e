// What crosses between the threads that run seeds: each takes the next seed from a shared number, and reports when it has
// none left.

import type {CellCounts} from './coverage.ts';
import type {Violation} from './violation.ts';

/** What a thread is given. */
export interface SeedShare {
  /** One 32-bit number: the next seed. */
  readonly next: SharedArrayBuffer;
  /** The first seed not to run. */
  readonly end: number;
  /** Stops taking seeds after this long. */
  readonly budgetMs: number;
  /** Whether most clients are applications on the SDK. */
  readonly hasSdk: boolean;
}

/** What a thread has found. */
export interface SeedReport {
  readonly seeds: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly traced: number;
  readonly coverage: CellCounts;
  readonly failures: readonly SeedFailure[];
}

export interface SeedFailure {
  readonly seed: number;
  readonly violation: Violation;
  /** Of its trace. */
  readonly hash: string;
}
