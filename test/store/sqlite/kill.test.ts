// Real processes, killed with SIGKILL at points that chance chooses.

import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {checkStore} from '../../../src/store/sqlite/care.ts';
import {dump, show} from '../dump.ts';
import {openFileStore} from './file-store.ts';
import {storePath} from './places.ts';
import {commitsUnderWay, modelAfter, type Stretch, sequenceOf} from './victim.ts';

const kills = Number(process.env.RAINBOW_STORE_KILLS ?? 12);
const victim = fileURLToPath(new URL('victim.ts', import.meta.url));

/** Runs the victim until it has said so many times that a commit is stored; the result is how often it said so. */
async function killAfter(stored: number, path: string, seed: number, stretches: readonly Stretch[]): Promise<number> {
  const child = spawn(process.execPath, [victim, path, String(seed), JSON.stringify(stretches)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.length;
    if (said >= stored) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  if (child.signalCode !== 'SIGKILL') throw new Error(`The victim ended with ${child.exitCode} after ${said} commits.`);
  return said;
}

test('after each kill -9 every commit that was answered is there, and none in part [RB-70]', async (t) => {
  const path = storePath(t);
  const random = new SeededRandom(Number(process.env.RAINBOW_STORE_SEED ?? 1));
  const stretches: Stretch[] = [];
  let unanswered = 0;
  for (let seed = 1; seed <= kills; seed++) {
    const said = await killAfter(random.integer(1, 40), path, seed, stretches);
    const {file, store} = openFileStore({path});
    const found = show(await dump(store, 50));
    // Those behind what was said were under way: as many of them as were stored are there, in their order.
    const model = modelAfter(stretches);
    const sequence = sequenceOf(seed, model);
    let commits = 0;
    while (commits < said + commitsUnderWay && (commits < said || show(model.dump()) !== found)) {
      model.commit(sequence.next());
      commits++;
    }
    t.is(found, show(model.dump()), `kill ${seed}: ${said} commits answered`);
    unanswered += commits - said;
    stretches.push({seed, commits});
    file.close();
    t.deepEqual(checkStore(path), [], `kill ${seed}`);
  }
  const commits = stretches.reduce((sum, stretch) => sum + stretch.commits, 0);
  t.log(`${kills} kills, ${commits} commits, ${unanswered} of them stored and not answered`);
});
