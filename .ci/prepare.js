// Builds the pages and the packages after an install, so that a clone needs nothing but `npm ci`. Where only what runs in
// production was installed there is nothing to build them with, and the package has them built. npm runs this as the script
// `dependencies`, in the root project only: for a `prepare` it prints a warning to those who install the tarball.

import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';

if (existsSync(new URL('../node_modules/vite', import.meta.url))) {
  for (const script of ['build:pages', 'build:packages']) {
    execFileSync('npm', ['run', script], {stdio: 'inherit', shell: process.platform === 'win32'});
  }
}
