// `rainbow send`, `sub` and `unsub` against a real gateway with real clients.

import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {success} from '../support/business-server.ts';
import {type Ended, type RunOptions, run, writeIn} from '../support/command.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import type {RawClient} from '../support/raw-client.ts';

interface Room {
  readonly harness: Harness;
  readonly client: RawClient;
  readonly identity: string;
  /** Runs `rainbow` against the gateway, with its token. */
  readonly rainbow: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
}

/** A gateway with one client in the channel `room`. */
async function room(t: ExecutionContext): Promise<Room> {
  const harness = await start(t, {retryIntervalMs: 60_000, apiKeys: ['key-of-the-tests-0123456789']});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const environment = {RAINBOW_SECURITY_TOKEN: securityToken, RAINBOW_URL: harness.gateway.url};
  return {
    harness,
    ...(await harness.join()),
    rainbow: (args, options = {}) => run(t, 'rainbow', args, {environment, ...options}),
  };
}

test('at QoS 0 a message is accepted', async (t) => {
  const {client, rainbow} = await room(t);
  const {code, stdout} = await rainbow(['send', 'room', 'hi', '--qos', '0', '--type', '7']);
  t.is(code, 0);
  t.regex(stdout, /^accepted \(message \S+\)\n$/);
  t.is(await client.packet(), 'SEND q0 type 7 "hi"');
});

test('who confirmed is counted, and the last reply is shown', async (t) => {
  const {client, rainbow} = await room(t);
  const sent = rainbow(['send', 'room', 'hi', '--qos', '1']);
  client.sendAnswer('ack', (await client.parsed()).id, 'got it\u001b[2J');
  const {code, stdout} = await sent;
  t.is(code, 0);
  // A client cannot steer the terminal.
  t.regex(stdout, /^1 client confirmed \(message \S+\)\nlast reply: got it\\u001b\[2J\n$/);
});

test('--replies shows every client with its reply', async (t) => {
  const {client, identity, rainbow} = await room(t);
  const sent = rainbow(['send', 'room', '--replies']);
  const packet = await client.parsed();
  t.like(packet, {command: 'send', qos: 2, type: 1, payload: Buffer.alloc(0)});
  client.sendAnswer('rec', packet.id, Buffer.from([0xff]));
  const {code, stdout} = await sent;
  t.is(code, 0);
  t.is(stdout.split('\n')[1], `${identity}  base64 /w==`);
});

test('--json prints the answer of the gateway', async (t) => {
  const {rainbow} = await room(t);
  const {code, stdout} = await rainbow(['send', 'unknown', 'hi', '--json']);
  t.is(code, 0);
  t.like(JSON.parse(stdout), {status: 0, connections: 0, data: ''});
});

test('the payload comes from a file, from standard input, or in hexadecimal', async (t) => {
  const {client, rainbow} = await room(t);
  const file = await writeIn(t, 'payload', 'of a file');
  const ways: readonly (readonly [readonly string[], string, string?])[] = [
    [['--file', file], 'of a file'],
    [['-'], 'of the input', 'of the input'],
    [['--hex', '7a 7B'], 'z{'],
    [['--hex', '-'], 'z{', '7a7b\n'],
  ];
  for (const [args, payload, input = ''] of ways) {
    const {code, stderr} = await rainbow(['send', 'room', '--qos', '0', ...args], {input});
    t.is(code, 0, stderr);
    t.is((await client.parsed()).payload.toString(), payload);
  }
});

test('--identity sends to one client', async (t) => {
  const {client, identity, rainbow} = await room(t);
  const {code} = await rainbow(['send', '--identity', identity, 'only you', '--qos', '0']);
  t.is(code, 0);
  t.is((await client.parsed()).payload.toString(), 'only you');
});

test('--user, --broadcast and --except say who gets it', async (t) => {
  const {harness, client, identity, rainbow} = await room(t);
  harness.business.always('connect', success({}, {identity: 'a,b', user: 'ann'}));
  const {client: ann} = await harness.join();
  t.is((await rainbow(['send', '--user', 'ann', 'to ann', '-q', '0'])).code, 0);
  t.is(await ann.packet(), 'SEND q0 "to ann"');
  t.is((await rainbow(['send', '--broadcast', 'to one', '-q', '0', '--except', 'a,b'])).code, 0);
  t.is((await rainbow(['send', '--broadcast', 'to the other', '-q', '0', '--except', identity])).code, 0);
  t.is(await client.packet(), 'SEND q0 "to one"');
  t.is(await ann.packet(), 'SEND q0 "to the other"');
  const {code, stderr} = await rainbow(['send']);
  t.is(code, 2);
  t.regex(stderr, /expected a CHANNEL, --identity ID, --user USER or --broadcast/);
});

test('--want ends with the first reply, --stream and --detail show each as it comes, --reduce makes one value', async (t) => {
  const {harness, client, identity, rainbow} = await room(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity: 'silent'}));
  await harness.join();
  const sent = rainbow(['send', 'room', '-q', '1', '--want', '1', '--stream', '--detail', '--reduce', 'list']);
  client.sendAnswer('ack', (await client.parsed()).id, '{"n":1}');
  const {code, stdout, stderr} = await sent;
  t.is(code, 0, stderr);
  const lines = stdout.split('\n');
  t.regex(lines[0] ?? '', new RegExp(`^${identity}  confirmed after \\d+ ms  \\{"n":1\\}$`));
  t.true(
    lines.some((line) => /^silent {2}open after \d+ ms$/.test(line)),
    stdout,
  );
  t.regex(stdout, /^1 client confirmed \(message \S+\)\n1 wanted: reached\nreduced: \[\{"n":1\}\]$/m);
  const detailed = rainbow(['send', 'room', '-q', '1', '--want', '1', '--detail']);
  client.sendAnswer('ack', (await client.parsed()).id, 'x');
  t.regex((await detailed).stdout, /^silent {2}open after/m);
});

