// Starts a command of the command line: its source in a clone, where Node strips the types itself, the compiled file in
// the published package. Plain JavaScript of old, so that a Node that cannot run the rest can still say so.

import {existsSync} from 'node:fs';
import module from 'node:module';
import {fileURLToPath} from 'node:url';

/** Runs `name`, the name of a file in src/cli that exports `main(argv)`. */
export async function launch(name) {
  if (!isNodeNewEnough(process.versions.node)) {
    process.stderr.write(
      `${name}: expected Node.js 24.15 or a later 24, or 26 and above, got ${process.version} (${process.execPath}).\n` +
        `In a clone, npm ci installs it; in your own project, npm install node@24 does. Then start it as npx ${name}.\n`,
    );
    process.exit(1);
  }
  const source = new URL(`../src/cli/${name}.ts`, import.meta.url);
  const compiled = new URL(`../dist/cli/${name}.js`, import.meta.url);
  // Node strips no types below node_modules, so that there only dist/ can run.
  const isInstalled = fileURLToPath(import.meta.url)
    .split(/[\\/]/)
    .includes('node_modules');
  const entry = existsSync(source) && !isInstalled ? source : compiled;
  if (!existsSync(entry)) {
    process.stderr.write(`${name}: ${fileURLToPath(entry)} is missing; npm run build makes it.\n`);
    process.exit(1);
  }
  // Compiled code of the last run, where Node finds a place for it: a third less CPU until the command runs.
  module.enableCompileCache?.();
  const {main} = await import(entry.href);
  await main(process.argv);
}

// "engines" of package.json.
function isNodeNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return (major === 24 && minor >= 15) || major >= 26;
}
