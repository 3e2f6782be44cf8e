// Starts examples/python/business.py.

import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {token as tokenOfTests} from './chat-harness.ts';

/** The program. */
export const pythonFile = fileURLToPath(new URL('../../examples/python/business.py', import.meta.url));

/** Starts the example, and gives its port. */
export async function startPython(
  t: ExecutionContext,
  gatewayUrl: string,
  {port = 0, token = tokenOfTests}: {readonly port?: number; readonly token?: string} = {},
): Promise<number> {
  const {PATH = '', HOME = ''} = process.env;
  const python = spawn('python3', [pythonFile], {
    env: {PATH, HOME, RAINBOW_SECURITY_TOKEN: token, RAINBOW_URL: gatewayUrl, PORT: String(port)},
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => python.kill('SIGKILL'));
  return await new Promise((resolve, reject) => {
    python.once('close', (code) => reject(new Error(`Expected a server, got the end: ${code}`)));
    python.stdout.once('data', (text: Buffer) => resolve(Number(/:(\d+)\n$/.exec(text.toString())?.[1])));
  });
}
