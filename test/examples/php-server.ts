// Starts examples/php/business.php as its tutorial does.

import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {until} from '../support/deadline.ts';
import {holdPort} from '../support/ports.ts';
import {token} from './chat-harness.ts';

/** The program. */
export const phpFile = fileURLToPath(new URL('../../examples/php/business.php', import.meta.url));

/** The command of the tutorial. */
export const phpCommand = 'PHP_CLI_SERVER_WORKERS=4 php -S 127.0.0.1:8000 examples/php/business.php';

/** Starts the example, and returns its port. */
export async function startPhp(t: ExecutionContext, gatewayUrl: string, given?: number): Promise<number> {
  const port = given ?? (await holdPort(t));
  const answers = await mkdtemp(join(tmpdir(), 'rainbow-php-'));
  t.teardown(() => rm(answers, {recursive: true, force: true}));
  const {PATH = '', HOME = ''} = process.env;
  const php = spawn('sh', ['-c', phpCommand.replace(':8000', `:${port}`)], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: {PATH, HOME, RAINBOW_SECURITY_TOKEN: token, RAINBOW_URL: gatewayUrl, ANSWERS: answers},
    stdio: 'ignore',
    // A group of its own: PHP leaves its workers behind when it is killed alone.
    detached: true,
  });
  const ended = new Promise((resolve) => php.once('close', resolve));
  t.teardown(async () => {
    if (php.pid !== undefined) process.kill(-php.pid, 'SIGKILL');
    await ended;
  });
  const isUp = async (): Promise<true | undefined> => {
    if (php.exitCode !== null) throw new Error(`Expected a server, got the end: ${php.exitCode}`);
    const socket = connect({port, host: '127.0.0.1'});
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    return isOpen ? true : undefined;
  };
  await until(isUp, `PHP on port ${port}`);
  return port;
}
