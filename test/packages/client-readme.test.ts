// packages/client/README.md: its programs run with the installed package in every runtime that it names, and its pages in a
// browser.

import {readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {codeBlocks, readDocument, root} from '../docs/documents.ts';
import {answer, success} from '../support/business-server.ts';
import {chromiumPath, endBrowser, observeConduct, startBrowser} from '../support/chromium.ts';
import {start} from '../support/gateway.ts';
import {installBefore} from '../support/packages.ts';
import {serialTestWith} from '../support/programs.ts';
import {runIn, runtimes, runtimeTest} from './runtimes.ts';

const guide = readDocument('packages/client/README.md');
const place = join(root, 'packages/client');
const [connecting = '', vectors = ''] = codeBlocks(guide).flatMap(({language, code}) =>
  language === 'ts' ? [code] : [],
);
const [scriptPage = '', modulePage = ''] = codeBlocks(guide).flatMap(({language, code}) =>
  language === 'html' ? [code] : [],
);

const application = installBefore('client');

test.after.always('the browser is ended', endBrowser);

/** A gateway whose business server lets ann in, answers what she says, and sends her a message before that. */
async function startGateway(t: ExecutionContext): Promise<(code: string) => string> {
  const {business, gateway, api} = await start(t);
  business.always('connect', (response, call) => {
    const isNamed = call.header('name') === 'ann';
    return (isNamed ? success({RAINBOWCLIENTCHANNEL: 'lobby'}) : answer(200, '{"status":"fail"}'))(response, call);
  });
  business.always('message', async (response, call) => {
    await api.send({channel: 'lobby', qos: 2, msgtype: 1002}, call.body);
    await answer(200, 'heard')(response, call);
  });
  return (code) => code.replaceAll('ws://127.0.0.1:1984', `ws://127.0.0.1:${gateway.port}`);
}

for (const runtime of [runtimes.node22, runtimes.node24, runtimes.bun, runtimes.deno]) {
  runtimeTest(runtime, `the program of the page connects, sends and receives in ${runtime.name}`, async (t) => {
    const connect = await startGateway(t);
    const {folder} = application();
    await writeFile(join(folder, 'program.js'), connect(connecting));
    const {output, ended} = runIn(t, runtime, folder, 'program.js');
    t.is(await ended, 0, output());
    t.is(output(), '1002 {"text":"hello"}\nanswer heard\n');

    await writeFile(join(folder, 'vectors.js'), vectors);
    const counted = runIn(t, runtime, folder, 'vectors.js');
    t.is(await counted.ended, 0, counted.output());
    const counts = await Promise.all(['packets', 'exchanges', 'stories'].map(countVectors));
    t.is(counted.output(), `${counts.join(' ')}\n`);
  });
}

async function countVectors(name: string): Promise<number> {
  const text = await readFile(join(root, `test/vectors/${name}.json`), 'utf8');
  return (JSON.parse(text) as {readonly vectors: readonly unknown[]}).vectors.length;
}

for (const [kind, file, page] of [
  ['a script tag', 'rainbow-client.global.js', scriptPage],
  ['an import map', 'client.js', modulePage],
] as const) {
  serialTestWith(chromiumPath)(`the page with ${kind} connects, sends and receives, from one file`, async (t) => {
    const connect = await startGateway(t);
    const {url, requested} = await serve(t, {
      '/': ['text/html', connect(page)],
      [`/${file}`]: ['text/javascript', await readFile(join(place, 'dist', file), 'utf8')],
    });
    const openContext = await startBrowser(t);
    const tab = await (await openContext()).newPage();
    const conduct = observeConduct(tab);
    await tab.goto(url);
    await tab.getByText('1002 {"text":"hello"};answer heard;').waitFor();
    t.deepEqual(conduct.errors, []);
    t.deepEqual(
      requested.filter((path) => path !== '/favicon.ico'),
      ['/', `/${file}`],
    );
  });
}

/** Serves these files, and notes what was asked for. */
async function serve(t: ExecutionContext, files: Readonly<Record<string, readonly [type: string, text: string]>>) {
  const requested: string[] = [];
  const server = createServer((request, response) => {
    requested.push(request.url ?? '');
    const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.setHeader('content-type', `${type}; charset=utf-8`).end(text);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requested};
}
