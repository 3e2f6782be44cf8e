// docs/howto/tls.md: its commands make a certificate, and nginx and HAProxy with its blocks serve wss:// with it.

import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {holdPort} from '../../support/ports.ts';
import {testWith} from '../../support/programs.ts';
import {readDocument} from '../documents.ts';
import {blocksOf, commandsOf, type Replacements, replaced, Shell, untilAnswered} from './howto.ts';
import {checkProxy, secondsOf, startGatewayOf, startHaproxy, startNginx} from './proxies.ts';

const document = readDocument('docs/howto/tls.md');
const proxyDocuments = {nginx: readDocument('docs/howto/nginx.md'), haproxy: readDocument('docs/howto/haproxy.md')};
const commands = commandsOf(document);
const isCheck = (command: string): boolean => /s_client|rainbow connect/.test(command);

/** The certificate is for the name of this machine: no other can be resolved here. */
async function makeCertificate(t: ExecutionContext, shell: Shell): Promise<Replacements> {
  const replacements: Replacements = [
    ['/etc/rainbow/tls', join(shell.folder, 'tls')],
    [/(?<=CN=|DNS:)app\.example/g, 'localhost'],
  ];
  t.is(commands.filter((command) => !isCheck(command)).length, 3);
  for (const command of commands.filter((line) => !isCheck(line))) {
    const {code, output} = await shell.run(replaced(command, replacements));
    t.is(code, 0, `${command}\n${output}`);
  }
  return replacements;
}

async function runChecks(t: ExecutionContext, shell: Shell, port: number, certificate: Replacements): Promise<void> {
  const replacements: Replacements = [
    ...certificate,
    ['-connect app.example:443', `-connect 127.0.0.1:${port}`],
    ['-servername app.example', '-servername localhost -verify_hostname localhost'],
    ['wss://app.example/', `wss://localhost:${port}/`],
    untilAnswered,
  ];
  t.is(commands.filter(isCheck).length, 2);
  for (const command of commands.filter(isCheck)) {
    const {code, output} = await shell.run(replaced(command, replacements));
    t.is(code, 0, `${command}\n${output}`);
    t.regex(output, command.includes('s_client') ? /^Verification: OK$/m : /< ACK +id 1 .*ok$/m);
  }
}

const certificateOf = (shell: Shell): Promise<string> => readFile(join(shell.folder, 'tls/app.example.crt'), 'utf8');

testWith('nginx', 'openssl')('nginx with the certificate of the guide serves wss', async (t) => {
  const daemon = await startGatewayOf(t, proxyDocuments.nginx);
  const port = await holdPort(t);
  const shell = await Shell.start(t);
  const certificate = await makeCertificate(t, shell);
  const servers = replaced(blocksOf(document, 'nginx').join('\n'), [
    ...certificate,
    ['listen 443', `listen 127.0.0.1:${port}`],
    ['127.0.0.1:1984', `127.0.0.1:${daemon.port}`],
  ]);
  await startNginx(t, shell, servers, port);
  await checkProxy(t, daemon, {port, ca: await certificateOf(shell)});
  await runChecks(t, shell, port, certificate);
});

testWith('haproxy', 'openssl')('HAProxy with the certificate of the guide serves wss', async (t) => {
  const daemon = await startGatewayOf(t, proxyDocuments.haproxy);
  const port = await holdPort(t);
  const shell = await Shell.start(t);
  const certificate = await makeCertificate(t, shell);
  const [, backend = ''] = /^(backend .*)/ms.exec(blocksOf(proxyDocuments.haproxy, 'haproxy').join('\n')) ?? [];
  const text = replaced(`${blocksOf(document, 'haproxy').join('\n')}\n${backend}`, [
    ...certificate,
    ['bind :443', `bind 127.0.0.1:${port}`],
    ['127.0.0.1:1984', `127.0.0.1:${daemon.port}`],
  ]);
  await startHaproxy(t, shell, text, port);
  await checkProxy(t, daemon, {port, ca: await certificateOf(shell)});
  await runChecks(t, shell, port, certificate);
});

test('the blocks with TLS differ from those without in TLS only', (t) => {
  const withoutTls = (text: string): string =>
    text
      .replace(/^ *(?:ssl_.*|listen .*|bind .*|\n)\n/gm, '')
      .replace('X-Forwarded-Proto https', 'X-Forwarded-Proto http');
  const linesOf = (text: string): readonly string[] =>
    withoutTls(text)
      .split('\n')
      .filter((line) => line.trim() !== '');
  t.deepEqual(
    linesOf(blocksOf(document, 'nginx').join('\n')),
    linesOf(blocksOf(proxyDocuments.nginx, 'nginx').join('\n')),
  );
  const [frontend = ''] = blocksOf(proxyDocuments.haproxy, 'haproxy')
    .join('\n')
    .split(/^backend /m);
  t.deepEqual(linesOf(blocksOf(document, 'haproxy').join('\n')), linesOf(frontend));
});

test('nginx with TLS waits longer than three pings take', (t) => {
  const seconds = secondsOf(blocksOf(document, 'nginx').join('\n'), /proxy_read_timeout/);
  t.true(seconds >= (3 * defaultOptions.pingIntervalMs) / 1_000);
});
