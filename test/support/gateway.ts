// Starts a whole gateway between a business server and raw clients: in this process, or as the real command in a process
// of its own. Whatever a test does with it, what must hold of every gateway is checked when it ends.

import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import type {CounterName} from '../../src/core/counters.ts';
import type {GatewayOptions} from '../../src/gateway/config/options.ts';
import {type Gateway, startGateway} from '../../src/gateway/gateway.ts';
import {isCloseCallReason} from '../../src/protocol/close-reason.ts';
import {Api} from './api.ts';
import {type BusinessServer, type RecordedCall, startBusinessServer} from './business-server.ts';
import {until, within} from './deadline.ts';
import type {Lifetime} from './lifetime.ts';
import {patientOptions} from './patient-options.ts';
import {holdPort} from './ports.ts';
import {connect, handshake, type RawClient} from './raw-client.ts';
import type {HandshakeAnswer, HandshakeOptions} from './upgrade.ts';

/** Shared secret of the suite; not one of the placeholders of the documents. */
export const securityToken = 'e2e-5f0c1d2b8a7e4936';

/** Shards of each gateway: the whole suite passes with one and with several. */
export const threads = Number(process.env.RAINBOW_TEST_THREADS ?? 1);

/** A business server, a gateway and the ways to talk to it. */
export interface Harness {
  readonly business: BusinessServer;
  readonly gateway: Gateway;
  readonly api: Api;
  /** Upgrades a client; throws where it is refused. */
  connect(options?: HandshakeOptions): Promise<RawClient>;
  /** Asks for an upgrade and gives whatever came. */
  handshake(options?: HandshakeOptions): Promise<{client: RawClient; answer: HandshakeAnswer}>;
  /** Upgrades a client and returns the identity that the business server got. */
  join(options?: HandshakeOptions): Promise<{client: RawClient; identity: string}>;
  /** A counter of the gateway, now. */
  counter(name: CounterName): number;
  /** Settles once the counter has reached `least`. */
  reaches(name: CounterName, least: number): Promise<void>;
}

// Tests of a file run at once; each gateway has threads of its own, and two cores shall not measure each other's.
const gatewaysMax = 4;
let gatewaysAlive = 0;
const queue: (() => void)[] = [];

async function takeSlot(): Promise<void> {
  if (gatewaysAlive < gatewaysMax) {
    gatewaysAlive += 1;
    return;
  }
  const {promise, resolve} = Promise.withResolvers<void>();
  queue.push(resolve);
  await promise;
}

function giveSlot(): void {
  const next = queue.shift();
  if (next === undefined) gatewaysAlive -= 1;
  else next();
}

/** Options that differ from the suite's; a function where they depend on the business server's URL. */
export type Overrides = Partial<GatewayOptions> | ((businessUrl: string) => Partial<GatewayOptions>);

/** Starts a business server and a gateway in this process; both end with the test. To be called once a test. */
export async function start(t: ExecutionContext, overrides: Overrides = {}): Promise<Harness> {
  await takeSlot();
  t.teardown(giveSlot);
  const business = await startBusinessServer(t, securityToken);
  const options = typeof overrides === 'function' ? overrides(business.url) : overrides;
  const gateway = await startGateway({
    ...patientOptions,
    connectUrl: `${business.url}/connect/`,
    forwardUrl: `${business.url}/message/`,
    closeUrl: `${business.url}/close/`,
    securityToken,
    // Long: only tests of it want repetitions, and on a busy machine the others would meet them unexpectedly.
    retryIntervalMs: 60_000,
    threads,
    ...options,
  });
  t.teardown(async () => {
    business.obey();
    await within(gateway.close(), 'the gateway to close');
    checkCalls(business);
  });
  return createWorld(t, business, gateway);
}

function createWorld(t: ExecutionContext, business: BusinessServer, gateway: Gateway): Harness {
  const api = new Api(gateway.port, securityToken);
  const counter = (name: CounterName) => gateway.counters[name];
  return {
    business,
    gateway,
    api,
    counter,
    reaches: async (name, least) => {
      await until(() => (counter(name) >= least ? true : undefined), `${name} to reach ${least}`);
    },
    connect: (options) => connect(t, gateway.port, options),
    handshake: (options) => handshake(t, gateway.port, options),
    join: async (options) => {
      const client = await connect(t, gateway.port, options);
      return {client, identity: identityOf(await business.next('connect'))};
    },
  };
}

