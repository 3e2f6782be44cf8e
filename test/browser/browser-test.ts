// Tests that want a browser. Nothing is installed for them: where there is none they are skipped, with a loud line.

import {existsSync} from 'node:fs';
import test from 'ava';
import {chromiumPath} from './chromium.ts';

const hasChromium = existsSync(chromiumPath);

if (!hasChromium) {
  process.stderr.write(
    `NOT TESTED: ${chromiumPath} is not here; apt-get install chromium, or name another in CHROMIUM\n`,
  );
}

/** A test in a browser: after the one before it, since each starts a browser. */
export const browserTest = hasChromium ? test.serial : test.serial.skip;
