// Tests that want a browser: one after the other, since each starts one.

import {serialTestWith} from '../programs.ts';
import {chromiumPath} from './chromium.ts';

export const browserTest = serialTestWith(chromiumPath);
