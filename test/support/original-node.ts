// A node of the original as the protocol describes it, written from that description: it announces itself unsigned, knows
// no ids, and asks and answers as old nodes do. What it is sent is read as strictly as they read it. Its clients are
// numbers: so many in each channel, and what they reply.

import {createSocket, type Socket as UdpSocket} from 'node:dgram';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {signatureOf} from './business-server.ts';
import {loopbackBroadcast} from './cluster.ts';

/** A call that another node made of it. */
export interface OriginalCall {
  readonly method: string;
  readonly path: string;
  /** Without the signature. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OriginalOptions {
  readonly port: number;
  readonly token: string;
  /** `udp_ports` */
  readonly ports: readonly number[];
  readonly clients: number;
  readonly reply: string;
}

/** A node of the original. */
export class OriginalNode {
  readonly calls: OriginalCall[] = [];
  /** `host:port` of the nodes it has heard of and that answered /hello/. */
  readonly peers = new Set<string>();
  /** Answers in place of its own, to everything but /hello/; `undefined`: never. */
  script: ((response: ServerResponse) => void) | undefined;
  /** What it answers to /hello/. */
  hello = 'ok';
  readonly #options: OriginalOptions;

  constructor(options: OriginalOptions, hearing: UdpSocket) {
    this.#options = options;
    hearing.on('message', (datagram, {address}) => void this.#hear(datagram.toString(), address));
  }

  /** One announcement, from a port of its own, as Python writes it. */
  async announce(msgtype: 'online' | 'offline'): Promise<void> {
    const {port, ports} = this.#options;
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setBroadcast(true);
    for (const target of ports) {
      await new Promise((resolve) => {
        socket.send(`{"msgtype": "${msgtype}", "port": ${port}}`, target, loopbackBroadcast, resolve);
      });
    }
    socket.close();
  }

  /** `POST /send/` to this node: its own clients, and all peers with `cluster=1`; merged as the original does. */
  async send(channel: string, payload: string): Promise<{status: number; connections: number; data: string}> {
    const {clients, reply} = this.#options;
    const parameters = {channel, msgtype: '1', qos: '2', timeout: '9', cluster: '1'};
    const answers = await Promise.all([...this.peers].map((peer) => this.#call(peer, '/send/', parameters, payload)));
    const counted = answers.filter(({status}) => status === 0);
    const replies = counted.flatMap(({data}) => (typeof data === 'string' && data !== '' ? [data] : []));
    return {
      status: 0,
      connections: clients + counted.reduce((sum, {connections}) => sum + Number(connections), 0),
      data: reply || (replies[0] ?? ''),
    };
  }

  /** `POST /sub/` or `/unsub/` to this node for a client that it does not have: what its peers say. */
  async change(path: '/sub/' | '/unsub/', body: Members): Promise<readonly Members[]> {
    const text = JSON.stringify(body);
    return await Promise.all([...this.peers].map((peer) => this.#call(peer, path, {cluster: '1'}, text)));
  }

  /** Takes a request of another node. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://node');
    if (url.pathname === '/hello/') {
      this.#write(response, this.hello);
      return;
    }
    const {timestamp, nonce, signature, ...query} = Object.fromEntries(url.searchParams);
    this.calls.push({
      method: request.method ?? '',
      path: url.pathname,
      query,
      body: Buffer.concat(chunks).toString(),
    });
    if (this.script !== undefined) {
      this.script(response);
      return;
    }
    const isSigned =
      /^\d+$/.test(timestamp ?? '') && signature === signatureOf(this.#options.token, timestamp ?? '', nonce ?? '');
    if (!isSigned) this.#write(response, '{"status": 1, "msg": "signature error"}');
    else this.#answer(url.pathname, query, response);
  }

  #answer(path: string, query: Readonly<Record<string, string>>, response: ServerResponse): void {
    const {clients, reply, port} = this.#options;
    if (path === '/serverinfo/') {
      const channels = `[["room", ${clients}]]`;
      const process = '{"user": "root", "pid": "7", "cpu": "0.3", "mem": "1.2"}';
      this.#write(
        response,
        `{"status": 0, "server": "127.0.0.1:${port}", "channels_cnt": 1, "channels": ${channels}, "process": ${process}}`,
      );
    } else if (path !== '/send/') {
      this.#write(response, '{"status": 1, "msg": "no such connection"}');
    } else if (!/^\d+$/.test(query.timeout ?? '10') || !/^\d+$/.test(query.qos ?? '2')) {
      response.writeHead(500).end('<html>500: Internal Server Error</html>');
    } else if (query.qos === '0') {
      this.#write(response, '{"status": 0}');
    } else {
      this.#write(response, `{"status": 0, "connections": ${clients}, "data": "${reply}"}`);
    }
  }

  // Status 200 and this type, whatever it says.
  #write(response: ServerResponse, text: string): void {
    response.writeHead(200, {'content-type': 'text/html; charset=UTF-8'}).end(text);
  }

  async #hear(text: string, address: string): Promise<void> {
    const {msgtype, port} = JSON.parse(text) as Members;
    const peer = `${address}:${String(port)}`;
    if (port === this.#options.port) return;
    if (msgtype === 'offline') this.peers.delete(peer);
    if (msgtype !== 'online' || this.peers.has(peer)) return;
    const hello = await fetch(`http://${peer}/hello/`, {headers: {connection: 'close'}});
    if (hello.status === 200) this.peers.add(peer);
  }

  async #call(
    peer: string,
    path: string,
    parameters: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Members> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = String(1_000 + Math.floor(Math.random() * 99_000));
    const signature = signatureOf(this.#options.token, timestamp, nonce);
    const query = new URLSearchParams({...parameters, timestamp, nonce, signature});
    const answer = await fetch(`http://${peer}${path}?${query}`, {
      method: 'POST',
      body,
      headers: {connection: 'close', 'content-type': 'application/x-www-form-urlencoded', 'accept-encoding': 'gzip'},
    });
    // Its HTTP client fails on anything else.
    if (answer.status !== 200) throw new Error(`Expected status 200, got ${answer.status}`);
    return (await answer.json()) as Members;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** Starts one; it ends with the test, without a goodbye. */
export async function startOriginal(t: ExecutionContext, options: OriginalOptions): Promise<OriginalNode> {
  const hearing = createSocket({type: 'udp4', reuseAddr: true});
  hearing.bind(options.port);
  await once(hearing, 'listening');
  t.teardown(() => hearing.close());
  const node = new OriginalNode(options, hearing);
  const server = createServer((request, response) => void node.handle(request, response));
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  if ((server.address() as AddressInfo).port !== options.port) throw new Error('Expected the port asked for');
  return node;
}
