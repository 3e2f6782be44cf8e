// The edge and its links on real sockets, with actors under a simulated clock behind them: nothing happens in a turn before
// the test runs it, and the test has both ends of each connection.

import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {connect, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {ExecutionContext} from 'ava';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {createWebSocketEdge, type EdgeOptions} from '../../../src/fronts/rainbow/websocket-edge.ts';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {createServer} from '../../support/node-http.ts';
import {RawClient} from '../../support/raw-client.ts';
import {type SimulatedGateway, type SimulatedSettings, simulateGateway} from '../../support/simulated-gateway.ts';

/** One client, and the gateway's end of its connection. */
export interface EdgeClient {
  readonly client: RawClient;
  readonly socket: Socket;
  /** Listeners that the socket had before the edge was given it, by event. */
  readonly listenersBefore: SocketListeners;
}

export interface EdgeKit extends SimulatedGateway {
  readonly memory: MemoryBound;
  /** Connects a client and sends its upgrade request; settles when the edge has it. */
  readonly dial: () => Promise<EdgeClient>;
  /** The same, let in by the business server. */
  readonly join: (channels?: string) => Promise<EdgeClient>;
}

/** How many listen to the events by which an edge learns what its sockets do. */
export interface SocketListeners {
  readonly data: number;
  readonly end: number;
  readonly close: number;
  readonly drain: number;
}

export function listenersOf(socket: Socket): SocketListeners {
  const [data, end, close, drain] = ['data', 'end', 'close', 'drain'].map((event) => socket.listenerCount(event));
  return {data, end, close, drain} as SocketListeners;
}

export async function openEdge(
  t: ExecutionContext,
  settings: Partial<SimulatedSettings> = {},
  options: Partial<EdgeOptions> = {},
  memory = new MemoryBound(Number.POSITIVE_INFINITY),
): Promise<EdgeKit> {
  const kit = simulateGateway(settings, memory);
  const edge = createWebSocketEdge(kit.connections, {
    ...defaultOptions,
    ...kit.context.settings,
    ...kit.connections.settings,
    notices: {isProxyDue: false, originRefused() {}, originUnchecked() {}, proxyUnchecked() {}},
    mayAdmit: () => true,
    offersSessions: true,
    ...options,
  });
  const server = createServer();
  let arrived = Promise.withResolvers<Omit<EdgeClient, 'client'>>();
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket;
    const listenersBefore = listenersOf(socket);
    edge.upgrade(request, socket, head);
    kit.run();
    arrived.resolve({socket, listenersBefore});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  async function dial(): Promise<EdgeClient> {
    arrived = Promise.withResolvers();
    const socket = connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    client.request();
    const found = await arrived.promise;
    t.teardown(() => {
      socket.destroy();
      found.socket.destroy();
    });
    return {client, ...found};
  }

  async function join(channels?: string): Promise<EdgeClient> {
    const dialled = await dial();
    kit.transport.accept('connect', {join: channels});
    kit.run();
    await dialled.client.response();
    return dialled;
  }

  return {...kit, memory, dial, join};
}
