// `rainbow init`: the configuration that a new installation begins with.

import {mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {readConfiguration} from '../../src/gateway/config/configuration.ts';
import {defaultOptions, type GatewayOptions} from '../../src/gateway/config/options.ts';
import {emptyFolder, projectPath, run} from '../support/command.ts';

async function readOptions(file: string): Promise<GatewayOptions> {
  const result = readConfiguration({file, environment: {}, flags: {}});
  if (result.kind === 'faulty') throw new Error(JSON.stringify(result.faults));
  if (result.warnings.length > 0) throw new Error(JSON.stringify(result.warnings));
  return result.options;
}

test('rainbow init writes config/server.ini with secrets of its own, which a gateway takes without a warning', async (t) => {
  const folders = await Promise.all([emptyFolder(t), emptyFolder(t)]);
  const secrets: string[] = [];
  for (const folder of folders) {
    const {code, stdout, stderr} = await run(t, 'rainbow', ['init'], {folder});
    t.is(code, 0, stderr);
    const file = join(folder, 'config/server.ini');
    t.is((await stat(file)).mode & 0o777, 0o600);
    const options = await readOptions(file);
    const {securityToken, apiKeys} = options;
    t.like(options, {
      ...defaultOptions,
      connectUrl: 'http://127.0.0.1:8000/connect/',
      forwardUrl: 'http://127.0.0.1:8000/message/{message_type}/',
      closeUrl: 'http://127.0.0.1:8000/close/',
      apiKeys,
      allowedOrigins: ['self'],
      trustedProxies: ['loopback'],
    });
    t.regex(stdout, /^Wrote config\/server\.ini/);
    secrets.push(securityToken, ...apiKeys);
    for (const secret of secrets) t.false(stdout.includes(secret));
  }
  t.is(secrets.length, 4);
  t.is(new Set(secrets).size, 4);
  const text = await readFile(join(folders[0] ?? '', 'config/server.ini'), 'utf8');
  const lineCount = (all: string): number => all.split('\n').length;
  t.is(lineCount(text), lineCount(await readFile(projectPath('config/server.ini'), 'utf8')));
});

test('rainbow init leaves a file that exists as it is', async (t) => {
  const folder = await emptyFolder(t);
  await mkdir(join(folder, 'config'));
  const file = join(folder, 'config/server.ini');
  await writeFile(file, 'mine');
  const {code, stdout, stderr} = await run(t, 'rainbow', ['init'], {folder});
  t.deepEqual([code, stdout], [1, '']);
  t.regex(stderr, /^rainbow: config\/server\.ini exists and is not overwritten\. Remove it/);
  t.is(await readFile(file, 'utf8'), 'mine');
});

test('rainbow init takes another file and the URL of the business server', async (t) => {
  const folder = await emptyFolder(t);
  const args = ['init', 'new/a.ini', '-b', 'http://app.example:3000/r%20b/', '--json'];
  const {code, stdout, stderr} = await run(t, 'rainbow', args, {folder});
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), {file: 'new/a.ini', business: 'http://app.example:3000/r%20b/'});
  t.like(await readOptions(join(folder, 'new/a.ini')), {
    connectUrl: 'http://app.example:3000/r%20b/connect/',
    forwardUrl: 'http://app.example:3000/r%20b/message/{message_type}/',
    closeUrl: 'http://app.example:3000/r%20b/close/',
  });
});

test('rainbow init refuses what cannot be the URL of a business server, and writes nothing', async (t) => {
  const folder = await emptyFolder(t);
  for (const url of [
    'nonsense',
    'ftp://h',
    'http://user:word@h',
    'http://h/?a=b',
    'http://h/\nport = 1',
    'http://h/#a',
  ]) {
    const {code, stderr} = await run(t, 'rainbow', ['init', 'a.ini', '-b', url], {folder});
    t.is(code, 2, url);
    t.regex(stderr, /^rainbow: --business /);
  }
  await t.throwsAsync(stat(join(folder, 'a.ini')), {code: 'ENOENT'});
});

test('a command without a configuration names rainbow init', async (t) => {
  const {code, stderr} = await run(t, 'rainbow', ['serve']);
  t.is(code, 78);
  t.regex(stderr, /rainbow init$/m);
});
