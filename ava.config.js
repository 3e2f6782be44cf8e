// How the tests run. What Node compiles is kept, types stripped, for all processes of a run and for the next run: most of
// them are short, and load the same modules. Not under a measurement of coverage, which would be less exact.

import {fileURLToPath} from 'node:url';

const compileCache = fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

export default {
  extensions: ['ts', 'js'],
  files: ['test/**/*.test.ts', 'verification/**/*.test.ts'],
  require: ['./test/support/standstill.ts'],
  workerThreads: false,
  // The last resort, for a process that does not even run its timers: test/support/standstill.ts ends all others before.
  timeout: '8m',
  environmentVariables: process.env.NODE_V8_COVERAGE === undefined ? {NODE_COMPILE_CACHE: compileCache} : {},
};
