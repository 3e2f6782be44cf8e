// The real command as a process that can be hurt: killed, stopped, short of files, given orders (injection.ts), and started again on the
// port it had.

import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {Api} from '../../../test/support/api.ts';
import {until, within} from '../../../test/support/deadline.ts';
import {type IniKeys, runServer, securityToken, writeIni} from '../../../test/support/gateway.ts';
import {Inbox} from '../../../test/support/inbox.ts';
import type {Lifetime} from '../../../test/support/lifetime.ts';
import {holdPort} from '../../../test/support/ports.ts';
import {isSame, type Order, type Report, spellTransition, type Transition} from './orders.ts';

/** How a daemon is run. */
export interface DaemonOptions {
  /** Port of the business server. */
  readonly businessPort: number;
  /** Keys of `[main]`, besides the URLs and the token. */
  readonly keys?: IniKeys;
  /** Whether it takes orders. @default false */
  readonly takesOrders?: boolean;
  /** What runs the command. */
  readonly launcher?: readonly string[];
  /** Where Node keeps what it has compiled: halves the cost of a start. It is written when a daemon stops. */
  readonly cacheFolder?: string | undefined;
}

/** One line of its log. */
export type LogLine = Readonly<Record<string, unknown>>;

export class Daemon {
  readonly port: number;
  readonly api: Api;
  /** Settles with the exit code, or the signal that killed it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly #lifetime: Lifetime;
  readonly #options: DaemonOptions;
  readonly #file: string;
  readonly #process: ChildProcess;
  readonly #output: () => string;
  readonly #steps = new Inbox<Transition>('a transition');
  readonly #obeyed = new Inbox<true>('an order to be obeyed');
  readonly #taken = new Map<string, Transition>();

  private constructor(lifetime: Lifetime, options: DaemonOptions, file: string, port: number) {
    this.#lifetime = lifetime;
    this.#options = options;
    this.#file = file;
    this.port = port;
    this.api = new Api(port, securityToken);
    const {takesOrders = false, launcher = [], cacheFolder} = options;
    const server = runServer(lifetime, ['-f', file, '-p', String(port), '--log-format', 'json'], {
      launcher,
      nodeArgs: takesOrders ? ['--import', new URL('injection.ts', import.meta.url).href] : [],
      hasChannel: takesOrders,
      environment: cacheFolder === undefined ? {} : {NODE_COMPILE_CACHE: cacheFolder},
    });
    this.#process = server.process;
    this.#output = () => server.output;
    this.exited = server.exited;
    server.process.on('message', (report: Report) => this.#take(report));
    server.process.once('exit', (code, signal) => {
      this.#steps.end(`the daemon ended with ${code ?? signal}`);
      this.#obeyed.end(`the daemon ended with ${code ?? signal}`);
    });
  }

  /** Starts one and settles when it listens. */
  static async start(lifetime: Lifetime, options: DaemonOptions): Promise<Daemon> {
    const business = `http://127.0.0.1:${options.businessPort}`;
    const file = await writeIni(lifetime, {
      host: '127.0.0.1',
      connect_url: `${business}/connect/`,
      forward_url: `${business}/message/`,
      close_url: `${business}/close/`,
      security_token: securityToken,
      ...options.keys,
    });
    const daemon = new Daemon(lifetime, options, file, await holdPort(lifetime));
    await daemon.#listening();
    return daemon;
  }

  /** The next one, of the same configuration and port; this one must have ended. */
  async restart(): Promise<Daemon> {
    const next = new Daemon(this.#lifetime, this.#options, this.#file, this.port);
    await next.#listening();
    return next;
  }

  get pid(): number {
    const {pid} = this.#process;
    if (pid === undefined) throw new Error('Expected a process');
    return pid;
  }

  /** Whether the process is there. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Kills it, and settles when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await within(this.exited, 'the daemon to be killed');
  }

  /** Ends it as an operator does; its exit code must be 0. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const code = await within(this.exited, 'the daemon to stop');
    if (code !== 0) throw new Error(`Expected the daemon to exit with 0, got ${code}: ${this.#output()}`);
  }

  /** Gives an order to a daemon that takes them; settles when it is obeyed, and all that was reported before is here. */
  async order(order: Order): Promise<void> {
    this.#process.send?.(order);
    await this.#obeyed.next();
  }

  /** Settles when a watched daemon has taken this transition; those before it are passed over. */
  async takes(transition: Transition): Promise<void> {
    for (;;) {
      const taken = await this.#steps.next().catch((error: Error) => {
        throw new Error(`Expected ${spellTransition(transition)}: ${error.message}`);
      });
      if (isSame(taken, transition)) return;
    }
  }

  /** All transitions that it has taken since it was asked to report them. */
  async taken(): Promise<readonly Transition[]> {
    // Of one that has ended, the end of the channel comes last.
    if (this.isAlive) await this.order({kind: 'watch'});
    else if (this.#process.connected) await once(this.#process, 'disconnect');
    return [...this.#taken.values()];
  }

  /** Lines of its log with this event. */
  logged(event: string): readonly LogLine[] {
    const lines = this.#output().split('\n').slice(0, -1);
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => line.event === event);
  }

  /** Lines of its log that are warnings or worse. */
  complaints(): readonly string[] {
    return this.#output()
      .split('\n')
      .filter((line) => /^\{"level":"(?:warn|error|fatal)"/.test(line) || /^(?!\{)./.test(line));
  }

  /** A figure of /metrics/. */
  async metric(name: string): Promise<number> {
    const {text} = await this.api.get('/metrics/');
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`Expected the metric ${name}`);
    return Number(value);
  }

  /** Settles once a figure of /metrics/ is as expected. */
  async reaches(name: string, isReached: (value: number) => boolean, ms?: number): Promise<number> {
    let last = Number.NaN;
    const read = async () => {
      last = await this.metric(name);
      return isReached(last) ? last : undefined;
    };
    return await until(read, name, ms).catch((error: Error) => {
      throw new Error(`${error.message}, got ${last}`);
    });
  }

  #take(report: Report): void {
    if ('isObeyed' in report) {
      this.#obeyed.push(true);
      return;
    }
    this.#taken.set(spellTransition(report.taken), report.taken);
    this.#steps.push(report.taken);
  }

  async #listening(): Promise<void> {
    const isUp = () => {
      if (!this.isAlive) throw new Error(`Expected the daemon to start, got ${this.#output()}`);
      return this.logged('gateway.started').length > 0 ? true : undefined;
    };
    await until(isUp, 'the daemon to start');
  }
}
