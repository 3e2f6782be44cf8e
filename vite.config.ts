// How the pages are built: the inspector, into dist/inspector. Its files name each other relatively, so that they can be
// served from any path, and nothing in them leads elsewhere.

import {readFileSync} from 'node:fs';
import {defineConfig} from 'vite';
import {readRules} from './src/gateway/documents/protocol-document.ts';

const root = new URL('src/inspector/', import.meta.url).pathname;
const delivery = readFileSync(new URL('docs/delivery.md', import.meta.url), 'utf8');

export default defineConfig({
  root,
  base: './',
  define: {deliveryRules: JSON.stringify(readRules(delivery))},
  // A data URL would be refused by the page's policy where it is not an image.
  build: {
    outDir: '../../dist/inspector',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: {polyfill: false},
  },
  oxc: {jsx: {runtime: 'automatic', importSource: 'preact'}},
});
