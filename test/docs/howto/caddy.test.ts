// docs/howto/caddy.md: its Caddyfile configures a real Caddy in front of a real gateway, and its commands are run. The name
// of the guide is public, so that Caddy would ask an authority for its certificate: here it signs one itself.

import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {until} from '../../support/deadline.ts';
import {holdPorts} from '../../support/ports.ts';
import {testWith} from '../../support/programs.ts';
import {readDocument} from '../documents.ts';
import {blocksOf, commandsOf, Program, replaced, Shell, untilAnswered} from './howto.ts';
import {checkProxy, startGatewayOf} from './proxies.ts';

const document = readDocument('docs/howto/caddy.md');

testWith('caddy', 'curl')('Caddy as the guide configures it passes clients on, and its commands work', async (t) => {
  const daemon = await startGatewayOf(t, document);
  const [port = 0, plainPort = 0, adminPort = 0] = await holdPorts(t, 3);
  const shell = await Shell.start(t);
  const file = join(shell.folder, 'Caddyfile');
  const site = replaced(blocksOf(document, 'caddyfile').join('\n'), [
    ['app.example {', `https://localhost:${port}, https://app.example:${port} {\n\ttls internal`],
    ['127.0.0.1:1984', `127.0.0.1:${daemon.port}`],
  ]);
  const options = [`admin localhost:${adminPort}`, `http_port ${plainPort}`, 'skip_install_trust'];
  await writeFile(file, `{\n\t${options.join('\n\t')}\n}\n${site}`);
  const folders = {HOME: shell.folder, XDG_DATA_HOME: shell.folder, XDG_CONFIG_HOME: shell.folder};
  const caddy = new Program(t, 'caddy', ['run', '--config', file], folders);
  await caddy.listens(port);
  // What Debian's unit does.
  await shell.standIn('systemctl', `test "$*" = 'reload caddy' && exec caddy reload --force --config '${file}'`);

  const authority = join(shell.folder, 'caddy/pki/authorities/local/root.crt');
  const ca = await until(() => readFile(authority, 'utf8').catch(() => undefined), "Caddy's certificate");
  await checkProxy(t, daemon, {port, ca});

  const commands = commandsOf(document);
  t.is(commands.length, 4);
  for (const command of commands) {
    const line = replaced(command, [['/etc/caddy', shell.folder], ['app.example', `localhost:${port}`], untilAnswered]);
    const environment = {...folders, CURL_CA_BUNDLE: authority, NODE_EXTRA_CA_CERTS: authority};
    const {code, output} = await shell.run(line, environment);
    t.is(code, 0, `${command}\n${output}`);
    if (command.startsWith('curl')) t.regex(output, /^HTTP\/[\d.]+ 426 /m);
    if (command.includes('rainbow connect')) t.regex(output, /< ACK +id 1 .*ok$/m);
  }
});