/** The identity that a call carries. */
export function identityOf(call: RecordedCall): string {
  const identity = call.header('RAINBOWCLIENTIDENTITY');
  if (identity === undefined) throw new Error(`Expected RAINBOWCLIENTIDENTITY on ${call.method} ${call.path}`);
  return identity;
}

/** What holds of the calls of every gateway, whatever the test was about. */
export function checkCalls(business: BusinessServer): void {
  // A close call that is made again is the same one: it has the same id. [RB-63]
  const closes = new Map<string, Set<string>>();
  for (const kind of ['connect', 'message', 'close', 'events', 'other'] as const) {
    for (const call of business.calls(kind)) {
      if (!call.isSigned) throw new Error(`Expected every call to be signed, got ${call.url}`);
      // Events concern no client.
      if (kind === 'events') continue;
      const identity = identityOf(call);
      if (kind !== 'close') continue;
      const reason = call.header('RAINBOWCLOSEREASON');
      if (!isCloseCallReason(reason)) throw new Error(`Expected RAINBOWCLOSEREASON, got ${reason}`);
      closes.set(identity, (closes.get(identity) ?? new Set()).add(call.header('RAINBOWMESSAGEID') ?? ''));
    }
  }
  for (const [identity, {size}] of closes) {
    // One that the business server chose may be that of several connections, one after the other.
    if (size > 1 && /^[0-9a-f]{64}$/.test(identity))
      throw new Error(`Expected one close call for ${identity}, got ${size}`);
  }
}

/** The real command in a process of its own. */
export interface Daemon {
  readonly business: BusinessServer;
  readonly process: ChildProcess;
  /** What it was started with: another one can follow it on the same port. */
  readonly args: readonly string[];
  readonly port: number;
  readonly api: Api;
  connect(options?: HandshakeOptions): Promise<RawClient>;
  /** Settles with the exit code, or the signal that killed it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** All it wrote so far. */
  readonly output: string;
}

/** Keys of `[main]`, besides the URLs and the token. */
export type IniKeys = Readonly<Record<string, string | number>>;

/** Starts `rainbow-server -f FILE -p PORT` and waits until it answers; it is killed with the test. */
export async function startDaemon(t: Lifetime, keys: IniKeys = {}, options: ProcessOptions = {}): Promise<Daemon> {
  const business = await startBusinessServer(t, securityToken);
  const file = await writeIni(t, {
    connect_url: `${business.url}/connect/`,
    forward_url: `${business.url}/message/`,
    close_url: `${business.url}/close/`,
    security_token: securityToken,
    udp_ports: '[]',
    ...keys,
  });
  const port = await holdPort(t);
  const args = ['-f', file, '-p', String(port)];
  const daemon = runServer(t, args, options);
  const api = new Api(port, securityToken);
  const isUp = async () => {
    if (daemon.process.exitCode !== null) throw new Error(`Expected the server to start, got ${daemon.output}`);
    const answer = await api.get('/hello/').catch(() => undefined);
    return answer?.text === 'ok' ? true : undefined;
  };
  await until(isUp, 'the server to answer /hello/');
  return {
    business,
    args,
    port,
    api,
    process: daemon.process,
    exited: daemon.exited,
    get output() {
      return daemon.output;
    },
    connect: (options) => connect(t, port, options),
  };
}

/** How a server's process differs from the plain command. */
export interface ProcessOptions {
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** What runs the command: `ip netns exec NAME`. */
  readonly launcher?: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it can be sent messages. @default false */
  readonly hasChannel?: boolean;
}

/** Runs `rainbow-server` with these arguments. */
export function runServer(
  t: Lifetime,
  args: readonly string[],
  {nodeArgs = [], launcher = [], environment = {}, hasChannel = false}: ProcessOptions = {},
): Pick<Daemon, 'process' | 'exited' | 'output'> {
  const script = fileURLToPath(new URL('../../bin/rainbow-server.js', import.meta.url));
  const [program = '', ...all] = [...launcher, process.execPath, ...nodeArgs, script, ...args];
  const child = spawn(program, all, {
    env: {...process.env, ...environment},
    stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      output += text;
    });
  }
  const exited = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  t.teardown(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  });
  return {
    process: child,
    exited,
    get output() {
      return output;
    },
  };
}

/** Writes `[main]` with these keys into a file of its own. */
export async function writeIni(t: Lifetime, keys: IniKeys): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-e2e-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const file = join(folder, 'server.ini');
  const lines = Object.entries(keys).map(([name, value]) => `${name} = ${value}`);
  await writeFile(file, `[main]\n${lines.join('\n')}\n`);
  return file;
}
