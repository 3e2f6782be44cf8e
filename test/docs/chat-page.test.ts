// docs/tutorials/chat-page.md: its two files, started by its commands, are a chat of two people in a browser.

import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {chromiumPath, endBrowser, observeConduct, startBrowser} from '../support/chromium.ts';
import {buildPackages} from '../support/packages.ts';
import {holdPorts} from '../support/ports.ts';
import {missingOf, testWith} from '../support/programs.ts';
import {readDocument, root} from './documents.ts';
import {blocksOf, commandsOf, Program, type Replacements, replaced} from './howto/howto.ts';

const document = readDocument('docs/tutorials/chat-page.md');

if (missingOf(chromiumPath).length === 0) test.before('the packages are built', buildPackages);
test.after.always('the browser is ended', endBrowser);

/** The folder of the reader, in the tree as the tutorial has it, with these ports. */
async function writeFiles(t: ExecutionContext, replacements: Replacements): Promise<string> {
  const folder = await mkdtemp(join(root, 'test/docs/program-'));
  t.teardown(() => rm(folder, {recursive: true}));
  for (const [language, name] of [
    ['ts', 'server.ts'],
    ['html', 'index.html'],
  ] as const) {
    const [code = '', ...others] = blocksOf(document, language);
    t.deepEqual(others, []);
    await writeFile(join(folder, name), replaced(code, replacements));
  }
  return folder;
}

testWith(chromiumPath)('two people talk on the page of the tutorial, also over a restart of the gateway', async (t) => {
  const [port = 0, pagePort = 0] = await holdPorts(t, 2);
  const folder = await writeFiles(t, [
    [':1984', `:${port}`],
    ['8000', String(pagePort)],
    // A busy machine may take longer than a reader waits.
    ['timeoutMs: 3_000', 'timeoutMs: 50_000'],
    ['  token,\n  connect(', '  token,\n  timeoutMs: 55_000,\n  connect('],
    // What npm ci links, of this tree.
    ["'rainbow-business'", `'${root}src/business/index.ts'`],
    ["import.meta.resolve('rainbow-client/package.json')", `'file://${root}packages/client/package.json'`],
  ]);
  const [server, gateway = '', ...others] = commandsOf(document);
  t.is(server, 'npx node my-chat/server.ts');
  t.deepEqual(others, []);
  await new Program(t, process.execPath, [join(folder, 'server.ts')]).listens(pagePort);
  const words = gateway.replace('-p 1984', `-p ${port}`).split(' ').slice(2);
  const business = `http://127.0.0.1:${pagePort}`;
  const startGateway = async (): Promise<Program> => {
    const program = new Program(t, process.execPath, [join(root, 'bin/rainbow-server.js'), ...words], {
      RAINBOW_CALL_TIMEOUT: '60',
      RAINBOW_CONNECT_URL: `${business}/connect/`,
      RAINBOW_FORWARD_URL: `${business}/message/{message_type}/`,
      RAINBOW_CLOSE_URL: `${business}/close/`,
    });
    await program.listens(port);
    return program;
  };
  const first = await startGateway();

  const openContext = await startBrowser(t);
  const open = async (name: string) => {
    const tab = await (await openContext()).newPage();
    const conduct = observeConduct(tab);
    await tab.goto(`${business}/?name=${name}`);
    await tab.getByText(`You are ${name}, connected.`).waitFor();
    const say = async (text: string): Promise<void> => {
      await tab.getByLabel('Message').fill(text);
      await tab.getByRole('button', {name: 'Send'}).click();
    };
    return {tab, conduct, say};
  };
  const ann = await open('ann');
  const bob = await open('bob');
  await ann.say('hello');
  await bob.tab.getByText('ann: hello').waitFor();
  await ann.tab.getByText('ann: hello (seen by 2)').waitFor();
  t.deepEqual([...ann.conduct.errors, ...bob.conduct.errors], []);

  first.child.kill('SIGINT');
  t.is(await first.ended, 0);
  await bob.tab.getByText('You are bob, connecting.').waitFor();
  await bob.say('are you there?');
  await bob.tab.getByText('bob: are you there? (sending)').waitFor();
  await startGateway();
  await bob.tab.getByText(/^bob: are you there\? \(seen by [12]\)$/).waitFor();
});
