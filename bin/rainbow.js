#!/usr/bin/env node
// The command `rainbow`: src/cli/rainbow.ts.

import {launch} from './launch.js';

await launch('rainbow');
