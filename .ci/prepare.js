// Builds the pages and the packages after an install, so that a clone needs nothing but `npm ci`. Where only what runs in
// production was installed there is nothing to build them with, and the package has them built.

import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';

if (existsSync(new URL('../node_modules/vite', import.meta.url))) {
  for (const script of ['build:pages', 'build:packages']) {
    execFileSync('npm', ['run', script], {stdio: 'inherit', shell: process.platform === 'win32'});
  }
}
