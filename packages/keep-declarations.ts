// Removes the declarations that no application can reach: `node ../keep-declarations.ts FILE` keeps those that FILE, a
// package's entry, imports. The compiler writes one for each file of the source; most are behind private members.

import {readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';

const importPattern = /\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

const [, , entry = ''] = process.argv;
const types = resolve('dist/types');
const kept = new Set([resolve(entry)]);
// A set also visits what is added during the loop.
for (const file of kept) {
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(importPattern)) {
    kept.add(resolve(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')));
  }
}
for (const found of readdirSync(types, {recursive: true, withFileTypes: true})) {
  const path = join(found.parentPath, found.name);
  if (found.isFile() && !kept.has(path)) rmSync(path);
}
for (const {name} of readdirSync(types, {withFileTypes: true}).filter((found) => found.isDirectory())) {
  if (readdirSync(join(types, name)).length === 0) rmdirSync(join(types, name));
}
