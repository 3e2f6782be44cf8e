// Builds rainbow-business: one module with its source map. `npm run build` in this folder adds the declarations.

import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    lib: {entry: '../../src/business/index.ts', formats: ['es'], fileName: () => 'business.js'},
    target: 'es2022',
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      external: /^node:/,
      // Inside the package, so that no debugger takes a source for a file of the application.
      output: {sourcemapPathTransform: (path) => path.replace('../../../src/', '../src/')},
    },
  },
});
