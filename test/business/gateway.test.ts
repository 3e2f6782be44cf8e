// The SDK in front of a real gateway, with real clients: both directions, end to end.

import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {type BusinessOptions, business, RainbowApi, toNodeListener} from '../../src/business/index.ts';
import type {GatewayOptions} from '../../src/gateway/config/options.ts';
import {Latch} from '../support/deadline.ts';
import {securityToken, start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import type {HandshakeOptions} from '../support/upgrade.ts';

type Options = Omit<BusinessOptions<{name: string; visits: number}>, 'token'>;

/** A gateway whose business server is made with the SDK. */
async function harness(t: ExecutionContext, options: Options, overrides: Partial<GatewayOptions> = {}) {
  const identities: string[] = [];
  const app = business<{name: string; visits: number}>({
    token: securityToken,
    ...options,
    connect(call) {
      identities.push(call.identity);
      return options.connect?.(call) ?? true;
    },
  });
  const server = createServer(toNodeListener(app));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rainbow`;
  const started = await start(t, {
    connectUrl: `${url}/connect/`,
    forwardUrl: `${url}/message/{message_type}/`,
    closeUrl: `${url}/close/`,
    ...overrides,
  });
  const {gateway} = started;
  return {
    gateway,
    identities,
    api: new RainbowApi({url: gateway.url, token: securityToken}),
    connect: (handshake?: HandshakeOptions) => started.connect(handshake),
    handshake: () => started.handshake(),
  };
}

test('a client is admitted, its messages are answered in their acknowledgements, and its context comes along', async (t) => {
  const gone = Promise.withResolvers<unknown>();
  const {connect} = await harness(t, {
    connect({context, header, channels}) {
      context.name = header('name') ?? '';
      channels.join('lobby');
      return true;
    },
    on: {
      7({context, json}) {
        context.visits = (context.visits ?? 0) + 1;
        return {name: context.name, visits: context.visits, data: json()};
      },
    },
    close: ({context}) => gone.resolve(context),
  });
  const client = await connect({path: '/connect/?name=%E7%8E%8B'});
  for (const id of [1, 2]) {
    client.sendMessage({qos: 1, type: 7, id, payload: '"hi"'});
    const {payload} = await client.parsed();
    t.deepEqual(JSON.parse(payload.toString()), {name: '王', visits: id, data: 'hi'});
  }
  client.sendClose(1000);
  t.deepEqual(await gone.promise, {name: '王', visits: 2});
});

test('a client that is refused gets 401, one whose call failed 503', async (t) => {
  const answers = [false, new Response(null, {status: 500})];
  const {handshake} = await harness(t, {connect: () => answers.shift() ?? true});
  t.is((await handshake()).answer.status, 401);
  t.is((await handshake()).answer.status, 503);
});

test('an identity of one’s own is the one to send to', async (t) => {
  const {connect, api} = await harness(t, {connect: () => ({identity: 'user-17'})});
  acknowledgeAll(await connect(), 'here');
  const {connections, replies} = await api.ask({identity: 'user-17'}, 1, 'where?');
  t.is(connections, 1);
  t.is(replies[0]?.identity, 'user-17');
  t.is(replies[0]?.text(), 'here');
});

test('send and ask reach every client of a channel, sub and unsub put clients in and out', async (t) => {
  const {connect, api, identities} = await harness(t, {
    connect({channels}) {
      channels.join('部屋');
      return true;
    },
  });
  acknowledgeAll(await connect(), 'one');
  acknowledgeAll(await connect(), Uint8Array.of(0xff));
  t.like(await api.send('部屋', 1, {a: 1}, {qos: 1}), {connections: 2, isTimedOut: false, refused: 0});
  const {replies} = await api.ask('部屋', 1);
  t.deepEqual(replies.map(({bytes}) => Buffer.from(bytes()).toString('latin1')).toSorted(), ['one', 'ÿ']);
  t.deepEqual(replies.map(({identity}) => identity).toSorted(), identities.toSorted());
  t.is((await api.send('unknown', 1)).connections, 0);
  t.is((await api.send('部屋', 1, '', {qos: 0})).connections, undefined);

  const [first = ''] = identities;
  await api.subscribe(first, 'news');
  t.is((await api.send('news', 1)).connections, 1);
  await api.unsubscribe(first, 'news');
  t.is((await api.send('news', 1)).connections, 0);
  await api.subscribe(first, '部屋', {occupy: true});
  t.is((await api.send('部屋', 1)).connections, 1);
  await t.throwsAsync(api.subscribe('unknown', 'news'), {code: 'RB_NO_SUCH_CONNECTION'});
  await api.unsubscribe('unknown', 'news');
});

test('a silent client is reported as a timeout, not as a failure [RB-62]', async (t) => {
  const {connect, api} = await harness(t, {
    connect({channels}) {
      channels.join('lobby');
      return true;
    },
  });
  await connect();
  t.like(await api.send('lobby', 1, 'hi', {timeoutMs: 50}), {connections: 0, isTimedOut: true});
  acknowledgeAll(await connect());
  t.like(await api.send('lobby', 1, 'hi', {timeoutMs: 500}), {connections: 1, isTimedOut: true});
});

test('a wrong token and a wrong key are reported by their codes', async (t) => {
  const {gateway} = await harness(t, {});
  const code = (options: {token: string} | {apiKey: string}) =>
    new RainbowApi({url: gateway.url, ...options}).send('lobby', 1).catch((error: {code?: unknown}) => error.code);
  t.is(await code({token: 'wrong'}), 'RB_SIGNATURE');
  t.is(await code({apiKey: 'wrong'}), 'RB_API_KEY');
});

test('a message whose answer came too late is processed once, and its repeat has the answer [RB-63]', async (t) => {
  const latch = new Latch();
  let runs = 0;
  const {connect, gateway} = await harness(
    t,
    {
      on: {
        async 1() {
          runs++;
          await latch.opened;
          return `run ${runs}`;
        },
      },
    },
    // Enough for the connect call, also on a busy machine.
    {callTimeoutMs: scaled(1_000)},
  );
  const client = await connect();
  client.sendMessage({qos: 2, type: 1, id: 5, payload: 'order'});
  // The gateway gives the call up, and the client hears nothing.
  while (gateway.counters.callsFailed === 0) await new Promise((resolve) => setImmediate(resolve));
  client.sendMessage({qos: 2, type: 1, id: 5, dup: true, payload: 'order'});
  latch.release();
  const rec = await client.parsed();
  t.like(rec, {command: 'rec', id: 5});
  t.is(rec.payload.toString(), 'run 1');
});

test('a message whose handler failed is processed again when it comes again', async (t) => {
  let runs = 0;
  const {connect, gateway} = await harness(t, {
    on: {
      1() {
        if (++runs === 1) throw new Error('no database');
        return 'done';
      },
    },
    onError: () => {},
  });
  const client = await connect();
  client.sendMessage({qos: 1, type: 1, id: 5});
  while (gateway.counters.callsFailed === 0) await new Promise((resolve) => setImmediate(resolve));
  client.sendMessage({qos: 1, type: 1, id: 5, dup: true});
  t.is((await client.parsed()).payload.toString(), 'done');
  t.is(runs, 2);
});
