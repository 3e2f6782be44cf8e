// Holds what the conventions say of every file against the source.

import test from 'ava';
import {findIdleExceptions, findMannerFaults} from './manner.ts';
import {makeFile, readFiles} from './source.ts';

const sources = readFiles('src/', /\.tsx?$/);

test('every source file follows what the conventions say and a program can see', (t) => {
  t.not(sources.length, 0);
  t.deepEqual(findMannerFaults(sources), []);
});

test('every exception from a ban is needed', (t) => {
  t.deepEqual(findIdleExceptions(sources), []);
});

test('the check finds time and chance that were not handed in', (t) => {
  const text = ['// A sample.', 'const at = Date.now();', 'setTimeout(f, 1);', 'const n = Math.random();'].join('\n');
  t.deepEqual(findMannerFaults([makeFile('src/core/sample.ts', text)]), [
    "src/core/sample.ts:2: expected no Date.now: the machine's time, which is core/clock.ts's",
    "src/core/sample.ts:3: expected no setTimeout: the machine's time, which is core/clock.ts's",
    "src/core/sample.ts:4: expected no Math.random: the machine's chance, which is core/random.ts's",
  ]);
});

test('the check finds any, console and a default export', (t) => {
  const text = [
    '// A sample.',
    'let a: any;',
    'let b: Map<string, any[]>;',
    'console.log(b as any);',
    'export default a;',
  ];
  const faults = findMannerFaults([makeFile('src/core/sample.ts', text.join('\n'))]);
  t.deepEqual(
    faults.map((fault) => fault.replace(/: [^:]*$/, '')),
    [
      'src/core/sample.ts:4: expected no console',
      'src/core/sample.ts:2: expected no any',
      'src/core/sample.ts:3: expected no any',
      'src/core/sample.ts:4: expected no any',
      'src/core/sample.ts:5: expected no export default',
    ],
  );
});

test('the check finds a missing comment, a long file and a name that is not in kebab-case', (t) => {
  const long = `// Long.\n${'const a = 1;\n'.repeat(300)}`;
  const files = [
    makeFile('src/core/plain.ts', 'const a = 1;\n'),
    makeFile('src/core/long.ts', long),
    makeFile('src/core/camelCase.ts', '// Camel.\n'),
    makeFile(
      'src/core/fits.ts',
      long.split('\n').slice(1).join('\n').replace('const', '// Fits.\nconst').slice(0, -13),
    ),
  ];
  t.deepEqual(findMannerFaults(files), [
    'src/core/plain.ts:1: expected a comment that says what the file is',
    'src/core/long.ts: expected at most 300 lines, got 301',
    'src/core/camelCase.ts: expected a name in kebab-case',
  ]);
});

test('what stands in a comment or a string is not code', (t) => {
  const text = [
    '// Not Date.now() and not any console.',
    "const a = 'Math.random() as any';",
    'const b = await Promise.any(c);',
  ];
  t.deepEqual(findMannerFaults([makeFile('src/core/sample.ts', text.join('\n'))]), []);
});
