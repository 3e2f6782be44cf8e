// The adapters in the real servers that they are for, over real sockets, all with the same calls.

import {Agent, createServer, request as httpRequest, type IncomingMessage, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {serve} from '@hono/node-server';
import test, {type ExecutionContext} from 'ava';
import express from 'express';
import fastify from 'fastify';
import {Hono} from 'hono';
import {type Business, toExpress, toFastify, toHono, toNodeListener} from '../../src/business/index.ts';
import {make, signed} from './harness.ts';

type Host = (t: ExecutionContext, app: Business) => Promise<number>;

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const hosts: Readonly<Record<string, Host>> = {
  'node:http': (t, app) => listen(t, createServer(toNodeListener(app))),
  Express: (t, app) => {
    const host = express();
    host.use('/rainbow', toExpress(app));
    return listen(t, createServer(host));
  },
  'Express behind express.raw()': (t, app) => {
    const host = express();
    host.use(express.raw({type: () => true}));
    host.use('/rainbow', toExpress(app));
    return listen(t, createServer(host));
  },
  async Fastify(t, app) {
    const host = fastify();
    // Its own routes keep their parsers.
    host.post('/json', (incoming) => incoming.body);
    await host.register(toFastify(app), {prefix: '/rainbow'});
    t.teardown(() => host.close());
    await host.listen({host: '127.0.0.1', port: 0});
    const {port} = host.server.address() as AddressInfo;
    const own = await fetch(`http://127.0.0.1:${port}/json`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: '{"a": 1}',
    });
    t.is(await own.text(), '{"a":1}');
    return port;
  },
  Hono(t, app) {
    const host = new Hono();
    host.all('/rainbow/*', toHono(app));
    return new Promise((resolve) => {
      const server = serve({fetch: host.fetch, hostname: '127.0.0.1', port: 0}, ({port}) => resolve(port));
      t.teardown(() => server.close());
    });
  },
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** Whether the connection was that of an earlier call. */
  readonly isReused: boolean;
}

/** One call as the gateway makes it: header values are bytes. */
function send(
  port: number,
  path: string,
  headers: Record<string, string>,
  body?: Uint8Array,
  agent: Agent | false = false,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      port,
      path: `${path}?${signed()}`,
      method: body === undefined ? 'GET' : 'POST',
      headers: {RAINBOWCLIENTIDENTITY: 'one', ...headers, ...(body !== undefined && {'content-length': body.length})},
      agent,
    });
    outgoing.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject).on('end', () => {
        const {reusedSocket: isReused} = outgoing;
        resolve({status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), isReused});
      });
    });
    outgoing.end(body);
  });
}

const json = {'content-type': 'application/json'};

for (const [name, start] of Object.entries(hosts)) {
  test(`${name} brings calls and answers as they are, byte for byte`, async (t) => {
    const app = make({
      connect: ({header, channels}) => {
        channels.join(header('name') ?? '');
        return true;
      },
      on: {
        1: ({bytes}) => bytes(),
        2({channels}) {
          channels.join('部屋');
          return 'ä';
        },
        3: () => undefined,
      },
    });
    const port = await start(t, app);
    const bytes = Uint8Array.from({length: 300}, (_, index) => index % 256);
    for (const payload of [bytes, Buffer.from('{"a": 1}'), Buffer.from('no JSON'), new Uint8Array(0)]) {
      const echoed = await send(port, '/rainbow/message/1/', json, payload);
      t.is(echoed.status, 200, name);
      t.deepEqual(echoed.body, Buffer.from(payload));
    }
    const channel = Buffer.from('部屋').toString('latin1');
    const joined = await send(port, '/rainbow/message/2/', json, Buffer.from('x'));
    t.is(joined.headers.rainbowclientchannel, channel);
    t.is(joined.body.toString(), 'ä');
    t.is((await send(port, '/rainbow/message/3/', json, Buffer.from('x'))).body.length, 0);
    const connected = await send(port, '/rainbow/connect/', {name: channel});
    t.is(connected.headers.rainbowclientchannel, channel);
    t.is(connected.body.toString(), '{"status":"success"}');
    t.is((await send(port, '/rainbow/close/', {})).status, 200);
    t.is((await send(port, '/rainbow/message/9/', json, Buffer.from('x'))).status, 404);
  });

  test(`${name} keeps the connection from call to call, refused ones too`, async (t) => {
    const port = await start(t, make({on: {1: ({bytes}) => bytes()}}));
    const agent = new Agent({keepAlive: true, maxSockets: 1});
    t.teardown(() => agent.destroy());
    const reused: boolean[] = [];
    for (const path of ['message/1/', 'connect/', 'message/9/', 'message/1/']) {
      const body = path === 'connect/' ? undefined : Buffer.from('x');
      reused.push((await send(port, `/rainbow/${path}`, json, body, agent)).isReused);
    }
    t.deepEqual(reused, [false, true, true, true]);
  });

  test(`${name} takes a body at the bound and none beyond it`, async (t) => {
    const port = await start(t, make({on: {1: ({bytes}) => bytes().length}}));
    const atBound = await send(port, '/rainbow/message/1/', json, Buffer.alloc(100_000));
    t.is(atBound.body.toString(), '100000');
    // The sender may see the end of the connection instead of the answer while it still writes.
    const beyond = await send(port, '/rainbow/message/1/', json, Buffer.alloc(1_048_577)).catch(() => undefined);
    t.true(beyond === undefined || beyond.status === 413);
  });
}