test('what no send can ask for is refused as usage, and what the gateway refuses is said', async (t) => {
  const {rainbow} = await room(t);
  for (const args of [
    ['--want', '0'],
    ['--reduce', 'sum'],
    ['--ttl', 'soon'],
  ]) {
    t.is((await rainbow(['send', 'room', ...args])).code, 2, args.join(' '));
  }
  const {code, stderr} = await rainbow(['send', 'room', '-q', '0', '--want', '1', '--stream']);
  t.is(code, 1);
  t.regex(stderr, /RB_PARAMETERS/);
});

test('a named client that is not connected is a failure, an empty channel is not', async (t) => {
  const {gateway} = await start(t);
  const target = ['--url', gateway.url, '--token', securityToken];
  const nobody = await run(t, 'rainbow', ['send', '-i', 'nosuch', 'hi', ...target]);
  t.is(nobody.code, 1);
  t.regex(nobody.stdout, /^0 clients confirmed/);
  t.is((await run(t, 'rainbow', ['send', '-i', 'nosuch', 'hi', '--json', ...target])).code, 1);
  t.is((await run(t, 'rainbow', ['send', 'empty', 'hi', ...target])).code, 0);
});

test('a gateway on a port that fetch refuses is called all the same', async (t) => {
  const port = await freeBadPort();
  const {gateway} = await start(t, {port});
  await t.throwsAsync(fetch(gateway.url), {message: 'fetch failed'});
  const target = ['--url', gateway.url, '--token', securityToken];
  const {code, stderr} = await run(t, 'rainbow', ['send', 'room', 'hi', ...target]);
  t.is(code, 0, stderr);
  const checked = await run(t, 'rainbow', ['check', ...target]);
  t.is(checked.code, 0, checked.stdout);
});

/** One of the list in the Fetch standard on which nothing listens here. */
async function freeBadPort(): Promise<number> {
  for (const port of [6000, 6566, 6667, 6697, 10_080]) {
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('Expected a free port');
}

test('no confirmation in time is a failure, with the id by which the message can be traced', async (t) => {
  const {client, rainbow} = await room(t);
  const sent = rainbow(['send', 'room', 'hi', '--timeout', '0.2']);
  await client.parsed();
  const {code, stdout, stderr} = await sent;
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /^rainbow: timeout \(RB_TIMEOUT\), message p[0-9a-f]+\n$/);
});

