// docs/howto/haproxy.md: its blocks configure a real HAProxy in front of a real gateway, and its commands are run.

import test from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {holdPort} from '../../support/ports.ts';
import {testWith} from '../../support/programs.ts';
import {readDocument} from '../documents.ts';
import {blocksOf, commandsOf, replaced, Shell, untilAnswered} from './howto.ts';
import {checkProxy, secondsOf, startGatewayOf, startHaproxy} from './proxies.ts';

const document = readDocument('docs/howto/haproxy.md');
const [block = ''] = blocksOf(document, 'haproxy');

testWith('haproxy', 'curl')(
  'HAProxy as the guide configures it passes clients on, and its commands work',
  async (t) => {
    const daemon = await startGatewayOf(t, document);
    const port = await holdPort(t);
    const shell = await Shell.start(t);
    const text = replaced(block, [
      ['bind :80', `bind 127.0.0.1:${port}`],
      ['127.0.0.1:1984', `127.0.0.1:${daemon.port}`],
    ]);
    await startHaproxy(t, shell, text, port);
    await checkProxy(t, daemon, {port});

    const commands = commandsOf(document);
    t.is(commands.length, 4);
    for (const command of commands) {
      const line = replaced(command, [
        ['/etc/haproxy', shell.folder],
        ['app.example', `localhost:${port}`],
        untilAnswered,
      ]);
      const {code, output} = await shell.run(line);
      t.is(code, 0, `${command}\n${output}`);
      if (command.startsWith('curl')) t.regex(output, /^HTTP\/1\.1 426 /m);
      if (command.includes('rainbow connect')) t.regex(output, /< ACK +id 1 .*ok$/m);
    }
  },
);

test('HAProxy waits longer for a silent connection than three pings take', (t) => {
  const pingSeconds = defaultOptions.pingIntervalMs / 1_000;
  t.true(document.text.includes(`ping_interval = ${pingSeconds}\n`));
  t.true(secondsOf(block, /timeout tunnel/) >= 3 * pingSeconds);
});
