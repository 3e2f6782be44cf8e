// docs/tutorials/backend-in-php.md: its program is the one of the examples, and its commands lead to what it says.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {token} from '../examples/chat-harness.ts';
import {phpCommand, phpFile, startPhp} from '../examples/php-server.ts';
import {holdPorts} from '../support/ports.ts';
import {testWith} from '../support/programs.ts';
import {readDocument, root} from './documents.ts';
import {blocksOf, commandsOf, Program, replaced, Shell, untilAnswered} from './howto/howto.ts';

const document = readDocument('docs/tutorials/backend-in-php.md');

test('the backend in PHP is the one of the examples, where it is run', (t) => {
  t.deepEqual(blocksOf(document, 'php'), [readFileSync(phpFile, 'utf8')]);
});

testWith('php')('the commands of the tutorial run the backend, the gateway and a client', async (t) => {
  const [php, gateway = '', client = '', ...others] = commandsOf(document);
  t.is(php, phpCommand);
  t.deepEqual(others, []);
  const [port = 0, phpPort = 0] = await holdPorts(t, 2);
  const shell = await Shell.start(t);
  await startPhp(t, `http://127.0.0.1:${port}`, phpPort);
  const words = replaced(gateway, [['-p 1984', `-p ${port}`]])
    .split(' ')
    .slice(2);
  const business = `http://127.0.0.1:${phpPort}`;
  const server = new Program(t, process.execPath, [`${root}bin/rainbow-server.js`, ...words], {
    RAINBOW_SECURITY_TOKEN: token,
    RAINBOW_CONNECT_URL: `${business}/connect/`,
    RAINBOW_FORWARD_URL: `${business}/message/{message_type}/`,
    RAINBOW_CLOSE_URL: `${business}/close/`,
  });
  await server.listens(port);
  const {code, output} = await shell.run(replaced(client, [untilAnswered]), {RAINBOW_URL: `http://127.0.0.1:${port}`});
  t.is(code, 0, output);
  t.regex(output, /< SEND type \d+ qos 1 id \d+ +hello$/m);
  t.regex(output, /< ACK +id 1 /);
  t.regex(output, /"connections": ?1\b/);
});