test('a wrong token is refused, with the reason', async (t) => {
  const {rainbow} = await room(t);
  const {code, stderr} = await rainbow(['send', 'room', 'hi', '--token', 'another-token']);
  t.is(code, 1);
  t.regex(stderr, /^rainbow: signature error \(RB_SIGNATURE\)/);
  const asJson = await rainbow(['send', 'room', 'hi', '--token', 'another-token', '--json']);
  t.is(asJson.code, 1);
  t.like(JSON.parse(asJson.stdout), {status: 1, msg: 'signature error', code: 'RB_SIGNATURE'});
});

test('a key takes the place of a signature', async (t) => {
  const {rainbow} = await room(t);
  const {code, stdout} = await rainbow(['send', 'unknown', '--api-key', 'key-of-the-tests-0123456789']);
  t.is(code, 0);
  t.regex(stdout, /^0 clients confirmed/);
  t.is((await rainbow(['send', 'unknown', '--api-key', 'not-the-key-0123456789-0123'])).code, 1);
});

test('sub puts a client into a channel, unsub takes it out', async (t) => {
  const {client, identity, rainbow} = await room(t);
  t.like(await rainbow(['sub', identity, 'other']), {code: 0, stdout: `${identity} is in other now\n`});
  await rainbow(['send', 'other', 'hi', '--qos', '0']);
  t.is((await client.parsed()).payload.toString(), 'hi');
  t.like(await rainbow(['unsub', identity, 'other', '--json']), {code: 0, stdout: '{"status":0}\n'});
  t.regex((await rainbow(['send', 'other', 'hi'])).stdout, /^0 clients confirmed/);
});

test('sub --occupy takes every other client out', async (t) => {
  const {harness, identity, rainbow} = await room(t);
  await harness.join();
  t.like(await rainbow(['sub', identity, 'room', '--occupy']), {code: 0, stdout: `${identity} is in room now alone\n`});
  t.is((await rainbow(['sub', 'unknown', 'room'])).code, 1);
});

test('a gateway that is not there is a failure that says so', async (t) => {
  const {port, close} = await listen(t, () => {});
  await close();
  const {code, stderr} = await run(t, 'rainbow', ['send', 'room', 'hi', '--token', 'x', '-u', `127.0.0.1:${port}`]);
  t.is(code, 1);
  t.is(stderr, `rainbow: http://127.0.0.1:${port}: connection refused; nothing listens there\n`);
});

test('an answer that is not of Rainbow is a failure that says so', async (t) => {
  const {port} = await listen(t, (_request, response) => void response.writeHead(502).end('<html>'));
  const args = ['send', 'room', 'hi', '--token', 'x', '-u', `127.0.0.1:${port}`];
  const {code, stderr} = await run(t, 'rainbow', args);
  t.is(code, 1);
  t.is(stderr, "rainbow: expected an answer of Rainbow's API, got HTTP status 502 and something else\n");
  const asJson = await run(t, 'rainbow', [...args, '--json']);
  t.is(asJson.code, 1);
  t.like(JSON.parse(asJson.stdout), {status: 1});
});

test('what the gateway ignored is said on standard error, and in the JSON', async (t) => {
  const {port} = await listen(t, (_request, response) => response.end('{"status":0,"ignored":["b","a\\u001b[2J"]}'));
  const environment = {RAINBOW_SECURITY_TOKEN: securityToken, RAINBOW_URL: `http://127.0.0.1:${port}`};
  const plain = await run(t, 'rainbow', ['send', 'room', 'hi'], {environment});
  t.is(plain.code, 0);
  t.is(plain.stderr, 'rainbow: the gateway ignored b, a\\u001b[2J\n');
  const json = await run(t, 'rainbow', ['sub', 'ann', 'room', '--json'], {environment});
  t.is(json.stderr, '');
  t.deepEqual((JSON.parse(json.stdout) as {ignored?: unknown}).ignored, ['b', 'a\u001b[2J']);
});

async function listen(t: ExecutionContext, handle: RequestListener) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  t.teardown(close);
  return {port: (server.address() as AddressInfo).port, close};
}
