// The pages as the source says now, for the tests that open them: built into dist by the first that asks, where anything
// that they are made of is newer. Tests in other processes wait meanwhile, and find them built.

import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {root} from '../docs/documents.ts';
import {until} from './deadline.ts';
import {listen} from './ports.ts';

const pages = {'vite.config.ts': 'dist/inspector', 'examples/chat/page/vite.config.ts': 'dist/chat'};
const sources = ['src', 'examples/chat', 'docs/delivery.md', 'vite.config.ts', 'package-lock.json'];
/** Who listens there builds: the lock ends with its process. Below the ports that tests hold. */
const lockPort = 11_999;
const buildMsMax = 120_000;

/** Settles once both pages are built from the source as it is. */
export async function buildPages(): Promise<void> {
  const lock = await until(() => listen(lockPort), 'the pages to be built', buildMsMax);
  try {
    for (const [config, folder] of Object.entries(pages)) if (!isFresh(folder)) await build(config);
  } finally {
    lock.close();
  }
}

function isFresh(folder: string): boolean {
  const page = join(root, folder, 'index.html');
  return existsSync(page) && statSync(page).mtimeMs >= Math.max(...sources.map((path) => changedAt(join(root, path))));
}

async function build(config: string): Promise<void> {
  // Only here: to load it costs as much as many a test.
  const vite = await import('vite');
  await vite.build({configFile: join(root, config), logLevel: 'warn'});
}

/** When a file, or the latest one in a folder, was last changed. */
function changedAt(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}
