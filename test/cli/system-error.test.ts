// A file or a port that a command cannot have: the message names it and says what to do, and is no code of the system.

import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {emptyFolder, run} from '../support/command.ts';

const environment = {RAINBOW_SECURITY_TOKEN: 'a-token-for-this-test'};

for (const args of [
  ['send', 'room', '--file', 'absent'],
  ['business', '-p', '0', '--script', 'absent'],
  ['replay', 'absent'],
  ['record', '-o', 'absent/a.trace', '--seconds', '1'],
]) {
  test(`rainbow ${args.join(' ')} names the missing file`, async (t) => {
    const {code, stderr} = await run(t, 'rainbow', args, {environment, folder: await emptyFolder(t)});
    t.is(code, 1);
    t.regex(stderr, /^rainbow: absent(?:\/a\.trace)? does not exist\n$/);
  });
}

for (const args of [
  ['send', 'room', '--file', 'folder'],
  ['business', '-p', '0', '--script', 'folder'],
  ['replay', 'folder'],
]) {
  test(`rainbow ${args.join(' ')} does not read a directory`, async (t) => {
    const folder = await emptyFolder(t);
    await mkdir(join(folder, 'folder'));
    const {code, stderr} = await run(t, 'rainbow', args, {environment, folder});
    t.is(code, 1);
    t.is(stderr, 'rainbow: folder is a directory\n');
  });
}

test('a port that is in use is named by each command that listens, with the option that changes it', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const port = String((holder.address() as {port: number}).port);
  for (const [args, option] of [
    [['business', '-p', port], '--port'],
    [['conformance', 'ws://127.0.0.1:1/', '--business', port, '--token', 'a-token'], '--business'],
  ] as const) {
    const {code, stderr} = await run(t, 'rainbow', args, {environment});
    t.is(code, 1);
    t.regex(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1, port ${port}: another program uses the port; `));
    t.true(stderr.includes(`choose another with ${option} PORT`), stderr);
  }
});
