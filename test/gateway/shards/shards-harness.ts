// A gateway of several shards between a business server that lets everybody in and clients that acknowledge everything.

import {once} from 'node:events';
import type {GatewayOptions} from '../../../src/gateway/config/options.ts';
import {type Gateway, startGateway} from '../../../src/gateway/gateway.ts';
import {startBusinessServer, success} from '../../support/business-server.ts';
import type {Lifetime} from '../../support/lifetime.ts';
import {patientOptions} from '../../support/patient-options.ts';

export const token = 'a-token-of-the-shard-tests';
const key = 'a-key-of-the-shard-tests-24';

export interface Harness {
  readonly gateway: Gateway;
  readonly options: GatewayOptions;
  /** Joined by the next client that connects. */
  channel: string;
  identity: string | undefined;
  /** The client goes with `lifetime`. @default with the world */
  connect(lifetime?: Lifetime): Promise<Client>;
  post(path: string, body?: string): Promise<Record<string, unknown>>;
}

export interface Client {
  readonly socket: WebSocket;
  /** First bytes of the packets that came, as hex. */
  readonly got: string[];
  readonly closed: Promise<number>;
}

export async function start(t: Lifetime, threads: number): Promise<Harness> {
  const harness = {channel: 'room', identity: undefined as string | undefined};
  const business = await startBusinessServer(t, token);
  business.always('connect', (response, call) => {
    const {channel, identity} = harness;
    return success({RAINBOWCLIENTCHANNEL: channel}, identity === undefined ? {} : {identity})(response, call);
  });
  const options: GatewayOptions = {
    ...patientOptions,
    threads,
    connectUrl: `${business.url}/connect/`,
    forwardUrl: `${business.url}/message/`,
    closeUrl: `${business.url}/close/`,
    securityToken: token,
    apiKeys: [key],
    peerTimeoutMs: 60_000,
  };
  const gateway = await startGateway(options);
  t.teardown(() => gateway.close());
  return Object.assign(harness, {
    gateway,
    options,
    connect: (lifetime = t) => connect(lifetime, gateway),
    post: async (path: string, body = '') => {
      // A connection of its own each time, so that the kernel picks a shard each time.
      const headers = {authorization: `Bearer ${key}`, connection: 'close'};
      const answer = await fetch(`${gateway.url}${path}`, {method: 'POST', body, headers});
      return (await answer.json()) as Record<string, unknown>;
    },
  });
}

async function connect(t: Lifetime, gateway: Gateway): Promise<Client> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/connect/`);
  socket.binaryType = 'arraybuffer';
  const got: string[] = [];
  socket.addEventListener('message', ({data}) => {
    const bytes = Buffer.from(data as ArrayBuffer);
    got.push(bytes.toString('hex'));
    const first = bytes[0] ?? 0;
    const id = bytes.subarray(first >> 4 === 1 ? 3 : 1, first >> 4 === 1 ? 5 : 3);
    const answer: Readonly<Record<number, number>> = {18: 0x20, 20: 0x30, 64: 0x50};
    const reply = answer[first];
    if (reply !== undefined) socket.send(Buffer.concat([Buffer.from([reply]), id]));
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({code}) => resolve(code));
  });
  t.teardown(() => socket.close());
  await once(socket, 'open');
  return {socket, got, closed};
}
