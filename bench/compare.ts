// Another revision of the project beside this one, for `--compare`: a worktree of its own that shares node_modules, or a
// folder that holds one already.

import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

/** A revision in a folder. */
export interface Checkout {
  readonly folder: string;
  /** Removes folder and worktree. */
  remove(): void;
}

const open = new Set<Checkout>();

// Also where the benchmark is interrupted.
process.on('exit', () => {
  for (const checkout of open) checkout.remove();
});

/** Checks `revision` of the repository at `root` out; throws with git's words where it cannot. A folder is taken as it is. */
export function checkOut(root: string, revision: string): Checkout {
  if (existsSync(join(revision, 'src'))) return {folder: resolve(revision), remove: () => {}};
  const parent = mkdtempSync(join(tmpdir(), 'rainbow-compare-'));
  const folder = join(parent, 'checkout');
  git(root, 'worktree', 'add', '--detach', folder, revision);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const checkout: Checkout = {
    folder,
    remove() {
      if (!open.delete(checkout)) return;
      git(root, 'worktree', 'remove', '--force', folder);
      rmSync(parent, {recursive: true, force: true});
    },
  };
  open.add(checkout);
  return checkout;
}

function git(root: string, ...args: readonly string[]): void {
  execFileSync('git', ['-C', root, ...args], {stdio: ['ignore', 'ignore', 'pipe']});
}
