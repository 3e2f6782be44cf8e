// Runs the real binaries as child processes, in an empty folder and with an environment of their own, so that neither the
// project's configuration nor that of the user is found.

import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {within} from './deadline.ts';

/** A binary of the package. */
export type Binary = 'rainbow' | 'rainbow-server';

/** How a command was run and what for. */
export interface RunOptions {
  /** Besides PATH, HOME, and where Node keeps what it compiled. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to standard input, which then ends. */
  readonly input?: string;
  /** Working folder. @default an empty one */
  readonly folder?: string;
}

/** What a command left behind. */
export interface Ended {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

// Tests of a file run at once; two cores start two programs at a time.
const runningMax = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** Path of a file of the project. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Runs a command to its end. */
export async function run(
  t: ExecutionContext,
  name: Binary,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return await runScript(t, projectPath(`bin/${name}.js`), args, options);
}

/** Runs a script with this Node to its end. */
export async function runScript(
  t: ExecutionContext,
  script: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Ended> {
  if (running === runningMax) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    const child = await begin(t, process.execPath, [script, ...args], options);
    const ended = collect(child);
    child.stdin.end(options.input ?? '');
    return await within(ended, `${script} ${args.join(' ')} to end`);
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** A command that goes on until it is interrupted. */
export interface Running {
  readonly process: ChildProcess;
  /** What it left behind, once it has ended. */
  readonly ended: Promise<Ended>;
  /** The first line of its standard output. */
  readonly firstLine: Promise<string>;
}

/** Starts a command; it is killed with the test. */
export async function startCommand(
  t: ExecutionContext,
  name: Binary,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Running> {
  const child = await begin(t, process.execPath, [projectPath(`bin/${name}.js`), ...args], options);
  const ended = collect(child);
  const first = createInterface({input: child.stdout})[Symbol.asyncIterator]().next();
  const firstLine = first.then(({value, done}) => (done === true ? '' : value));
  return {process: child, ended: within(ended, `${name} to end`), firstLine: within(firstLine, 'a line')};
}

/** One line of a log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A serving process whose log is read as it comes. */
export interface Served {
  readonly process: ChildProcess;
  /** The next line of the log with this event; lines before it are skipped. */
  readonly event: (name: string) => Promise<LogLine>;
  /** What it left behind, once it has ended. */
  readonly ended: Promise<Ended>;
}

/** Starts a program whose standard output is a log in JSON; it is killed with the test. */
export async function serve(
  t: ExecutionContext,
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Served> {
  const child = await begin(t, program, args, options);
  const ended = collect(child);
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  const nextEvent = async (name: string): Promise<LogLine> => {
    for (;;) {
      const {value, done} = await lines.next();
      if (done === true) {
        const {code, stdout, stderr} = await ended;
        throw new Error(`Expected the event ${name}, got the end of the log: ${code} ${stdout} ${stderr}`);
      }
      const line: LogLine = JSON.parse(value);
      if (line.event === name) return line;
    }
  };
  return {process: child, ended, event: (name) => within(nextEvent(name), `the event ${name}`)};
}

async function begin(t: ExecutionContext, program: string, args: readonly string[], options: RunOptions) {
  const folder = options.folder ?? (await emptyFolder(t));
  const {PATH = '', HOME = '', NODE_COMPILE_CACHE = ''} = process.env;
  const child = spawn(program, [...args], {
    cwd: folder,
    env: {PATH, HOME, NODE_COMPILE_CACHE, NO_COLOR: '1', ...options.environment},
  });
  // A command that fails before it reads closes its end.
  child.stdin.on('error', () => {});
  const closed = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await closed;
  });
  return child;
}

async function collect(child: ChildProcess): Promise<Ended> {
  const texts = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({code: code ?? signal, ...texts}));
  });
}

/** A folder that goes with the test. */
export async function emptyFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-cli-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  return folder;
}

/** Writes a file into a folder of its own, and gives its path. */
export async function writeIn(t: ExecutionContext, name: string, text: string): Promise<string> {
  const path = join(await emptyFolder(t), name);
  await writeFile(path, text);
  return path;
}
