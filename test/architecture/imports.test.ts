// Holds the table of the house against the imports of the source.

import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import {findImportFaults, folderOf, house} from './house.ts';
import {makeFile, readFiles, readImports, root} from './source.ts';

const sources = readFiles('src/', /\.tsx?$/);

test('a folder imports only the folders and packages that it needs, and no file imports in a circle', (t) => {
  t.deepEqual(findImportFaults(sources), []);
});

test('every folder of the source is a folder of the house', (t) => {
  const folders = new Set(sources.map(({path}) => folderOf(path)));
  t.deepEqual(
    [...folders].filter((folder) => !Object.hasOwn(house, folder)),
    [],
  );
});

test('a folder of the house may import only folders above it', (t) => {
  const names = Object.keys(house);
  for (const [index, [name, {folders, typesOf = []}]] of Object.entries(house).entries()) {
    const below = [...folders, ...typesOf].filter((folder) => names.indexOf(folder) >= index);
    t.deepEqual(below, [], name);
  }
});

test('nothing above a front calls the packet codec', (t) => {
  const callers = sources
    .filter(({path}) => /^src\/(?:actors|router|cluster|store|inspect)\//.test(path))
    .filter(({text}) => /\b(?:frame|unframe|parse|generate|write)Packet\b|\bunframe\b|protocol\/frame\.ts/.test(text));
  t.deepEqual(
    callers.map(({path}) => path),
    [],
  );
});

test('docs/architecture.md shows the same table', (t) => {
  const file = new URL('docs/architecture.md', root);
  t.true(existsSync(file), 'Expected docs/architecture.md, got none');
  const rows = [...readFileSync(file, 'utf8').matchAll(/^\| `src\/([\w/]+)` \|[^|]*\| ([^|]+) \|$/gm)];
  t.not(rows.length, 0);
  for (const [, folder = '', allowed = ''] of rows) {
    const room = house[folder];
    if (room === undefined) t.fail(`${folder} is no folder of the house`);
    // Wider than the truth, on purpose, for the two at the end.
    if (room === undefined || allowed === 'all above') continue;
    const expected = [...room.folders, ...(room.typesOf ?? [])].filter((name) =>
      existsSync(new URL(`src/${name}`, root)),
    );
    t.deepEqual(allowed === 'nothing' ? [] : allowed.split(', ').toSorted(), expected.toSorted(), folder);
  }
});

test('every import of the source leads to a file that is there', (t) => {
  for (const {from, line, specifier} of sources.flatMap(readImports)) {
    if (specifier.startsWith('.')) t.true(existsSync(new URL(specifier, new URL(from, root))), `${from}:${line}`);
  }
});

test('the check finds an import that the house forbids', (t) => {
  const file = makeFile('src/core/sample.ts', "// A sample.\n\nimport {a} from '../protocol/a.ts';\n");
  t.deepEqual(findImportFaults([file]), ['src/core/sample.ts:3: core may not import protocol, got ../protocol/a.ts']);
});

test('the check finds a package, a dynamic import and a worker file that the house forbids', (t) => {
  const file = makeFile(
    'src/runtime/sample.ts',
    [
      "import {WebSocket} from 'ws/lib/websocket.js';",
      "export * from 'node:fs';",
      "const late = await import('../actors/late.ts');",
      "const worker = new Worker(new URL('../gateway/worker.ts', import.meta.url));",
    ].join('\n'),
  );
  t.deepEqual(findImportFaults([file]).toSorted(), [
    'src/runtime/sample.ts:1: runtime may not import the package ws',
    'src/runtime/sample.ts:2: runtime may not import the package node:fs',
    'src/runtime/sample.ts:3: runtime may not import actors, got ../actors/late.ts',
    'src/runtime/sample.ts:4: runtime may not import gateway, got ../gateway/worker.ts',
  ]);
});

test('the check distinguishes types from values where only types are allowed', (t) => {
  const file = makeFile(
    'src/actors/sample.ts',
    [
      "import type {Call} from '../upstream/call.ts';",
      "import {type Answer, type Call} from '../upstream/call.ts';",
      'import {',
      '  type Answer,',
      '  pack,',
      "} from '../upstream/batch.ts';",
    ].join('\n'),
  );
  t.deepEqual(findImportFaults([file]), [
    'src/actors/sample.ts:3: actors may import only types of upstream, got ../upstream/batch.ts',
  ]);
});

test('the check finds a circle of files, once, and also one of types', (t) => {
  const files = [
    makeFile('src/core/a.ts', "import {b} from './b.ts';"),
    makeFile('src/core/b.ts', "import {c} from './c.ts';"),
    makeFile('src/core/c.ts', "export {a} from './a.ts';"),
    makeFile('src/core/d.ts', "import {a} from './a.ts';"),
    makeFile('src/core/e.ts', "import type {F} from './f.ts';"),
    makeFile('src/core/f.ts', "import {e} from './e.ts';"),
  ];
  t.deepEqual(findImportFaults(files), [
    'circle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts',
    'circle: src/core/e.ts -> src/core/f.ts -> src/core/e.ts',
  ]);
});

test('an import in a comment, a string or a template does not count', (t) => {
  const file = makeFile(
    'src/core/sample.ts',
    [
      "// import {a} from '../actors/a.ts';",
      "/* import {a} from '../actors/a.ts'; */",
      `const program = \`\nimport {a} from '../actors/a.ts';\n\${first + {a: '}'}.a}\nimport {a} from '../actors/a.ts';\`;`,
      'const text = "import {a} from \'../actors/a.ts\'";',
      "const pattern = /['\"`]/; // import {a} from '../actors/a.ts'",
      "const half = (1 + 1) / 2; // it's no regular expression /",
      "import {b} from './b.ts';",
    ].join('\n'),
  );
  t.deepEqual(
    readImports(file).map(({specifier}) => specifier),
    ['./b.ts'],
  );
});
