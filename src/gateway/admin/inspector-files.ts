// The files of the inspector's page, as they were built: read once, served from memory by the gateway and by `rainbow
// replay`. The page makes requests only to its own server, and its policy enforces that in the browser.

import {readdirSync, readFileSync} from 'node:fs';
import {extname} from 'node:path';
import {inspectorPaths} from '../../story/trace-feed.ts';

/** One file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Beside the source there is the package's `dist`; in the package this file is in it. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/inspector/' : '../../inspector/',
  import.meta.url,
);

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Headers of every file. */
export const pagePolicy: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** The page's files by path, as `/inspector/assets/page.js`; `/inspector/` is its index.html. Empty where it was not built. */
export function readPageFiles(from: URL = folder): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of listFiles(from)) {
    const contentType = contentTypes[extname(name)];
    // What has no known type is no part of the page: a source map perhaps.
    if (contentType === undefined) continue;
    const file = {contentType, bytes: readFileSync(new URL(name, from))};
    files.set(`${inspectorPaths.page}${name}`, file);
    if (name === 'index.html') files.set(inspectorPaths.page, file);
  }
  return files;
}

function listFiles(from: URL): readonly string[] {
  try {
    return readdirSync(from, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(from.pathname.length).replace(/^\//, ''));
  } catch {
    // Not built; a request for the page is answered with what to do.
    return [];
  }
}
