// docs/business.md against the code: its tables, and its code blocks, each of which is run.

import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {businessCodes} from '../../src/business/errors.ts';
import type {Business} from '../../src/business/index.ts';
import {call} from '../business/harness.ts';
import {success} from '../support/business-server.ts';
import {until} from '../support/deadline.ts';
import {securityToken, start} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {codeBlocks, readDocument, root, tableRows} from './documents.ts';

const guide = readDocument('docs/business.md');
const blocks = codeBlocks(guide).filter(({language}) => language === 'ts');
const rows = tableRows(guide);

const placeholders = {token: 'change-me-please', gateway: 'http://127.0.0.1:1984', port: '8000'};

/** Writes the block that holds `mark` into a folder of its own, its packages found from here; gives the file. */
async function place(t: ExecutionContext, mark: string, real: Partial<typeof placeholders> = {}): Promise<string> {
  const block = blocks.find(({code}) => code.includes(mark));
  if (block === undefined) throw new Error(`Expected a block with ${mark}`);
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-docs-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  await writeFile(join(folder, 'app.ts'), appFile);
  const file = join(folder, 'block.ts');
  await writeFile(
    file,
    resolvePackages(replacePlaceholders(block.code, real)).replace("'answers.db'", `'${folder}/answers.db'`),
  );
  return file;
}

const entry = new URL('../../src/business/index.ts', import.meta.url).href;
const appFile = `
  import {business} from '${entry}';
  export const app = business({token: '${securityToken}', on: {7: ({bytes}) => bytes()}});
`;

function replacePlaceholders(code: string, real: Partial<typeof placeholders>): string {
  let text = code;
  for (const [name, value] of Object.entries(real)) text = text.replaceAll(placeholders[name as 'token'], value);
  return text;
}

function resolvePackages(code: string): string {
  return code.replace(/ from '([^'./][^']*)'/g, (_, name: string) => {
    if (name.startsWith('node:')) return ` from '${name}'`;
    return ` from '${name === 'rainbow-business' ? entry : import.meta.resolve(name)}'`;
  });
}

/** Runs a block as a program; gives what it writes. It is killed with the test. */
function run(
  t: ExecutionContext,
  file: string,
): {readonly output: () => string; readonly ended: Promise<number | null>} {
  const child = spawn(process.execPath, [file], {stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {output: () => output, ended};
}

/** Settles once something listens. */
async function listening(port: string): Promise<void> {
  const isUp = (): Promise<true | undefined> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => undefined,
    );
  await until(isUp, `the block to listen on ${port}`);
}

test('every block is run by one of these tests', (t) => {
  const marks = [
    'context.name = name',
    'DatabaseSync',
    'const Move',
    '{toNodeListener}',
    'toExpress',
    'toFastify',
    'toHono',
    'RainbowApiError',
    'gateway.presence',
  ];
  t.is(blocks.length, marks.length);
  for (const mark of marks)
    t.true(
      blocks.some(({code}) => code.includes(mark)),
      mark,
    );
});

test('the first business server lets clients in by name, and says what they say to all', async (t) => {
  const port = String(await holdPort(t));
  const base = `http://127.0.0.1:${port}`;
  const harness = await start(t, {
    connectUrl: `${base}/connect/`,
    forwardUrl: `${base}/message/`,
    closeUrl: `${base}/close/`,
  });
  const program = run(
    t,
    await place(t, 'context.name = name', {port, gateway: harness.gateway.url, token: securityToken}),
  );
  await listening(port);
  t.is((await harness.handshake()).answer.status, 401);
  const bob = await harness.connect({path: '/connect/?name=bob'});
  acknowledgeAll(bob);
  const ann = await harness.connect({path: '/connect/?name=ann'});
  ann.sendMessage({qos: 1, type: 2, id: 1, payload: '{"text":"hello"}'});
  const heard = await ann.parsed();
  t.deepEqual(JSON.parse(heard.payload.toString()), {from: 'ann', text: 'hello'});
  ann.sendAnswer('ack', heard.id);
  t.is((await ann.parsed()).payload.toString(), '{"delivered":2}');
  ann.sendClose(1000);
  await until(() => (program.output().includes('ann is gone') ? true : undefined), 'the close handler to speak');
  // While there is a server that takes the other close call.
  await harness.gateway.close();
});

test('the store on SQLite remembers', async (t) => {
  const file = await place(t, 'DatabaseSync', {token: 'a token for tests'});
  const {app} = (await import(pathToFileURL(file).href)) as {readonly app: Business};
  const headers = {RAINBOWMESSAGEID: 'm1'};
  for (const _ of ['first', 'again']) t.is((await call(app, '/message/1/', {headers})).text, '1');
  t.is((await call(app, '/message/1/', {headers: {RAINBOWMESSAGEID: 'm2'}})).text, '2');
});

test('the schemas check', async (t) => {
  const file = await place(t, 'const Move', {token: 'a token for tests'});
  const {app} = (await import(pathToFileURL(file).href)) as {readonly app: Business};
  t.deepEqual((await call(app, '/message/1/', {body: '{"room":"den"}'})).context, {room: 'den'});
  t.is((await call(app, '/message/1/', {body: '{}'})).status, 400);
  const {status, json} = await call(app, '/message/2/', {body: '{}'});
  t.is(status, 200);
  t.like(json, {got: '{}'});
});

for (const [mark, path] of [
  ['{toNodeListener}', ''],
  ['toExpress', '/rainbow'],
  ['toFastify', '/rainbow'],
  ['toHono', '/rainbow'],
] as const) {
  test(`the block with ${mark} serves`, async (t) => {
    const port = String(await holdPort(t));
    const base = `http://127.0.0.1:${port}${path}`;
    const harness = await start(t, {
      connectUrl: `${base}/connect/`,
      forwardUrl: `${base}/message/`,
      closeUrl: `${base}/close/`,
    });
    run(t, await place(t, mark, {port}));
    await listening(port);
    const client = await harness.connect();
    client.sendMessage({qos: 1, type: 7, id: 1, payload: 'echo'});
    t.is((await client.parsed()).payload.toString(), 'echo');
    // While there is a server that takes the close call.
    await harness.gateway.close();
  });
}

test('the calls of the gateway do what they say', async (t) => {
  const harness = await start(t);
  const {client, identity} = await harness.join();
  await harness.api.subscribe(identity, 'lobby');
  acknowledgeAll(client, 'ann');
  const file = await place(t, 'RainbowApiError', {gateway: harness.gateway.url, token: securityToken});
  const {output, ended} = run(t, file);
  t.is(await ended, 0, output());
  t.is(output(), `1 have it\n${identity.slice(0, 4)} says ann\nRB_NO_SUCH_CONNECTION\n`);
});

test('lists, and calls to more than one client, do what they say', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'lobby'}, {identity: 'test-1'}));
  const {client} = await harness.join();
  const file = await place(t, 'gateway.presence', {gateway: harness.gateway.url, token: securityToken});
  const {output, ended} = run(t, file);
  t.is(await ended, 0, output());
  t.regex(output(), /^test-1 has been here since \d{4}-\S+Z\n1 clients, of which 0 read too slowly\n$/);
  t.is(await client.packet(), 'SEND q0 type 2 "{"text":"back in a minute"}"');
  t.is((await client.closeFrame()).code, 4152);
});

