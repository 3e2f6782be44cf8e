// docs/client.md: its program runs against a real gateway, its tables are the program's, its chart names every state.

import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {IDBFactory} from 'fake-indexeddb';
import {clientErrorTable} from '../../src/client/errors.ts';
import {numberOptions} from '../../src/client/options.ts';
import {clientConnection} from '../../src/machines/client-connection.ts';
import {answer, success} from '../support/business-server.ts';
import {within} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {codeBlocks, readDocument, root, tableRows} from './documents.ts';

const document = readDocument('docs/client.md');

test.serial('the code of the document, block after block, is one program that does what it says', async (t) => {
  const {business, gateway, api} = await start(t);
  // As the server of docs/business.md does, which refuses a client without a name.
  business.always('connect', (response, call) => {
    const isNamed = call.header('name') === 'ann';
    return (isNamed ? success({RAINBOWCLIENTCHANNEL: 'lobby'}) : answer(200, '{"status":"fail"}'))(response, call);
  });
  business.always('message', async (response, call) => {
    // Each message goes to all, as in the chat.
    const {json} = await api.send({channel: 'lobby', qos: 1, msgtype: 1002}, '{"from":"ann","text":"hello"}');
    await answer(200, JSON.stringify({delivered: json.connections}))(response, call);
  });
  const code = codeBlocks(document)
    .filter(({language}) => language === 'ts')
    .map((block) => block.code)
    .join('\n')
    .replaceAll("'rainbow-client'", `'${new URL('src/client/client.ts', `file://${root}`).pathname}'`)
    .replaceAll('ws://127.0.0.1:1984', `ws://127.0.0.1:${gateway.port}`)
    .replaceAll('console.log(', 'globalThis.said(');
  const said: string[] = [];
  Object.assign(globalThis, {indexedDB: new IDBFactory(), said: (...words: unknown[]) => said.push(words.join(' '))});
  const folder = await mkdtemp(join(root, 'test/docs/program-'));
  t.teardown(() => rm(folder, {recursive: true}));
  const file = join(folder, 'client-document.ts');
  await writeFile(file, code);
  await within(import(file) as Promise<unknown>, 'the program to end');
  t.deepEqual(said, [
    '1002 ann: hello',
    'delivered to 1',
    'my-first queued ',
    'my-first sent ',
    'my-first atGateway ',
    '1002 ann: hello',
    'my-first answered ',
    'patient letter-1 queued',
    'patient letter-1 sent',
    'patient letter-1 atGateway',
    '1002 ann: hello',
    'patient letter-1 answered',
    'certainly not: RB_ABORTED',
    'faded 1000',
  ]);
});

test("the table of options is the program's, with defaults and bounds", (t) => {
  const rows = tableRows(document).filter(([, usual = '', least = '', most = '']) =>
    [usual, least, most].every((cell) => /^(?:\d+|Infinity)$/.test(cell)),
  );
  const documented = rows.map(([name, ...bounds]) => [name.replaceAll('`', ''), bounds.slice(0, 3).map(Number)]);
  t.deepEqual(Object.fromEntries(documented), numberOptions);
});

test("the table of errors is the program's", (t) => {
  const rows = tableRows(document).filter(([code]) => code.startsWith('`RB_'));
  t.deepEqual(rows.map(([code]) => code.replaceAll('`', '')).toSorted(), Object.keys(clientErrorTable).toSorted());
  for (const [code, mayHaveArrived] of rows) {
    const facts = Object.entries(clientErrorTable).find(([name]) => code === `\`${name}\``)?.[1];
    t.is<boolean | undefined, boolean | undefined>(mayHaveArrived === 'yes', facts?.mayHaveArrived, code);
  }
});

test('the drawing names every state of the chart, and events that it has', (t) => {
  const drawing = codeBlocks(document).find(({language}) => language === '')?.code ?? '';
  for (const state of clientConnection.vocabulary.states) t.regex(drawing, new RegExp(`[[(]${state}[\\])]`), state);
  const events: readonly string[] = clientConnection.vocabulary.events;
  for (const [event] of drawing.matchAll(/\b(?:app|socket|clock|wire)\.\w+/g)) t.true(events.includes(event), event);
});
