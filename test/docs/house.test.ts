// The two promises of the documents about the code: the house of docs/architecture.md, held against the imports, and the
// rules of docs/delivery.md, each cited where it is obeyed and where it is proved.

import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import test from 'ava';
import {readDocument, root, tableRows} from './documents.ts';

interface Source {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

function readSources(folder: string): readonly Source[] {
  return readdirSync(join(root, folder), {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .map((path) => ({path, text: readFileSync(join(root, path), 'utf8')}));
}

const sources = readSources('src');

/** Paths, from the root, of the project's own files that a file imports. A file imported for its types only is not there when the program runs. */
function importsOf({path, text}: Source, withTypes: boolean): readonly string[] {
  const statements = text.matchAll(/(?:^|\n)(?:import|export) (type )?[^;]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g);
  return [...statements]
    .filter(([, type]) => withTypes || type === undefined)
    .map(([, , fixed, dynamic]) => relative(root, resolve(root, dirname(path), fixed ?? dynamic ?? '')));
}

/** `src/core` of `src/core/clock.ts`. */
function folderOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

test('a folder imports only what its line in the house names', (t) => {
  const rows = tableRows(readDocument('docs/architecture.md')).filter(([folder]) => folder.startsWith('`src/'));
  const folders = rows.map(([folder]) => folder.replaceAll('`', ''));
  const allowed = new Map<string, readonly string[]>();
  for (const [index, [, , may = '']] of rows.entries()) {
    const named = may.split(', ').map((name) => `src/${name}`);
    const above = folders.slice(0, index);
    allowed.set(folders[index] ?? '', may === 'all above' ? above : may === 'nothing' ? [] : named);
    if (may.includes(','))
      for (const name of named) t.true(above.includes(name), `${folders[index]}: ${name} is above`);
  }
  for (const source of sources) {
    const folder = folderOf(source.path);
    t.true(folders.includes(folder), `${folder} stands in the house`);
    for (const imported of importsOf(source, true)) {
      const other = folderOf(imported);
      if (other !== folder) t.true(allowed.get(folder)?.includes(other), `${source.path} imports ${imported}`);
    }
  }
});

test('nothing imports in a circle', (t) => {
  const imports = new Map(sources.map((source) => [source.path, importsOf(source, false)]));
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (finished.has(path)) return;
    const from = way.indexOf(path);
    if (from >= 0) {
      t.fail([...way.slice(from), path].join(' -> '));
      return;
    }
    for (const imported of imports.get(path) ?? []) visit(imported, [...way, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  t.is(finished.size, sources.length);
});

const rules = [...readDocument('docs/delivery.md').text.matchAll(/^- (RB-\d\d) (\(v2\))?/gm)];
const inForce = rules.filter(([, , isLater]) => isLater === undefined).map(([, rule = '']) => rule);

// Obeyed, and not said where. Nothing may be added here, and what is said meanwhile goes.
const notYetCited = {
  code: ['RB-02', 'RB-05', 'RB-10', 'RB-43', 'RB-44', 'RB-48', 'RB-55', 'RB-58', 'RB-59'],
  tests: ['RB-10', 'RB-55'],
};

test('each rule in force is cited by the code that obeys it', (t) => {
  // RB-60 is for clients, and the one of the example obeys it.
  const cited = citedRules([...sources, ...readSources('examples')]);
  t.deepEqual(
    inForce.filter((rule) => !cited.has(rule) && !notYetCited.code.includes(rule)),
    [],
  );
});

test('each rule in force is cited by the title of a test that proves it', (t) => {
  const titles = readSources('test').flatMap(({path, text}) => {
    const found = text.match(/\btest(?:\.\w+)*\(\s*(?:'(?:[^'\\]|\\.)*'|"[^"]*"|`[^`]*`)/g) ?? [];
    return found.map((title) => ({path, text: title}));
  });
  const cited = citedRules(titles);
  t.deepEqual(
    inForce.filter((rule) => !cited.has(rule) && !notYetCited.tests.includes(rule)),
    [],
  );
});

test('no code and no test cites a rule that does not exist', (t) => {
  const known = new Set(rules.map(([, rule]) => rule));
  const cited = citedRules([...sources, ...readSources('test')]);
  t.deepEqual(
    [...cited].filter((rule) => !known.has(rule)),
    [],
  );
});

function citedRules(texts: readonly Source[]): Set<string> {
  return new Set(texts.flatMap(({text}) => text.match(/\bRB-\d\d\b/g) ?? []));
}
