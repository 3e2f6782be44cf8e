// Tests that want a browser: one after the other, in one browser, which ends after the last of the file. The pages are built.

import test from 'ava';
import {chromiumPath, endBrowser} from './chromium.ts';
import {buildPages} from './pages.ts';
import {missingOf, serialTestWith} from './programs.ts';

export const browserTest = serialTestWith(chromiumPath);

if (missingOf(chromiumPath).length === 0) test.before('the pages are built', buildPages);

test.after.always('the browser is ended', endBrowser);
