// A program that embeds a gateway and waits for nothing else. A client is connected when the business server goes away, so
// that the close call has to be made again; then the gateway is closed. Run by embedded.test.ts, with the number of threads.

import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {WebSocket} from 'ws';
import {defaultOptions} from '../../src/gateway/config/options.ts';
import {startGateway} from '../../src/gateway/gateway.ts';

const business = createServer((_request, response) => {
  response.writeHead(200, {'content-type': 'application/json', connection: 'close'}).end('{"status": "success"}');
});
business.listen(0, '127.0.0.1');
await once(business, 'listening');
const base = `http://127.0.0.1:${(business.address() as AddressInfo).port}`;
const gateway = await startGateway({
  ...defaultOptions,
  host: '127.0.0.1',
  port: 0,
  threads: Number(process.argv[2]),
  connectUrl: `${base}/connect/`,
  forwardUrl: `${base}/message/`,
  closeUrl: `${base}/close/`,
  securityToken: 'token-of-an-embedded-gateway',
  shutdownGraceMs: 1_000,
  shutdownMaxMs: 1_000,
  logLevel: 'silent',
});
const client = new WebSocket(`${gateway.url.replace(/^http/, 'ws')}/connect/`, {
  headers: {'x-deviceid': 'a', 'x-client-os': 'test'},
});
await once(client, 'open');
business.close();
business.closeAllConnections();
await gateway.close();
process.stdout.write(`closed, ${gateway.counters.closeCallsLost} close calls lost\n`);