test('Express gets an error that names the earlier parser of a payload', async (t) => {
  const host = express();
  host.use(express.json());
  host.use(toExpress(make({on: {1: () => 'never'}})));
  const failures: string[] = [];
  host.use((error: Error, _request: unknown, response: express.Response, _next: unknown) => {
    failures.push(error.message);
    response.status(500).end();
  });
  const port = await listen(t, createServer(host));
  t.is((await send(port, '/message/1/', json, Buffer.from('{"a":1}'))).status, 500);
  t.regex(failures[0] ?? '', /mount Rainbow before the middleware that parses bodies \(express\.json\(\)\)$/);
});

test('Hono keeps a body that a middleware has read; one that is no text was lost in that', async (t) => {
  const host = new Hono();
  host.use(async (context, next) => {
    await context.req.text();
    await next();
  });
  host.all('/rainbow/*', toHono(make({on: {1: ({text}) => `got ${text()}`}})));
  host.onError((error, context) => context.text(error.message, 500));
  const port = await new Promise<number>((resolve) => {
    const server = serve({fetch: host.fetch, hostname: '127.0.0.1', port: 0}, (place) => resolve(place.port));
    t.teardown(() => server.close());
  });
  const good = await send(port, '/rainbow/message/1/', json, Buffer.from('{"a":"ä"}'));
  t.is(good.body.toString(), 'got {"a":"ä"}');
  t.is((await send(port, '/rainbow/connect/', {})).status, 200);
  const binary = await send(port, '/rainbow/message/1/', json, Uint8Array.of(0xff));
  t.is(binary.status, 500);
  t.regex(binary.body.toString(), /was read before Rainbow got it/);
});

test('Node’s own listener takes a body that was read as bytes or text, and says so where it was parsed', async (t) => {
  const listener = toNodeListener(make({on: {1: ({text}) => `got ${text()}`}}));
  const read = async (incoming: IncomingMessage): Promise<Buffer> => Buffer.concat(await incoming.toArray());
  for (const [take, status, text] of [
    [async (incoming: IncomingMessage) => await read(incoming), 200, 'got x'],
    [async (incoming: IncomingMessage) => (await read(incoming)).toString(), 200, 'got x'],
    [async (incoming: IncomingMessage) => ({parsed: await read(incoming)}), 500, /mount Rainbow before/],
  ] as const) {
    const server = createServer((incoming, outgoing) => {
      void take(incoming).then((body) => listener(Object.assign(incoming, {body}), outgoing));
    });
    const port = await listen(t, server);
    const answer = await send(port, '/message/1/', json, Buffer.from('x'));
    t.is(answer.status, status);
    if (typeof text === 'string') t.is(answer.body.toString(), text);
    else t.regex(answer.body.toString(), text);
  }
});

test('what no web Request can be is answered 400, and the server goes on', async (t) => {
  const port = await listen(t, createServer(toNodeListener(make({on: {1: () => 'on'}}))));
  const status = await new Promise<number | undefined>((resolve, reject) => {
    httpRequest({port, method: 'TRACE', path: '/message/1/', agent: false})
      .on('error', reject)
      .on('response', (response) => resolve(response.resume().statusCode))
      .end();
  });
  t.is(status, 400);
  t.is((await send(port, '/message/1/', json, Buffer.from('x'))).body.toString(), 'on');
});

test('a sender that breaks off half way affects no other call', async (t) => {
  const refused: string[] = [];
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const app = make({
    on: {1: () => 'on'},
    onRefused: ({code}) => {
      refused.push(code);
      tell();
    },
  });
  const port = await listen(t, createServer(toNodeListener(app)));
  const outgoing = httpRequest({
    port,
    method: 'POST',
    path: `/message/1/?${signed()}`,
    headers: {RAINBOWCLIENTIDENTITY: 'one', 'content-length': 10},
    agent: false,
  });
  outgoing.on('error', () => {});
  outgoing.write('12345', () => outgoing.destroy());
  await told;
  t.deepEqual(refused, ['RB_REQUEST_MALFORMED']);
  t.is((await send(port, '/message/1/', json, Buffer.from('x'))).body.toString(), 'on');
});
