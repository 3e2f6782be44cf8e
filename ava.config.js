// How the tests run. What Node compiles is kept, types stripped, for all processes of a run and for the next run: most of
// them are short, and load the same modules. Not under a measurement of coverage, which would be less exact.

import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';

const compileCache = fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

export default {
  extensions: ['ts', 'js'],
  files: ['test/**/*.test.ts', 'verification/**/*.test.ts'],
  require: ['./test/support/standstill.ts'],
  workerThreads: false,
  // Two more than there are cores: for near half of its time a file waits, for a process to start or a timer of the product.
  concurrency: availableParallelism() + 2,
  // Room for what is young, in MiB: a tenth of the time and more went into collecting it in small pieces.
  nodeArguments: ['--min-semi-space-size=16', '--max-semi-space-size=64'],
  // The last resort, for a process that does not even run its timers: test/support/standstill.ts ends all others before.
  timeout: '8m',
  environmentVariables: process.env.NODE_V8_COVERAGE === undefined ? {NODE_COMPILE_CACHE: compileCache} : {},
};
