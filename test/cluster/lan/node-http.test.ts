// HTTP between nodes over real sockets, and servers that do what no node does.

import {once} from 'node:events';
import {createServer, type RequestListener} from 'node:http';
import {type AddressInfo, createServer as createSocketServer, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {
  answerHello,
  askingHello,
  type HelloAnswer,
  type HelloFailure,
  judgeHello,
} from '../../../src/cluster/lan/hello.ts';
import {askHello, createHttpTransport} from '../../../src/cluster/lan/node-http.ts';
import type {NodeAnswer} from '../../../src/cluster/lan/node-transport.ts';
import {keys, other, self} from './node-harness.ts';

const question = askingHello(keys, self, '0123456789abcdef');

async function startServer(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startSocketServer(t: ExecutionContext, take: (socket: Socket) => void): Promise<string> {
  const server = createSocketServer((socket) => {
    socket.on('error', () => socket.destroy());
    take(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function ask(origin: string): Promise<HelloAnswer | HelloFailure> {
  return new Promise((resolve) => askHello(origin, question, 2_000, resolve));
}

test('a node is asked with a fresh question, and both ends of the connection are known', async (t) => {
  const origin = await startServer(t, ({url, headers, socket}, response) => {
    const place = `${socket.localAddress}:${socket.localPort}`;
    const asked = {
      nonce: new URL(url ?? '', 'http://node').searchParams.get('nonce') ?? '',
      node: String(headers.rainbownode),
      proof: String(headers.rainbownodeproof),
    };
    const said = answerHello(keys, asked, {node: other, wallMs: 1_000, path: {place, asker: '127.0.0.1'}});
    response.writeHead(200, {
      RAINBOWNODE: said?.node,
      RAINBOWNODETIME: said?.wallMs,
      RAINBOWNODEPLACE: `${said?.place} ${said?.asker}`,
      RAINBOWNODEPROOF: said?.proof,
    });
    response.end('ok');
  });
  const answer = await ask(origin);
  if ('failure' in answer) return t.fail(answer.failure);
  t.deepEqual(answer.path, {place: origin.slice('http://'.length), asker: '127.0.0.1'});
  const terms = {keys, question, clusterAddress: '', mayBeOriginal: false};
  t.deepEqual(judgeHello(answer, terms), {kind: 'node', node: other, wallMs: 1_000});
});

test('no redirect is followed, and what is not ok with status 200 is no node', async (t) => {
  let asked = 0;
  const origin = await startServer(t, (_request, response) => {
    asked++;
    response.writeHead(302, {location: '/hello/?again'}).end('ok');
  });
  t.like(await ask(origin), {isOk: false, status: 302});
  t.is(asked, 1);
  for (const body of ['', 'OK', 'ok\n', '<html>ok</html>', 'ok'.repeat(100_000)]) {
    const page = await startServer(t, (_request, response) => response.end(body));
    t.like(await ask(page), {isOk: false, status: 200});
  }
});

test('an answer without end, and headers without end, are read no further than a node’s could be', async (t) => {
  const endless = await startServer(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('ok'.repeat(1_000)));
      response.once('drain', more);
    };
    more();
  });
  t.like(await ask(endless), {isOk: false});
  const headers = await startSocketServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: ${'y'.repeat(100_000)}\r\n\r\nok`);
  });
  t.regex(JSON.stringify(await ask(headers)), /failure/);
});

test('who refuses the connection, breaks it, or does not speak HTTP is named', async (t) => {
  t.deepEqual(await ask('http://127.0.0.1:1'), {failure: 'the connection is refused: no server listens there'});
  const broken = await startSocketServer(t, (socket) => socket.destroy());
  t.regex(JSON.stringify(await ask(broken)), /failure/);
  const foreign = await startSocketServer(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  t.regex(JSON.stringify(await ask(foreign)), /failure/);
});

test('a question that is given up ends its connection, and settles nothing', async (t) => {
  const gone = Promise.withResolvers<void>();
  const origin = await startSocketServer(t, (socket) => socket.once('close', () => gone.resolve()).resume());
  const giveUp = askHello(origin, question, 2_000, () => t.fail());
  await new Promise((resolve) => setImmediate(resolve));
  giveUp();
  // Given up while it connects, it may never have arrived.
  await Promise.race([gone.promise, new Promise((resolve) => setImmediate(resolve))]);
  t.pass();
});

for (const status of [201, 204, 301, 401, 404, 500, 503]) {
  test(`an answer with status ${status} to a call does not count, whatever it contains`, async (t) => {
    const origin = await startServer(t, (_request, response) => {
      response.writeHead(status, {location: '/'}).end(status === 204 ? undefined : '{"status":0,"connections":5}');
    });
    const transport = createHttpTransport(origin, 2_000);
    t.teardown(() => transport.close());
    const answer = await new Promise<NodeAnswer | undefined>((resolve) => {
      transport.send({method: 'POST', path: '/send/', headers: {}, body: Buffer.from('x')}, resolve);
    });
    t.is(answer, undefined);
  });
}
