// The bare reference: what `ws` and bare node:http cost by themselves. It keeps no state of a delivery, makes no calls, checks
// nothing and times nothing; but it frames a publication once, and writes once to a socket in one turn of the event loop,
// so that it is as fast as such a server can be in JavaScript. What the gateway costs beyond it is the price of its promises.

import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {type AddressInfo, Socket} from 'node:net';
import {WebSocket, WebSocketServer} from 'ws';
import {framePacket} from '../src/protocol/frame.ts';
import type {Qos} from '../src/protocol/packet.ts';
import {BareFlusher} from './bare-flusher.ts';
import {serveDesk} from './desk.ts';
import {serverDesk} from './process-report.ts';

const commandAck = 2;
const commandRec = 3;
const idMax = 65_534;

/** ws's socket with what is to be written to it this turn. */
export class BareSocket extends WebSocket {
  socket: Socket | undefined;
  identity = '';
  channel = '';
  readonly pending: Uint8Array[] = [];
}

interface Publication {
  readonly response: ServerResponse;
  readonly release: Uint8Array;
  left: number;
  readonly count: number;
}

const channels = new Map<string, Set<BareSocket>>();
const identities = new Map<string, BareSocket>();
const publications = new Map<number, Publication>();
const flusher = new BareFlusher();
let lastId = 0;

const webSockets = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  WebSocket: BareSocket,
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () =>
    publish(request.url ?? '', chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), response),
  );
});

server.on('upgrade', (request: IncomingMessage, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    if (!(webSocket instanceof BareSocket) || !(socket instanceof Socket)) return;
    webSocket.socket = socket;
    webSocket.on('message', onMessage);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
    const {'x-bench-channel': channel, 'x-bench-identity': identity} = request.headers;
    if (typeof channel === 'string') {
      webSocket.channel = channel;
      memberSet(channel).add(webSocket);
    }
    if (typeof identity === 'string') {
      webSocket.identity = identity;
      identities.set(identity, webSocket);
    }
  });
});

function memberSet(channel: string): Set<BareSocket> {
  let members = channels.get(channel);
  if (members === undefined) {
    members = new Set();
    channels.set(channel, members);
  }
  return members;
}

function publish(url: string, payload: Uint8Array, response: ServerResponse): void {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const qos = Number(query.get('qos')) as Qos;
  const members = channels.get(query.get('channel') ?? '');
  const single = identities.get(query.get('identity') ?? '');
  const id = qos === 0 ? 0 : nextId();
  const frame = framePacket({kind: 'send', qos, isDup: false, type: 1, id, payload});
  if (members !== undefined) for (const member of members) flusher.send(member, frame);
  else if (single !== undefined) flusher.send(single, frame);
  const count = members?.size ?? (single === undefined ? 0 : 1);
  if (qos === 0 || count === 0) {
    answer(response, 0);
    return;
  }
  publications.set(id, {response, release: framePacket({kind: 'rel', id}), left: count, count});
}

function nextId(): number {
  lastId = lastId === idMax ? 1 : lastId + 1;
  return lastId;
}

function onMessage(this: WebSocket, data: unknown): void {
  if (!Buffer.isBuffer(data) || !(this instanceof BareSocket)) return;
  const command = (data[0] as number) >> 4;
  if (command !== commandAck && command !== commandRec) return;
  const id = ((data[1] as number) << 8) | (data[2] as number);
  const publication = publications.get(id);
  if (publication === undefined) return;
  if (command === commandRec) flusher.send(this, publication.release);
  if (--publication.left > 0) return;
  publications.delete(id);
  answer(publication.response, publication.count);
}

function onClose(this: WebSocket): void {
  if (!(this instanceof BareSocket)) return;
  channels.get(this.channel)?.delete(this);
  identities.delete(this.identity);
}

function onError(): void {
  // `close` follows.
}

function answer(response: ServerResponse, connections: number): void {
  const body = `{"status":0,"connections":${connections},"data":""}`;
  response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length}).end(body);
}

server.listen(0, '127.0.0.1', 511, () => {
  const {port} = server.address() as AddressInfo;
  serveDesk(
    serverDesk(() => ({writes: flusher.writes})),
    {port},
  );
});
