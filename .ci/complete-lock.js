// Adds to package-lock.json the optional packages of other platforms that it lacks: a registry that does not serve them
// makes `npm install` leave them out, and `npm ci` then refuses the lock. Run it after every `npm install` on such a
// machine: `node .ci/complete-lock.js`.

import {readFileSync, writeFileSync} from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const platform = /(?:cli|binding|tsgolint|typescript)[-/](?<os>[a-z0-9]+)-(?<cpu>[a-z0-9]+)(?:-(?<libc>[a-z]+))?$/;
let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] !== undefined || lock.packages[`${place}/${path}`] !== undefined) continue;
    const found = platform.exec(name)?.groups;
    if (found === undefined) throw new Error(`Expected the name of a platform's package, got ${name}`);
    const isGlibc = found.os === 'linux' && found.libc?.startsWith('gnu');
    const libc = found.libc?.startsWith('musl') ? ['musl'] : isGlibc ? ['glibc'] : undefined;
    lock.packages[path] = {
      version,
      cpu: [found.cpu],
      ...(entry.dev ? {dev: true} : {}),
      ...(libc === undefined ? {} : {libc}),
      optional: true,
      os: [found.os],
    };
    added++;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en')),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages added`);
