// docs/howto/systemd.md: its commands install into a folder in place of /, systemd reads the unit there, and what the unit
// starts is a gateway that obeys the unit's signal and fits its limits. No systemd runs here: the test starts it instead.

import {copyFile, mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {shareFiles} from '../../../src/gateway/shard/open-files.ts';
import {startBusinessServer} from '../../support/business-server.ts';
import {holdPort} from '../../support/ports.ts';
import {testWith} from '../../support/programs.ts';
import {connect} from '../../support/raw-client.ts';
import {readDocument, root} from '../documents.ts';
import {blocksOf, commandsOf, Program, type Replacements, replaced, Shell} from './howto.ts';

const document = readDocument('docs/howto/systemd.md');
const commands = commandsOf(document);
const [unit = ''] = blocksOf(document, 'systemd');

function settingOf(name: string): string {
  const values = [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  if (values.length !== 1) throw new Error(`Expected ${name} once, got ${values.length}`);
  return values[0] ?? '';
}

test('the unit of the guide is the one that the package has', async (t) => {
  t.is(unit, await readFile(join(root, 'config/rainbow-server.service'), 'utf8'));
});

test('the limits of the unit leave room for those of the gateway', (t) => {
  t.true(Number(settingOf('TimeoutStopSec')) > defaultOptions.shutdownMaxMs / 1_000);
  const {clientsMax} = shareFiles(Number(settingOf('LimitNOFILE')), defaultOptions);
  t.is(clientsMax, defaultOptions.connectionsMax);
});

/** A machine in a folder: npm puts this tree into it, and systemctl enables units in it. */
async function startMachine(t: ExecutionContext, businessUrl: string) {
  const shell = await Shell.start(t);
  const machine = join(shell.folder, 'machine');
  const units = join(machine, 'etc/systemd/system');
  await mkdir(units, {recursive: true});
  const modules = join(machine, 'opt/rainbow/node_modules');
  await shell.standIn(
    'npm',
    `test "$*" = 'install --prefix ${machine}/opt/rainbow rainbow-server node@24'
mkdir -p ${modules}/.bin
ln -s ${root} ${modules}/rainbow-server
ln -s ../rainbow-server/bin/rainbow.js ${modules}/.bin/rainbow
ln -s ${process.execPath} ${modules}/.bin/node`,
  );
  // The others ask the systemd that runs.
  await shell.standIn(
    'systemctl',
    `case "$*" in
'enable --now rainbow-server') PATH=/usr/bin:/bin exec systemctl --root=${machine} enable rainbow-server ;;
daemon-reload | 'status rainbow-server' | 'restart rainbow-server' | 'edit rainbow-server') ;;
*) exit 1 ;;
esac`,
  );
  const replacements: Replacements = [
    ['/opt/rainbow', `${machine}/opt/rainbow`],
    [/(?<= |:)\/etc\//g, `${machine}/etc/`],
    ['http://127.0.0.1:8000', businessUrl],
  ];
  return {shell, machine, unitFile: join(units, 'rainbow-server.service'), replacements};
}

testWith('systemd-analyze', 'curl')('the gateway of the unit starts, answers, and ends in order', async (t) => {
  const business = await startBusinessServer(t, 'any');
  const {shell, machine, unitFile, replacements} = await startMachine(t, business.url);
  const checks = commands.findIndex((command) => command.startsWith('systemctl status'));
  t.is(commands.length, 12);
  for (const command of commands.slice(0, checks)) {
    const {code, output} = await shell.run(replaced(command, replacements));
    t.is(code, 0, `${command}\n${output}`);
  }
  t.is((await stat(join(machine, 'etc/rainbow/server.ini'))).mode & 0o777, 0o600);
  t.true((await stat(unitFile)).isFile());

  await writeFile(unitFile, replaced(await readFile(unitFile, 'utf8'), replacements));
  const verified = await shell.run(`systemd-analyze verify ${unitFile}`);
  t.is(verified.code, 0, verified.output);
  // It warns with exit code 0, also of other units of the machine.
  t.notRegex(verified.output, /rainbow-server\.service/);
  const exposure = await shell.run(`systemd-analyze security --offline=yes --threshold=20 ${unitFile}`);
  t.is(exposure.code, 0, exposure.output);

  // As systemd does with LoadCredential.
  const credentials = join(shell.folder, 'credentials');
  await mkdir(credentials);
  const [name = '', source = ''] = replaced(settingOf('LoadCredential'), replacements).split(':');
  await copyFile(source, join(credentials, name));
  const port = await holdPort(t);
  const start = (environment: Readonly<Record<string, string>> = {}): Program =>
    new Program(t, 'sh', ['-c', `exec ${replaced(settingOf('ExecStart'), replacements)}`], {
      CREDENTIALS_DIRECTORY: credentials,
      RAINBOW_PORT: String(port),
      ...environment,
    });
  t.is(String(await start({RAINBOW_KEEP_ALIVE: 'long'}).ended), settingOf('RestartPreventExitStatus'));
  const gateway = start();
  await gateway.listens(port);
  for (const command of commands.slice(checks)) {
    const {code, output} = await shell.run(replaced(command, [...replacements, [':1984/', `:${port}/`]]));
    t.is(code, 0, `${command}\n${output}`);
    if (command.startsWith('curl')) t.regex(output, /ok$/);
  }
  t.regex(gateway.output, /"event":"gateway\.started"/);

  const client = await connect(t, port);
  gateway.child.kill('SIGTERM');
  t.is((await client.closeFrame()).code, 1001);
  t.is((await business.next('close')).header('RAINBOWCLOSEREASON'), 'shutdown');
  t.is(await gateway.ended, 0);
});
