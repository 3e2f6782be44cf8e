// Builds the chat's page into dist/chat, from where the business server serves it: `npm run build:pages`.

import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: {
    outDir: fileURLToPath(new URL('../../../dist/chat', import.meta.url)),
    emptyOutDir: true,
    target: 'es2024',
    // Files, not data in the page: its policy lets nothing in but files of its own server.
    assetsInlineLimit: 0,
    modulePreload: {polyfill: false},
  },
});
