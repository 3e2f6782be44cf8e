// What the tests of the how-to guides share: the blocks of a guide, its commands run one line after the other by a shell,
// and the programs that it configures. What only root or systemd can do is done by small stand-ins, first in the PATH.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {until, within} from '../../support/deadline.ts';
import type {IniKeys} from '../../support/gateway.ts';
import type {Lifetime} from '../../support/lifetime.ts';
import {programPath} from '../../support/programs.ts';
import {codeBlocks, type Document, root} from '../documents.ts';

/** What is written in place of something that belongs to the reader's machine. */
export type Replacements = readonly (readonly [from: string | RegExp, to: string])[];

/** Without it `rainbow connect` ends when all is answered, however long a busy machine takes. */
export const untilAnswered = [' -w 2', ''] as const;

/** The text of each block of a language. */
export function blocksOf(document: Document, language: string): readonly string[] {
  return codeBlocks(document)
    .filter((block) => block.language === language)
    .map(({code}) => code);
}

/** Every line of the shell blocks. */
export function commandsOf(document: Document): readonly string[] {
  return blocksOf(document, 'sh').flatMap((code) => code.trimEnd().split('\n'));
}

/** The keys of the blocks of a `server.ini`. */
export function iniKeysOf(document: Document): IniKeys {
  const lines = blocksOf(document, 'ini').flatMap((code) => [...code.matchAll(/^(\w+) = (.*)$/gm)]);
  return Object.fromEntries(lines.map(([, key = '', value = '']) => [key, value]));
}

export function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

/** A folder that goes with the test. */
export async function makeFolder(t: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-howto-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  return folder;
}

/** The end of a command, with all that it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A shell whose `sudo` is nothing, and whose `npx` finds the commands of this tree. */
export class Shell {
  readonly folder: string;
  readonly #t: Lifetime;

  private constructor(t: Lifetime, folder: string) {
    this.#t = t;
    this.folder = folder;
  }

  static async start(t: Lifetime): Promise<Shell> {
    const shell = new Shell(t, await makeFolder(t));
    await shell.standIn('sudo', 'exec "$@"');
    await shell.standIn('npx', `name=$1; shift; exec '${process.execPath}' '${root}bin/'"$name.js" "$@"`);
    return shell;
  }

  /** Puts a script in place of a program. */
  async standIn(name: string, script: string): Promise<void> {
    const file = join(this.folder, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  /** Runs a line to its end. */
  async run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const program = new Program(this.#t, 'sh', ['-euc', line], {...environment, PATH: this.#path});
    return {code: await within(program.ended, `${line} to end`), output: program.output};
  }

  get #path(): string {
    return `${this.folder}:${programPath}`;
  }
}

/** A running program; it ends with the test, by SIGTERM, so that it takes its own processes along. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(
    t: Lifetime,
    program: string,
    args: readonly string[],
    environment: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.child = spawn(program, args, {
      cwd: root,
      env: {...process.env, PATH: programPath, NO_COLOR: '1', ...environment},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    t.teardown(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
      try {
        await within(this.ended, `${program} to end`);
      } finally {
        this.child.kill('SIGKILL');
      }
    });
  }

  /** Settles once the program accepts connections there. */
  async listens(port: number): Promise<void> {
    const isUp = async () => {
      if (this.child.exitCode !== null) throw new Error(`Expected a server, got the end: ${this.output}`);
      const socket = connect({port, host: '127.0.0.1'});
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      socket.destroy();
      return isOpen ? true : undefined;
    };
    await until(isUp, `a server on port ${port}`);
  }
}
