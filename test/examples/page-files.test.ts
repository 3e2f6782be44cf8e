// The page as the chat's business server serves it, beside the calls of the gateway.

import {readFileSync} from 'node:fs';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {startChat} from '../../examples/chat/business-server.ts';

async function start(t: ExecutionContext, pageFolder: string) {
  const gatewayUrl = (): string => 'http://127.0.0.1:1984';
  const chat = await startChat({port: 0, token: 'a token for tests', gatewayUrl, log: () => {}, pageFolder});
  t.teardown(() => chat.close());
  return {chat, get: (path: string) => fetch(`http://127.0.0.1:${chat.port}${path}`)};
}

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-page-'));
  t.teardown(() => rm(folder, {recursive: true}));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<title>chat</title>');
  await writeFile(join(folder, 'assets/main.js'), '1;');
  return folder;
}

test('the page is at /, its files beside it, and its policy lets it speak to its server and the gateway alone', async (t) => {
  const {chat, get} = await start(t, await makeFolder(t));
  t.true(chat.hasPage);
  const page = await get('/?again');
  t.is(await page.text(), '<title>chat</title>');
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(
    page.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://127.0.0.1:1984",
  );
  const script = await get('/assets/main.js');
  t.is(await script.text(), '1;');
  t.is(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  t.deepEqual(await (await get('/gateway.json')).json(), {url: 'http://127.0.0.1:1984'});
});

test('no path leads out of the folder of the page, and the calls of the gateway are as they were', async (t) => {
  const {get} = await start(t, await makeFolder(t));
  for (const path of ['/assets/', '/assets/../../package.json', '/%2e%2e/package.json', '/nothing.js']) {
    t.is((await get(path)).status, 404, path);
  }
  t.is((await get('/connect/')).status, 403);
});

test('a page that is not built says how to build it', async (t) => {
  const {chat, get} = await start(t, join(tmpdir(), 'rainbow-page-that-is-not-there'));
  t.false(chat.hasPage);
  const response = await get('/');
  t.is(response.status, 503);
  t.regex(await response.text(), /npm run build:pages/);
  t.is((await get('/gateway.json')).status, 200);
});

test('the page has no comments for the programs that check it', (t) => {
  const text = readFileSync(new URL('../../examples/chat/page/index.html', import.meta.url), 'utf8');
  t.notRegex(text, /<!--/);
});
