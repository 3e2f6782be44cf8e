// Configuration as the command line reads it: every fault at once with exit code 78, and the effective values.

import {cp, mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {emptyFolder, projectPath, run, writeIn} from '../support/command.ts';

const secret = 'a-secret-that-must-not-show';

const whole = `[main]
connect_url = http://127.0.0.1:8000/connect/
forward_url = http://127.0.0.1:8000/message/
close_url = http://127.0.0.1:8000/close/
security_token = ${secret}
`;

test('faults exit with 78 and are all reported together, each with file and line', async (t) => {
  const file = await writeIn(t, 'server.ini', `${whole}prot = 1984\nqueue = none\n`);
  for (const [name, args] of [
    ['rainbow-server', ['-f', file]],
    ['rainbow', ['serve', '-f', file]],
    ['rainbow', ['config', '-f', file]],
    ['rainbow', ['sign', '-f', file]],
  ] as const) {
    const {code, stdout, stderr} = await run(t, name, args);
    t.is(code, 78, stderr);
    t.is(stdout, '');
    const [first, ...faults] = stderr.trimEnd().split('\n');
    t.is(first, `${name}: the configuration has 2 faults:`);
    t.true(faults[0]?.startsWith(`${file}:6: `), faults[0]);
    t.true(faults[1]?.startsWith(`${file}:7: `), faults[1]);
  }
});

test('a file that cannot be read exits with 78', async (t) => {
  const {code, stderr} = await run(t, 'rainbow-server', ['-f', '/nowhere/server.ini']);
  t.is(code, 78);
  t.regex(stderr, /^\/nowhere\/server\.ini: The file does not exist\. .*: rainbow init \/nowhere\/server\.ini$/m);
});

test('without a file the missing keys are named, and where a file was looked for', async (t) => {
  const {code, stderr} = await run(t, 'rainbow-server', []);
  t.is(code, 78);
  for (const key of ['connect_url', 'forward_url', 'close_url', 'security_token']) t.regex(stderr, new RegExp(key));
  t.regex(stderr, /-f FILE; there is neither \.\/config\/server\.ini nor \/etc\/rainbow\/server\.ini/);
});

test('config/server.ini of the working folder is read where no file is given', async (t) => {
  const folder = await emptyFolder(t);
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'config/server.ini'), whole);
  const {code, stdout} = await run(t, 'rainbow', ['config'], {folder});
  t.is(code, 0);
  t.regex(stdout, /^connect_url = http:\/\/127\.0\.0\.1:8000\/connect\/ +; config\/server\.ini:2$/m);
});

test('rainbow config prints values and their sources, and no secret', async (t) => {
  const file = await writeIn(t, 'server.ini', whole);
  const environment = {RAINBOW_QUEUE: '7', RAINBOW_API_KEYS: 'kq7Zp2vX9mB4tR8wL1cN6yD3'};
  const {code, stdout, stderr} = await run(t, 'rainbow', ['config', '-f', file, '--keep-alive', '30', '-p', '4000'], {
    environment,
  });
  t.is(code, 0, stderr);
  t.regex(stdout, /^\[main\]$/m);
  t.regex(stdout, /^port = 4000 +; --port$/m);
  t.regex(stdout, /^keep_alive = 30 +; --keep-alive$/m);
  t.regex(stdout, /^queue = 7 +; RAINBOW_QUEUE$/m);
  t.regex(stdout, /^window = 1000 +; default$/m);
  t.false(stdout.includes(secret));
  t.false(stdout.includes('kq7Zp2vX9'));
});

test('rainbow config --json prints the same as JSON', async (t) => {
  const file = await writeIn(t, 'server.ini', whole);
  const {code, stdout} = await run(t, 'rainbow', ['config', '-f', file, '--json', '--log-level', 'debug']);
  t.is(code, 0);
  const {settings, warnings} = JSON.parse(stdout);
  t.deepEqual(settings.log_level, {value: 'debug', source: {kind: 'flag', name: '--log-level'}});
  t.deepEqual(settings.connect_url, {
    value: 'http://127.0.0.1:8000/connect/',
    source: {kind: 'file', file, line: 2},
  });
  t.deepEqual(warnings, []);
  t.false(stdout.includes(secret));
});

test('warnings go to standard error, beside the result', async (t) => {
  const folder = await emptyFolder(t);
  await cp(projectPath('config'), join(folder, 'config'), {recursive: true});
  const {code, stderr} = await run(t, 'rainbow', ['config'], {folder});
  t.is(code, 0);
  t.regex(stderr, /^warning: config\/server\.ini:\d+: security_token is a placeholder/);
});

test('a fault in a flag names the flag', async (t) => {
  const file = await writeIn(t, 'server.ini', whole);
  const {code, stderr} = await run(t, 'rainbow-server', ['-f', file, '-p', '65536']);
  t.is(code, 78);
  t.regex(stderr, /^--port: port is not valid: 65536\. Use a whole number from 0 to 65535\.$/m);
});
