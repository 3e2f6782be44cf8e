// One caller that writes faster than it can be served is read a little at a time, so that the others have their turn.

import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {HttpPace} from '../../../src/gateway/http/http-pace.ts';
import {frame, opcodes} from '../../support/frame.ts';
import {start} from '../../support/gateway.ts';
import {openSocket, readToEnd, startApi} from './api-harness.ts';

/** Counts what comes in one turn of the event loop. */
class TurnCount {
  most = 0;
  #now = 0;

  add(): void {
    if (this.#now === 0) setImmediate(() => (this.#now = 0));
    this.#now++;
    this.most = Math.max(this.most, this.#now);
  }
}

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const hello = 'GET /hello/ HTTP/1.1\r\nHost: a\r\n\r\n';
const upgrade = `${[
  'GET /connect/ HTTP/1.1',
  'Host: gateway.test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
].join('\r\n')}\r\n\r\n`;

/** What Node reads in one go. */
const readBytes = 65_536;

test('of requests written in a row no more are handled in one turn than one read brings, and all are answered', async (t) => {
  const pace = new HttpPace();
  const turn = new TurnCount();
  const server = createServer((_request, response) => {
    turn.add();
    response.end('ok');
  });
  server.on('request', ({socket}) => pace.count(socket));
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const count = 30_000;
  const socket = connect(await listen(t, server), '127.0.0.1');
  socket.write(request.repeat(count));
  socket.end();
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  t.is(text.split('HTTP/1.1 200').length - 1, count);
  t.true(turn.most <= readBytes / request.length + 1, `${turn.most} in one turn`);
});

test('the API handles no more requests of one caller in one turn than one read brings', async (t) => {
  const {app, port} = await startApi(t);
  const turn = new TurnCount();
  app.server.on('request', () => turn.add());
  const flood = await openSocket(t, port);
  flood.end(hello.repeat(10_000));
  t.is((await readToEnd(flood)).split('HTTP/1.1 200').length - 1, 10_000);
  t.true(turn.most <= readBytes / hello.length + 1, `${turn.most} in one turn`);
});

test('a connection that has made many calls may still become a WebSocket', async (t) => {
  const harness = await start(t);
  const socket = await openSocket(t, harness.gateway.port);
  for (let number = 0; number < 200; number++) {
    socket.write(hello);
    await once(socket, 'data');
  }
  socket.write(upgrade);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.regex(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
  socket.write(frame({opcode: opcodes.binary, payload: Buffer.from('12000100026869', 'hex')}));
  t.is((await harness.business.next('message')).body.toString(), 'hi');
});

test('an upgrade that is written behind very many calls, none of them answered yet, is refused', async (t) => {
  const harness = await start(t);
  const socket = await openSocket(t, harness.gateway.port);
  socket.end(hello.repeat(300) + upgrade);
  const text = await readToEnd(socket);
  t.is(text.split('HTTP/1.1 200').length - 1, 300);
  t.regex(text, /HTTP\/1\.1 426 /);
});
