// `rainbow` for tests of what its commands say and how they end, where that each is a process is not the point: one process
// runs all those of a file, one after the other. Without standard input, signals and pipes.

import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Ended} from '../support/command.ts';
import {within} from '../support/deadline.ts';

/** One command, as its process receives it. */
export interface HostedCommand {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const script = fileURLToPath(new URL('./command-host-process.ts', import.meta.url));

export class CommandHost {
  // Where no configuration file is in its usual place.
  readonly #folder = mkdtempSync(join(tmpdir(), 'rainbow-cli-'));
  #process: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `rainbow` with these arguments, and nothing in the environment but this. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
    const ended = this.#last.then(() => this.#run({args, environment: {NO_COLOR: '1', ...environment}}));
    this.#last = ended.catch(() => {});
    return await within(ended, `rainbow ${args.join(' ')} to end`);
  }

  async end(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#folder, {recursive: true, force: true});
  }

  async #run(command: HostedCommand): Promise<Ended> {
    this.#process ??= fork(script, {cwd: this.#folder, execArgv: []});
    const answered = once(this.#process, 'message');
    this.#process.send(command);
    const [ended] = (await answered) as [Ended];
    return ended;
  }
}
