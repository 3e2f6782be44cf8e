// Serves the chat's page to browsers: the files that `npm run build:pages` made, and where the gateway is. Called by the
// business server for what is no call of the gateway's. It reads the folder once, so that no path leads out of it.

import {readdir, readFile} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {extname, join} from 'node:path';

/** The page as it can be served. */
export interface PageFiles {
  /** Whether there is a page. */
  readonly isBuilt: boolean;
  /** Answers a request that is for the page, and says whether it was. */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const notBuilt = 'The page is not built: npm run build:pages, and start again.\n';

/** Reads a folder of files; one that is not there is a page that is not built. */
export async function readPageFiles(folder: string, gatewayUrl: () => string): Promise<PageFiles> {
  const files = await readFolder(folder);
  return {
    isBuilt: files.has('/'),
    serve({method, url = '/'}, response) {
      const [path = '/'] = url.split('?');
      const file = files.get(path);
      if (method !== 'GET' || (file === undefined && path !== '/' && path !== '/gateway.json')) return false;
      if (path === '/gateway.json') send(response, 200, '.json', JSON.stringify({url: gatewayUrl()}));
      else if (file === undefined) send(response, 503, '.txt', notBuilt);
      else send(response, 200, file.extension, file.bytes, {'content-security-policy': policy(gatewayUrl())});
      return true;
    },
  };
}

interface PageFile {
  readonly extension: string;
  readonly bytes: Buffer;
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const address = path.slice(folder.length).replaceAll('\\', '/').replace(/^\/?/, '/');
    const file = {extension: extname(path), bytes: await readFile(path)};
    files.set(address === '/index.html' ? '/' : address, file);
  }
  return files;
}

// What the page may load and connect to: its own files and the gateway, and nothing else in the world.
function policy(gatewayUrl: string): string {
  const gateway = gatewayUrl.replace(/^http/, 'ws');
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ${gateway}`;
}

function send(
  response: ServerResponse,
  status: number,
  extension: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': contentTypes[extension] ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
