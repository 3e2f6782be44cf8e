// Tests that want a browser: one after the other, in one browser, which ends after the last of the file.

import test from 'ava';
import {chromiumPath, endBrowser} from './chromium.ts';
import {serialTestWith} from './programs.ts';

export const browserTest = serialTestWith(chromiumPath);

test.after.always('the browser is ended', endBrowser);
