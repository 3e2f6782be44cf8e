// The servers under test, each a process of its own on 127.0.0.1: our gateway, another revision of it, the bare reference,
// and the peers that are installed.

import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {GatewayOptions} from '../src/gateway/config/options.ts';
import {Child, startProgram} from './child.ts';
import {apiKey, type Dialect, type Qos, securityToken} from './generator/orders.ts';
import type {ServerDesk} from './process-report.ts';

/** A server under test. */
export interface Contestant {
  readonly name: string;
  readonly dialect: Dialect;
  readonly port: number;
  readonly pid: number;
  /** The highest QoS it has. */
  readonly qosMax: Qos;
  /** What it can report about itself; peers cannot. */
  readonly process: Child<ServerDesk, {readonly port: number}> | undefined;
  stop(): Promise<void>;
}

/** Starts the gateway of the checkout `root`; `businessPort` is that of the business server. */
export async function startGatewayDaemon(
  name: string,
  root: string,
  businessPort: number,
  options: Partial<GatewayOptions> = {},
  nodeArgs: readonly string[] = [],
): Promise<Contestant> {
  const business = `http://127.0.0.1:${businessPort}`;
  const given: Partial<GatewayOptions> = {
    connectUrl: `${business}/connect/`,
    forwardUrl: `${business}/message/`,
    closeUrl: `${business}/close/`,
    securityToken,
    apiKeys: [apiKey],
    ...options,
  };
  return startNode(name, 'daemon.ts', [root, JSON.stringify(given)], nodeArgs);
}

/** Starts the bare reference. */
export function startBare(nodeArgs: readonly string[] = []): Promise<Contestant> {
  return startNode('bare', 'bare-server.ts', [], nodeArgs);
}

/** Starts fastify answering a constant. */
export function startConstant(): Promise<Contestant> {
  return startNode('constant', 'constant-server.ts', [], []);
}

async function startNode(
  name: string,
  file: string,
  args: readonly string[],
  nodeArgs: readonly string[],
): Promise<Contestant> {
  const child = await Child.start<ServerDesk, {port: number}>({file, args, nodeArgs: ['--expose-gc', ...nodeArgs]});
  return {
    name,
    dialect: 'rainbow',
    port: child.facts.port,
    pid: child.pid,
    qosMax: 2,
    process: child,
    stop: () => child.stop(),
  };
}

const folders = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Starts the peers that are installed; says which are not. */
export async function startPeers(say: (line: string) => void): Promise<Contestant[]> {
  const peers: Contestant[] = [];
  for (const [name, start] of [
    ['mosquitto', startMosquitto],
    ['nats-server', startNats],
  ] as const) {
    const program = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (program === undefined) say(`${name} is not installed: skipped`);
    else peers.push(await start(program));
  }
  return peers;
}

async function startMosquitto(program: string): Promise<Contestant> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-bench-'));
  const file = join(folder, 'mosquitto.conf');
  // The defaults allow 20 messages in flight, where ours allow 1,000.
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence false',
    'set_tcp_nodelay true',
    'max_inflight_messages 1000',
    'max_queued_messages 10000',
    'log_dest none',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const server = await startProgram(program, ['-c', file], port);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, {recursive: true});
  };
  return {name: 'mosquitto', dialect: 'mqtt', port, pid: server.pid, qosMax: 2, process: undefined, stop};
}

async function startNats(program: string): Promise<Contestant> {
  const port = await freePort();
  const server = await startProgram(program, ['-a', '127.0.0.1', '-p', String(port)], port);
  return {
    name: 'nats-server',
    dialect: 'nats',
    port,
    pid: server.pid,
    qosMax: 0,
    process: undefined,
    stop: () => server.stop(),
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('Expected a port');
  return address.port;
}
