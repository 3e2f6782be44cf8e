// This gateway without an observer, for the section `trace`: a copy of the sources in which every call of the
// observer is taken out, and what connections and messages carry for it. What is left is what the gateway would
// be if nothing of it could be traced. Rewritten as text rather than kept as a switch: a switch would cost what it measures.

import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Checkout} from './compare.ts';

const open = new Set<Checkout>();

// Also where the benchmark is interrupted.
process.on('exit', () => {
  for (const checkout of open) checkout.remove();
});

/** Copies the sources of the checkout at `root`, without the observer. */
export function stripObserver(root: string): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-stripped-'));
  const checkout: Checkout = {
    folder,
    remove() {
      if (open.delete(checkout)) rmSync(folder, {recursive: true, force: true});
    },
  };
  open.add(checkout);
  for (const name of ['src', 'bench', 'package.json']) cpSync(join(root, name), join(folder, name), {recursive: true});
  // The file of defaults and the like are read from beside the sources.
  for (const name of ['config', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  let places = 0;
  for (const path of sourcesIn(join(folder, 'src'))) {
    const source = readFileSync(path, 'utf8');
    const stripped = strip(source);
    if (stripped.text === source) continue;
    places += stripped.places;
    if (/bservation\.observer|\{observer\}/.test(stripped.text)) throw new Error(`An observer is left in ${path}`);
    writeFileSync(path, stripped.text);
  }
  if (places < placesMin) throw new Error(`Expected at least ${placesMin} recording points, got ${places}`);
  return checkout;
}

/** Fewer were found: the sources are written otherwise than {@link strip} knows. */
const placesMin = 25;

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.endsWith('trace'))
    .map((entry) => join(entry.parentPath, entry.name));
}

// With a constant `undefined` in the observer's place, the compiler drops what stands behind it.
function strip(source: string): {readonly text: string; readonly places: number} {
  let places = 0;
  const count = (text: string): string => {
    places++;
    return text;
  };
  const text = source
    .replaceAll(/const \{observer\} = [\w.#]+;/g, () => count('const observer = undefined;'))
    .replaceAll(/[\w.#]*bservation\.observer\b(?! = )/g, () => count('undefined'))
    .replaceAll(/^ +(?:\w+\.)?traced(?:\??: [^\n]+| = [^\n]+);\n/gm, () => '')
    .replaceAll(/^ +traced: undefined[^\n]*,\n/gm, () => '');
  return {text, places};
}
