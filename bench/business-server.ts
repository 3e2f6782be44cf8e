// A business server that costs next to nothing, as a process of its own: bare node:http, keep-alive. It says yes to every
// client, gives it the identity and the channels that the client asks for in its own headers, and answers every message.

import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {serveDesk} from './desk.ts';
import {channelRange} from './generator/orders.ts';

let messages = 0;

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    messages++;
    response.writeHead(200, {'content-type': 'text/plain', 'content-length': 2}).end('ok');
  } else if (request.url?.startsWith('/connect/') === true) {
    connect(request, response);
  } else {
    response.writeHead(200, {'content-length': 2}).end('ok');
  }
});

function connect({headers}: IncomingMessage, response: ServerResponse): void {
  const {'x-bench-identity': identity, 'x-bench-channel': channel, 'x-bench-range': range} = headers;
  const body = JSON.stringify(identity === undefined ? {status: 'success'} : {status: 'success', identity});
  const names = typeof range === 'string' ? channelRange(range) : channel;
  if (names !== undefined) response.setHeader('RAINBOWCLIENTCHANNEL', names);
  response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length}).end(body);
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4_096, () => {
  const {port} = server.address() as AddressInfo;
  serveDesk({report: () => ({messages})}, {port});
});
