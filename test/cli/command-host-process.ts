// The process of a CommandHost: runs one command after the other, each with an environment of its own and as if it were
// the first.

import {main} from '../../src/cli/rainbow.ts';
import type {HostedCommand} from './command-host.ts';

const written = {stdout: '', stderr: ''};
for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = (chunk: string | Uint8Array): boolean => {
    written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
}

process.on('message', ({args, environment}: HostedCommand) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  Object.assign(written, {stdout: '', stderr: ''});
  process.exitCode = 0;
  void main(['node', 'rainbow', ...args]).finally(() => {
    process.stdout.removeAllListeners('error');
    process.send?.({code: Number(process.exitCode), ...written});
  });
});
