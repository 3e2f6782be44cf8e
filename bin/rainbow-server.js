#!/usr/bin/env node
// The command `rainbow-server`: src/cli/rainbow-server.ts.

import {launch} from './launch.js';

await launch('rainbow-server');