/** Members of an interface with their defaults, as the source declares them. */
async function membersOf(path: string, name: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'src/business', path), 'utf8');
  const body = new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, 'ms').exec(text)?.[1] ?? '';
  const members = new Map<string, string>();
  for (const [, comment = '', member = ''] of body.matchAll(/((?:^ +(?:\/\*\*|\*).*\n)*)^ {2}readonly (\w+)\??:/gm)) {
    members.set(member, /@default (.*?)(?: \*\/)?$/m.exec(comment)?.[1]?.replaceAll('`', '') ?? '');
  }
  return members;
}

/** Name and default of each row of the tables whose head begins with `head`. */
function documented(head: string): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  let isInside = false;
  for (const [first, second = ''] of rows) {
    if (!first.startsWith('`')) isInside = first === head;
    else if (isInside) found.push([first.replaceAll('`', ''), second.replaceAll('`', '')]);
  }
  return found;
}

test('the tables have every option, with the default that the source says', async (t) => {
  const all = [
    ...(await membersOf('options.ts', 'BusinessOptions')),
    ...(await membersOf('answer-store.ts', 'MemoryStoreOptions')),
    ...(await membersOf('api-caller.ts', 'RainbowApiOptions')),
  ];
  t.is(all.length, 23);
  t.deepEqual(documented('Option'), all);
  const ofMessages = await membersOf('rainbow-api.ts', 'SendOptions');
  t.deepEqual(documented('Option of a message'), [...ofMessages, ['signal', 'none']]);
});

test("the defaults that stand in the comments are the program's", async (t) => {
  const source = await readFile(join(root, 'src/business/business.ts'), 'utf8');
  for (const name of ['timeoutMs', 'bodyBytesMax', 'runningMax', 'replayCallsMax']) {
    const written = (await membersOf('options.ts', 'BusinessOptions')).get(name);
    t.true(source.includes(`${name} = ${written}`), name);
  }
});

test("the codes of the document are the program's", (t) => {
  const codes = rows
    .filter(([code]) => code.startsWith('`RB_'))
    .map(([code, meaning]) => [code.replaceAll('`', ''), meaning]);
  t.deepEqual(Object.fromEntries(codes), businessCodes);
});
