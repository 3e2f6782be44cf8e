// The version of this package, from its package.json, which stands two folders up in the source and in the package alike.

import {readFileSync} from 'node:fs';

/** `major.minor.patch` of this package. */
export const version = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const found: unknown = JSON.parse(text);
  const isPackage = typeof found === 'object' && found !== null && 'version' in found;
  return isPackage && typeof found.version === 'string' ? found.version : '0.0.0';
}
