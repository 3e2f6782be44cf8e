// docs/howto/upgrade.md: a configuration with every key of 0.1.0 is valid, its commands work, and the defaults that it names are those of
// this version.

import test from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {answer, success} from '../../support/business-server.ts';
import {securityToken, startDaemon} from '../../support/gateway.ts';
import {readDocument, root} from '../documents.ts';
import {commandsOf, replaced, Shell} from './howto.ts';

const document = readDocument('docs/howto/upgrade.md');

test('the commands of the guide accept a configuration of 0.1.0, and check a gateway that runs', async (t) => {
  const daemon = await startDaemon(t);
  daemon.business.always('connect', success());
  daemon.business.always('message', answer(200, 'ok'));
  const shell = await Shell.start(t);
  const [config = '', check = '', ...others] = commandsOf(document);
  t.deepEqual(others, []);
  const old = `${root}test/docs/howto/server-0.1.0.ini`;
  const effective = await shell.run(replaced(config, [['config/server.ini', old]]));
  t.is(effective.code, 0, effective.output);
  const [, file = ''] = daemon.args;
  const checked = await shell.run(`${check} -f ${file}`, {
    RAINBOW_URL: `http://127.0.0.1:${daemon.port}`,
    RAINBOW_SECURITY_TOKEN: securityToken,
  });
  t.is(checked.code, 0, checked.output);
});

test('an old configuration with an unknown key exits with 78', async (t) => {
  const shell = await Shell.start(t);
  await shell.standIn('server.ini', '[main]\nconect_url = http://127.0.0.1/');
  const {code, output} = await shell.run(`npx rainbow config -f ${shell.folder}/server.ini`);
  t.is(code, 78, output);
});

test('the defaults that the guide names are those of this version', (t) => {
  t.true(document.text.includes(`\`shutdown_max\` (${defaultOptions.shutdownMaxMs / 1_000} s)`));
  t.true(document.text.includes(`\`ping_interval\` (${defaultOptions.pingIntervalMs / 1_000} s)`));
});
