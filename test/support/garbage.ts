// Collecting garbage at will, for tests of what stays in memory.

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects all garbage; `minor`: only that among young objects. */
export const collectGarbage = runInNewContext('gc') as (options?: {readonly type: 'minor'}) => void;
