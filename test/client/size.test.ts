// What a page has to load: the package's entry, bundled and minified as an application's own build would do it.

import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {build, type Rolldown} from 'vite';

const entry = fileURLToPath(new URL('../../src/client/client.ts', import.meta.url));
const gzipBytesMax = 12 * 1024;

async function bundle(): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      // Everything that the entry exports is kept, whether or not anything uses it.
      rolldownOptions: {input: entry, preserveEntrySignatures: 'strict'},
    },
  })) as Rolldown.RolldownOutput;
  return result.output.map((part) => (part.type === 'chunk' ? part.code : '')).join('');
}

test('the whole client, bundled and minified, has at most 12 KB gzipped, and nothing of Node or XState in it', async (t) => {
  const code = await bundle();
  const gzipBytes = gzipSync(code, {level: 9}).length;
  t.log(`${code.length} bytes minified, ${gzipBytes} gzipped`);
  t.true(gzipBytes <= gzipBytesMax, `${gzipBytes} bytes`);
  t.notRegex(code, /\bfrom\s*["'`]|\brequire\(|node:|xstate/);
  t.regex(code, /indexedDB/);
  t.regex(code, /open\.awaitingSign/);
});
