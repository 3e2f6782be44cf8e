// docs/howto/nginx.md: its blocks configure a real nginx in front of a real gateway, and its commands are run.

import test from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {holdPort} from '../../support/ports.ts';
import {testWith} from '../../support/programs.ts';
import {readDocument} from '../documents.ts';
import {blocksOf, commandsOf, replaced, Shell, untilAnswered} from './howto.ts';
import {checkProxy, secondsOf, startGatewayOf, startNginx} from './proxies.ts';

const document = readDocument('docs/howto/nginx.md');
const [block = ''] = blocksOf(document, 'nginx');

testWith('nginx', 'curl')('nginx as the guide configures it passes clients on, and its commands work', async (t) => {
  const daemon = await startGatewayOf(t, document);
  const port = await holdPort(t);
  const shell = await Shell.start(t);
  const servers = replaced(block, [
    ['listen 80', `listen 127.0.0.1:${port}`],
    ['127.0.0.1:1984', `127.0.0.1:${daemon.port}`],
  ]);
  await startNginx(t, shell, servers, port);
  await checkProxy(t, daemon, {port});

  const commands = commandsOf(document);
  t.is(commands.length, 4);
  for (const command of commands) {
    const {code, output} = await shell.run(replaced(command, [['app.example', `localhost:${port}`], untilAnswered]));
    t.is(code, 0, `${command}\n${output}`);
    if (command.startsWith('curl')) t.regex(output, /^HTTP\/1\.1 426 /m);
    if (command.includes('rainbow connect')) t.regex(output, /< ACK +id 1 .*ok$/m);
  }
});

test('nginx waits longer for a silent gateway than three pings take', (t) => {
  const pingSeconds = defaultOptions.pingIntervalMs / 1_000;
  t.true(document.text.includes(`ping_interval = ${pingSeconds}\n`));
  t.true(secondsOf(block, /proxy_read_timeout/) >= 3 * pingSeconds);
});
