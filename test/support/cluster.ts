// Several nodes on this machine: real commands in processes of their own, which find each other by datagrams to the
// broadcast address of the loopback, 127.255.255.255, and to no other.

import type {ChildProcess} from 'node:child_process';
import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import type {ExecutionContext} from 'ava';
import {Api} from './api.ts';
import {type BusinessServer, startBusinessServer, success} from './business-server.ts';
import {until, within} from './deadline.ts';
import {type IniKeys, identityOf, type ProcessOptions, runServer, securityToken, writeIni} from './gateway.ts';
import {parse} from './packets.ts';
import {scaled} from './patience.ts';
import {holdPorts} from './ports.ts';
import {acknowledgeAll, connect, type RawClient} from './raw-client.ts';

export const loopbackBroadcast = '127.255.255.255';

/** A client that acknowledges everything with its name, and keeps the payloads of what it was sent first. */
export interface Member {
  readonly client: RawClient;
  readonly identity: string;
  /** Payloads of SENDs without DUP: each a message of its own. */
  readonly got: string[];
}

/** One node; its process may be another after {@link restart}. */
export interface ClusterNode {
  readonly port: number;
  readonly api: Api;
  readonly process: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** All that the present process wrote. */
  readonly output: string;
  /** A client in the channel `room` that answers with `name`. */
  join(name: string): Promise<Member>;
  /** Starts it again on its port and waits until it answers. */
  restart(): Promise<void>;
  /** Waits until it calls this many other nodes, and misses none; `mayMiss`: or some. */
  knows(count: number, changes?: {readonly mayMiss?: boolean}): Promise<void>;
  /** A counter or gauge of /metrics. */
  metric(name: string): Promise<number>;
}

export interface Cluster {
  readonly business: BusinessServer;
  readonly nodes: readonly ClusterNode[];
  readonly ports: readonly number[];
}

/** Starts this many nodes with one configuration, and waits until each knows all others. */
export async function startCluster(
  t: ExecutionContext,
  count: number,
  keys: IniKeys | ((ports: readonly number[], businessUrl: string) => IniKeys) = {},
  processOf: (place: number) => ProcessOptions = () => ({}),
): Promise<Cluster> {
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const ports = await holdPorts(t, count);
  const file = await writeIni(t, {
    host: '127.0.0.1',
    connect_url: `${business.url}/connect/`,
    forward_url: `${business.url}/message/`,
    close_url: `${business.url}/close/`,
    security_token: securityToken,
    log_format: 'json',
    udp_ports: `[${ports.join(', ')}]`,
    udp_broadcast: loopbackBroadcast,
    // Dead nodes are recognised by their silence; on a busy machine two seconds may pass without.
    peer_timeout: scaled(4),
    ...(typeof keys === 'function' ? keys(ports, business.url) : keys),
  });
  const nodes = await Promise.all(
    ports.map((port, place) => startNode(t, {business, file, port, process: processOf(place)})),
  );
  await Promise.all(nodes.map((node) => node.knows(count - 1)));
  return {business, nodes, ports};
}

interface NodeTerms {
  readonly business: BusinessServer;
  readonly file: string;
  readonly port: number;
  readonly process: ProcessOptions;
}

async function startNode(t: ExecutionContext, {business, file, port, process}: NodeTerms): Promise<ClusterNode> {
  const api = new Api(port, securityToken);
  const run = () => runServer(t, ['-f', file, '-p', String(port)], process);
  let server = run();

  async function answering(): Promise<void> {
    const isUp = async () => {
      if (server.process.exitCode !== null) throw new Error(`Expected the node to start, got ${server.output}`);
      const answer = await api.get('/hello/').catch(() => undefined);
      return answer?.text === 'ok' ? true : undefined;
    };
    await until(isUp, 'the node to answer /hello/');
  }

  async function metric(name: string): Promise<number> {
    const {text} = await api.get('/metrics');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  await answering();
  return {
    port,
    api,
    metric,
    get process() {
      return server.process;
    },
    get exited() {
      return server.exited;
    },
    get output() {
      return server.output;
    },
    async join(name) {
      const client = await connect(t, port);
      const identity = identityOf(await business.next('connect'));
      const got: string[] = [];
      acknowledgeAll(client, name);
      const acknowledge = client.onPacket;
      client.onPacket = (bytes) => {
        const packet = parse(bytes);
        if (packet.command === 'send' && !packet.dup) got.push(packet.payload.toString());
        acknowledge?.(bytes);
      };
      return {client, identity, got};
    },
    async restart() {
      await within(server.exited, 'the end of the node');
      server = run();
      await answering();
    },
    async knows(count, {mayMiss = false} = {}) {
      const isKnown = async () => {
        const [called, missing] = await Promise.all([metric('rainbow_nodes'), metric('rainbow_nodes_missing')]).catch(
          () => [-1, -1],
        );
        return called === count && (missing === 0 || mayMiss) ? true : undefined;
      };
      await until(isKnown, `node ${port} to know ${count} others`);
    },
  };
}

/** Sends one datagram to each of `ports` on this machine, as anybody could. */
export async function broadcast(
  t: ExecutionContext,
  ports: readonly number[],
  text: string | Uint8Array,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  socket.setBroadcast(true);
  for (const port of ports) {
    await new Promise<void>((resolve, reject) => {
      socket.send(text, port, loopbackBroadcast, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}
