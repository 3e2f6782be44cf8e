// A process that is to be killed: goes on with a sequence of commits, and says of each when it is stored. Started by
// kill.test.ts with the path of a store and what was stored in it before.

import {writeSync} from 'node:fs';
import {SqliteStore, startStoreThread} from '../../../src/store/sqlite/store-sqlite.ts';
import {Model} from '../model.ts';
import {Sequence} from '../sequences.ts';

/** Commits of one process: so many of the sequence of this seed. */
export interface Stretch {
  readonly seed: number;
  readonly commits: number;
}

/** Commits under way at a time. */
export const commitsUnderWay = 8;

/** Numbers that one sequence may use up. */
const stride = 1_000_000;

/** The sequence of `seed`, whose names are new. */
export function sequenceOf(seed: number, model: Model): Sequence {
  return new Sequence(seed, model, seed * stride);
}

/** A model that has gone through `stretches`. */
export function modelAfter(stretches: readonly Stretch[]): Model {
  const model = new Model();
  for (const {seed, commits} of stretches) {
    const sequence = sequenceOf(seed, model);
    for (let count = 0; count < commits; count++) model.commit(sequence.next());
  }
  return model;
}

async function run(path: string, seed: number, model: Model): Promise<never> {
  const thread = await startStoreThread(path, (error) => {
    throw error;
  });
  const store = new SqliteStore(thread.openPort());
  const sequence = sequenceOf(seed, model);
  const underWay: Promise<unknown>[] = [];
  for (;;) {
    const changes = sequence.next();
    // At once: by the time that this returns the parent can read it.
    underWay.push(store.commit(changes).then(() => writeSync(1, '.')));
    model.commit(changes);
    if (underWay.length >= commitsUnderWay) await underWay.shift();
  }
}

const [, , path, seed, stretches] = process.argv;
if (process.argv[1] === import.meta.filename && path !== undefined) {
  await run(path, Number(seed), modelAfter(JSON.parse(stretches ?? '[]') as readonly Stretch[]));
}
