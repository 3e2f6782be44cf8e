// A server that speaks as the original of 2015 did, bytes and bugs, and nothing else: written after the facts known of it,
// with a codec by hand, apart from all of Rainbow's code. It answers a client's messages by the test's word.
//
// Unlike Rainbow it: drops a QoS 2 repeat in silence, so that a lost REC is lost for ever; forwards a repeat without DUP;
// takes any acknowledgement for any message; never repeats a REL; sends no pings; closes without a status.

import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {type WebSocket, WebSocketServer} from 'ws';
import {Inbox} from '../support/inbox.ts';

const idMost = 65_534;

/** What the business server behind it says to a message: the body of its 2xx answer, or that it failed. */
export type Forward = (type: number, payload: string) => string | undefined;

export class OriginalServer {
  readonly port: number;
  /** Packets in hex as they came and went: `> 14…`, `< 30…`. */
  readonly log: string[] = [];
  readonly forwarded: string[] = [];
  readonly clients = new Inbox<OriginalClient>('a client');
  forward: Forward = () => '';
  /** Packets that are lost on their way to the client, by their first bytes in hex. */
  lost: string[] = [];

  constructor(port: number) {
    this.port = port;
  }
}

export class OriginalClient {
  readonly #server: OriginalServer;
  readonly #socket: WebSocket;
  #lastId = 0;
  /** Ids of QoS 2 messages whose REL has not come. */
  readonly #received: number[] = [];
  /** By id: who awaits the client's acknowledgement. */
  readonly #sent = new Map<number, (reply: string) => void>();

  constructor(server: OriginalServer, socket: WebSocket) {
    this.#server = server;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(data));
  }

  /** Sends a message of the business server; gives the reply. The retransmission is the test's to ask for. */
  async send(type: number, qos: 1 | 2, payload: string, copies = 1): Promise<string> {
    this.#lastId = this.#lastId === idMost ? 1 : this.#lastId + 1;
    const id = this.#lastId;
    const {promise, resolve} = Promise.withResolvers<string>();
    this.#sent.set(id, resolve);
    for (let copy = 0; copy < copies; copy++) {
      const packet = Buffer.alloc(5);
      packet[0] = 0x10 | (qos << 1) | (copy > 0 ? 8 : 0);
      packet.writeUInt16BE(type, 1);
      packet.writeUInt16BE(id, 3);
      this.write(Buffer.concat([packet, Buffer.from(payload)]));
    }
    return await promise;
  }

  /** Any bytes, as a binary frame. */
  write(bytes: Buffer): void {
    const text = bytes.toString('hex');
    const place = this.#server.lost.findIndex((start) => text.startsWith(start));
    if (place >= 0) this.#server.lost.splice(place, 1);
    this.#server.log.push(`${place >= 0 ? 'x' : '<'} ${text}`);
    if (place < 0) this.#socket.send(bytes);
  }

  end(): void {
    this.#socket.close();
  }

  #receive(bytes: Buffer): void {
    this.#server.log.push(`> ${bytes.toString('hex')}`);
    const first = bytes[0] ?? 0;
    const command = first >> 4;
    if (command === 1) this.#forward(bytes, first);
    if (command < 2 || command > 5 || bytes.length < 3) return;
    const id = bytes.readUInt16BE(1);
    if (command === 2 || command === 3) {
      this.#sent.get(id)?.(bytes.subarray(3).toString());
      this.#sent.delete(id);
      if (command === 3) this.#control(0x40, id);
    } else if (command === 4) {
      const place = this.#received.indexOf(id);
      if (place >= 0) this.#received.splice(place, 1);
      this.#control(0x50, id);
    }
  }

  #forward(bytes: Buffer, first: number): void {
    const qos = (first >> 1) & 3;
    const type = bytes.readUInt16BE(1);
    const id = qos === 0 ? 0 : bytes.readUInt16BE(3);
    if (qos === 2 && (first & 8) !== 0 && this.#received.includes(id)) return;
    if (qos === 2) this.#received.push(id);
    const payload = bytes.subarray(qos === 0 ? 3 : 5).toString();
    this.#server.forwarded.push(`${type} ${payload}`);
    const body = this.#server.forward(type, payload);
    if (body === undefined) this.#received.splice(this.#received.indexOf(id), 1);
    else if (qos > 0) this.#control(qos === 1 ? 0x20 : 0x30, id, body);
  }

  #control(first: number, id: number, body = ''): void {
    this.write(Buffer.concat([Buffer.from([first, id >> 8, id & 255]), Buffer.from(body)]));
  }
}

/** Starts one; it ends with the test. Clients without device and platform are refused, as they were. */
export async function startOriginal(t: ExecutionContext): Promise<OriginalServer> {
  const http = createServer();
  const sockets = new WebSocketServer({noServer: true, perMessageDeflate: false});
  http.on('upgrade', (request, socket, head) => {
    const {pathname, searchParams} = new URL(request.url ?? '', 'http://original');
    if (pathname !== '/connect/') {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    } else if (!searchParams.has('X-DEVICEID') || !searchParams.has('X-CLIENT-OS')) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\nNot authenticated');
    } else {
      sockets.handleUpgrade(request, socket, head, (client) => server.clients.push(new OriginalClient(server, client)));
    }
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new OriginalServer((http.address() as AddressInfo).port);
  t.teardown(async () => {
    for (const client of sockets.clients) client.terminate();
    http.close();
    await once(http, 'close');
  });
  return server;
}
