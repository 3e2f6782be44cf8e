// Builds rainbow-client: one module, one script for pages without modules, both with source maps, and the conformance
// vectors. `npm run build` in this folder adds the declarations.

import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {defineConfig, type Plugin} from 'vite';

/** Copies the vectors, without the blanks that make their files readable. */
const vectors: Plugin = {
  name: 'vectors',
  generateBundle({format}) {
    if (format !== 'es') return;
    const folder = new URL('../../test/vectors/', import.meta.url);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      this.emitFile({type: 'asset', fileName: `vectors/${name}`, source: JSON.stringify(JSON.parse(text))});
    }
  },
};

/** Of the source in a map: inside the package, so that no debugger takes it for a file of the application. */
const sourcemapPathTransform = (path: string): string => path.replace('../../../src/', '../src/');

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vectors],
  build: {
    lib: {entry: '../../src/client/client.ts'},
    target: 'es2022',
    sourcemap: true,
    rolldownOptions: {
      output: [
        {format: 'es', entryFileNames: 'client.js', minify: false, sourcemapPathTransform},
        {
          format: 'iife',
          name: 'RainbowClient',
          entryFileNames: 'rainbow-client.global.js',
          minify: true,
          generatedCode: {symbols: false},
          sourcemapPathTransform,
        },
      ],
    },
  },
});
