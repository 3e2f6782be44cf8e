// A server between a conformance run and a gateway, which changes what the gateway sends.

import {createServer, request as httpRequest} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {WebSocket, WebSocketServer} from 'ws';

/** A server that passes everything on to the gateway at `target`, what that sends to its clients by `pass`. */
export async function startRelay(
  t: ExecutionContext,
  target: string,
  relay: (packet: Uint8Array, pass: (packet: Uint8Array) => void) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    const {method, headers} = request;
    const passed = httpRequest(`${target}${request.url}`, {method, headers, agent: false}, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  const sockets = new WebSocketServer({noServer: true});
  server.on('upgrade', (request, socket, head) => {
    const names = ['x-deviceid', 'x-client-os'];
    const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
    const inner = new WebSocket(`${target.replace(/^http/, 'ws')}/connect/`, {headers});
    inner.once('open', () => {
      sockets.handleUpgrade(request, socket, head, (outer) => {
        outer.on('message', (data, binary) => inner.send(data as Buffer, {binary}));
        inner.on('message', (data: Buffer, binary) => {
          if (binary) relay(new Uint8Array(data), (packet) => outer.send(packet));
          else outer.send(data, {binary});
        });
        outer.once('close', (code) => inner.close(code === 1005 || code === 1006 ? 1000 : code));
        inner.once('close', (code) => outer.close(code === 1005 || code === 1006 ? 1000 : code));
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/connect/`;
}
