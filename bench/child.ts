// Processes of the benchmark: started, asked, and ended by their id, whatever happens. Every wait has a bound.

import {type ChildProcess, fork, spawn} from 'node:child_process';
import {connect} from 'node:net';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {Answer, Desk, Question, Ready} from './desk.ts';

const startMsMax = 20_000;
const endMsMax = 3_000;

/** What is alive, so that nothing outlives the benchmark. */
const alive = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A file of bench/ as a process of its own. */
export interface ChildOptions {
  /** Relative to bench/. */
  readonly file: string;
  readonly args?: readonly string[];
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** A process that serves a desk; see desk.ts. */
export class Child<Served extends Desk, Facts> {
  readonly facts: Facts;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, {resolve(value: unknown): void; reject(error: Error): void}>();
  #asked = 0;

  private constructor(child: ChildProcess, facts: Facts) {
    this.#process = child;
    this.facts = facts;
    this.pid = child.pid ?? 0;
    child.on('message', (message) => this.#take(message));
    child.once('exit', (code, signal) => this.#failAll(`the process ended with ${code ?? signal}`));
  }

  /** Starts a process and settles when it serves its desk. */
  static async start<Served extends Desk, Facts>({file, args, nodeArgs}: ChildOptions): Promise<Child<Served, Facts>> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, args ?? [], {execArgv: [...(nodeArgs ?? [])], serialization: 'json'});
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    try {
      const facts = await bounded(readiness<Facts>(child), `${file} to start`, startMsMax);
      return new Child<Served, Facts>(child, facts);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Asks and settles with the answer; rejects after `msMax`, or where the process fails or ends. */
  ask<Kind extends keyof Served & string>(
    kind: Kind,
    order: Parameters<Served[Kind]>[0],
    msMax = 60_000,
  ): Promise<Awaited<ReturnType<Served[Kind]>>> {
    const ask = ++this.#asked;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(ask, {resolve, reject});
      this.#process.send({ask, kind, order} satisfies Question, (error) => {
        if (error !== null) reject(error);
      });
    });
    // The other end serves the same type of desk.
    return bounded(answered, `the answer to ${kind}`, msMax) as Promise<Awaited<ReturnType<Served[Kind]>>>;
  }

  /** Ends the process. Idempotent. */
  async stop(): Promise<void> {
    await end(this.#process);
  }

  #take(message: unknown): void {
    if (!isAnswer(message)) return;
    const waiter = this.#waiting.get(message.answer);
    this.#waiting.delete(message.answer);
    if ('error' in message) waiter?.reject(new Error(message.error));
    else waiter?.resolve(message.value);
  }

  #failAll(reason: string): void {
    for (const waiter of this.#waiting.values()) waiter.reject(new Error(`Expected an answer, got ${reason}`));
    this.#waiting.clear();
  }
}

/** Another program, which can be used as soon as `port` accepts connections. */
export async function startProgram(
  command: string,
  args: readonly string[],
  port: number,
): Promise<{readonly pid: number; stop(): Promise<void>}> {
  const child = spawn(command, args, {stdio: 'ignore'});
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const failure = new Promise<never>((_resolve, reject) => child.once('error', reject));
  try {
    await Promise.race([bounded(untilAccepting(child, port), `${command} to accept connections`, startMsMax), failure]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {pid: child.pid ?? 0, stop: () => end(child)};
}

/** Settles as `work` does, or rejects after `msMax`. */
export async function bounded<Value>(work: Promise<Value>, what: string, msMax: number): Promise<Value> {
  const {promise: expired, reject} = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Expected ${what} within ${msMax} ms`)), msMax);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  await bounded(exited, 'the process to end', endMsMax).catch(() => child.kill('SIGKILL'));
  await bounded(exited, 'the process to be killed', endMsMax);
}

function readiness<Facts>(child: ChildProcess): Promise<Facts> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: Ready<Facts>) => resolve(message.ready));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`Expected the process to start, got its end: ${code ?? signal}`)),
    );
  });
}

async function untilAccepting(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const isAccepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isAccepted) return;
    await wait(20);
  }
  throw new Error(`Expected the program to run, got its end: ${child.exitCode}`);
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'answer' in message;
}
