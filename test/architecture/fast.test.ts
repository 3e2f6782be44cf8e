// `npm run test:fast` is for the minute in between: what it leaves out is written as patterns, which a new test escapes.

import {globSync, readFileSync} from 'node:fs';
import test from 'ava';
import {readFiles, root} from './source.ts';

/** An import of what starts a whole gateway, a process of Rainbow, a browser, or the threads of an upstream pool. */
const starter =
  /^import \{[^}]*\b(?:start\w*|run\w*|room|single|browserTest|createUpstreamPool)\b[^}]*\} from '[^']*\/(?:support\/(?:gateway|cluster|room|browser-test|command)|src\/gateway\/gateway|src\/upstream\/upstream-pool)\.ts';|\bstartHarness\b[^}]*\} from '\.\/harness\.ts'/m;

test('npm run test:fast takes no test that starts a gateway, a process of it, a browser or a pool of threads', (t) => {
  const {scripts} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const patterns = [...(scripts['test:fast'] ?? '').matchAll(/"([^"]+)"/g)].map(([, pattern = '']) => pattern);
  const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const taken = new Set(
    globSync(
      patterns.filter((pattern) => !pattern.startsWith('!')),
      {cwd: root, exclude},
    ),
  );
  const tests = readFiles('test/', /\.test\.tsx?$/);
  const fast = tests.filter(({path}) => taken.has(path));
  t.true(fast.length > 100);
  t.deepEqual(
    fast.filter(({text}) => starter.test(text)).map(({path}) => path),
    [],
  );
  t.true(tests.some(({text}) => starter.test(text)));
});
