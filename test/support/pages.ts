// The pages as the source says now, for the tests that open them.

import {join} from 'node:path';
import {root} from '../docs/documents.ts';
import {type Build, buildStale} from './build.ts';

const pages = {'vite.config.ts': 'dist/inspector', 'examples/chat/page/vite.config.ts': 'dist/chat'};
const sources = ['src', 'examples/chat', 'docs/delivery.md', 'vite.config.ts', 'package-lock.json'];

const builds = Object.entries(pages).map(
  ([config, folder]): Build => ({
    outputs: [`${folder}/index.html`],
    sources,
    run: async () => {
      // Loaded only here, since it costs as much as many a test.
      const vite = await import('vite');
      await vite.build({configFile: join(root, config), logLevel: 'warn'});
    },
  }),
);

/** Settles once both pages are built from the source as it is. */
export async function buildPages(): Promise<void> {
  await buildStale(builds);
}
