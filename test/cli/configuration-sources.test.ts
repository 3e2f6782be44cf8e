// What a configuration may be read from, and what of the file itself is warned of. Nothing hangs a start.

import {execFile} from 'node:child_process';
import {chmod, chown, open, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {readConfigurationFile} from '../../src/gateway/config/configuration-file.ts';
import {minimal} from '../gateway/config/configuration-harness.ts';
import {emptyFolder, projectPath, run, runScript, writeIn} from '../support/command.ts';

async function makePipe(t: ExecutionContext): Promise<string> {
  const path = join(await emptyFolder(t), 'pipe');
  await promisify(execFile)('mkfifo', [path]);
  return path;
}

async function refusal(t: ExecutionContext, path: string): Promise<string> {
  const {code, stderr} = await run(t, 'rainbow-server', ['-f', path]);
  t.is(code, 78);
  return stderr;
}

test.serial('a pipe without a writer is refused', async (t) => {
  t.regex(await refusal(t, await makePipe(t)), /The file cannot be read: a pipe without data for 1 s/);
});

test.serial('a pipe whose writer says nothing is refused', async (t) => {
  const path = await makePipe(t);
  // Opened for both, a pipe waits for no other end.
  const writer = await open(path, 'r+');
  t.teardown(() => writer.close());
  t.regex(await refusal(t, path), /cannot be read: a pipe or device that was not read whole within 10 s/);
});

test.serial('a directory, a socket, a device without end, a file that is too large: each is refused', async (t) => {
  const folder = await emptyFolder(t);
  t.regex(await refusal(t, folder), /EISDIR/);
  const socket = createServer().listen(join(folder, 'socket'));
  t.teardown(() => void socket.close());
  await new Promise((resolve) => socket.once('listening', resolve));
  t.regex(await refusal(t, join(folder, 'socket')), /cannot be read: a socket/);
  t.regex(await refusal(t, '/dev/zero'), /longer than 65536 bytes/);
  const large = join(folder, 'large');
  await writeFile(large, '#\n'.repeat(100_000));
  t.regex(await refusal(t, large), /longer than 65536 bytes/);
});

test.serial('standard input and process substitution are read', async (t) => {
  const piped = await run(t, 'rainbow', ['config', '-f', '/dev/stdin'], {input: minimal});
  t.is(piped.code, 0);
  t.regex(piped.stdout, /connect_url = http:\/\/h\/connect\//);
  const script = await writeIn(
    t,
    'substitution.mjs',
    `import {spawnSync} from 'node:child_process';
     const {status, stdout} = spawnSync('bash', ['-c', '"$0" "$1" config -f <(printf %s "$2")',
       process.execPath, ${JSON.stringify(projectPath('bin/rainbow.js'))}, ${JSON.stringify(minimal)}]);
     process.stdout.write(stdout);
     process.exitCode = status;`,
  );
  const substituted = await runScript(t, script);
  t.is(substituted.code, 0);
  t.regex(substituted.stdout, /connect_url = http:\/\/h\/connect\//);
});

test('a file that others may write is a warning', async (t) => {
  const path = await writeIn(t, 'server.ini', minimal);
  const warningsAt = async (mode: number): Promise<readonly string[]> => {
    await chmod(path, mode);
    return (readConfigurationFile(path).warnings ?? []).map(({message}) => message);
  };
  t.deepEqual(await warningsAt(0o644), []);
  t.deepEqual(await warningsAt(0o400), []);
  t.regex((await warningsAt(0o666))[0] ?? '', /^Everybody on this machine can write this file \(mode 666\)/);
  t.regex((await warningsAt(0o602))[0] ?? '', /^Everybody/);
  t.regex((await warningsAt(0o664))[0] ?? '', /^Its group can write this file \(mode 664\)/);
  await chmod(path, 0o666);
  const {stderr} = await run(t, 'rainbow', ['config', '-f', path]);
  t.true(stderr.includes(`warning: ${path}: Everybody on this machine can write this file`), stderr);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('a file of another user is a warning', async (t) => {
  const path = await writeIn(t, 'server.ini', minimal);
  await chown(path, 4_321, 0);
  t.regex(readConfigurationFile(path).warnings?.[0]?.message ?? '', /^Another user \(id 4321\) owns this file/);
});

test('rainbow token makes a secret that is not weak', async (t) => {
  const {code, stdout} = await run(t, 'rainbow', ['token']);
  t.is(code, 0);
  t.regex(stdout, /^[0-9a-f]{64}\n$/);
  const again = await run(t, 'rainbow', ['token', '--json']);
  t.regex(again.stdout, /^\{"token":"[0-9a-f]{64}"\}\n$/);
  t.not(JSON.parse(again.stdout).token, stdout.trim());
});
