import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {WebSocketServer} from 'ws';
import {startOwnGateway} from '../../src/cli/conformance/own-gateway.ts';
import {asyncapiDocument} from '../../src/gateway/documents/asyncapi-document.ts';
import {openapiDocument} from '../../src/gateway/documents/openapi-document.ts';
import {protocolDocument} from '../../src/gateway/documents/protocol-document.ts';
import {signedQuery} from '../../src/protocol/signature.ts';
import {type Ended, projectPath, runScript} from '../support/command.ts';
import {holdPort} from '../support/ports.ts';
import {CommandHost} from './command-host.ts';
import {startRelay} from './conformance-relay.ts';

const host = new CommandHost();
test.after.always('the commands end', () => host.end());

/** What only prints needs no process of its own. */
async function run(t: ExecutionContext, ...args: string[]): Promise<Ended> {
  if (args[0] === 'protocol') return await host.run(args, {});
  return await runScript(t, projectPath('test/cli/proof-commands.ts'), args);
}

test('rainbow protocol --json prints the protocol document', async (t) => {
  const {code, stdout, stderr} = await run(t, 'protocol', '--json');
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), protocolDocument());
});

test('rainbow protocol --openapi and --asyncapi print those documents', async (t) => {
  const openapi = await run(t, 'protocol', '--openapi');
  t.is(openapi.code, 0, openapi.stderr);
  t.deepEqual<unknown, unknown>(JSON.parse(openapi.stdout), JSON.parse(JSON.stringify(openapiDocument())));
  const asyncapi = await run(t, 'protocol', '--asyncapi');
  t.is(asyncapi.code, 0, asyncapi.stderr);
  t.deepEqual<unknown, unknown>(JSON.parse(asyncapi.stdout), JSON.parse(JSON.stringify(asyncapiDocument())));
});

test('rainbow protocol prints packets, charts, rules and codes for people', async (t) => {
  const {code, stdout} = await run(t, 'protocol');
  t.is(code, 0);
  t.regex(stdout, /^ {2}1 {2}SEND {2}type:2, id:2 \(qos > 0\), payload +12000100076869$/m);
  t.regex(stdout, /^ {2}awaitingRec +wire\.rec +awaitingCom +RB-17 +confirm, sendRel$/m);
  t.regex(stdout, /^ {2}RB-65 \(v2\) /m);
});

test('rainbow conformance --self plays every vector, and --json prints the report as JSON', async (t) => {
  const {code, stdout, stderr} = await run(t, 'conformance', '--self', '--json');
  t.is(code, 0, stdout + stderr);
  t.like(JSON.parse(stdout), {ok: true, failures: []});
});

test('rainbow conformance exits with 1 if there is no such server', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/connect/`;
  const {code, stderr} = await run(t, 'conformance', url, '--business', String(await holdPort(t)));
  t.is(code, 1);
  t.regex(stderr, /^rainbow: cannot connect: /);
});

test('rainbow conformance names another token as the fault at once', async (t) => {
  const business = String(await holdPort(t));
  const {gateway} = await startOwnGateway(Number(business));
  t.teardown(() => gateway.close());
  const url = `${gateway.url.replace(/^http/, 'ws')}/connect/`;
  const {code, stderr} = await run(t, 'conformance', url, '--business', business, '--token', 'another-token');
  t.is(code, 1);
  t.is(stderr, 'rainbow: the server signs its calls with another token than that of --token\n');
});

test('rainbow conformance names a server that signs well and refuses our signatures', async (t) => {
  const business = await holdPort(t);
  const token = 'token-of-one-direction';
  const server = createServer((_request, response) => {
    response.writeHead(401).end('{"status":1,"msg":"signature error","code":"RB_SIGNATURE"}');
  });
  const sockets = new WebSocketServer({noServer: true});
  server.on('upgrade', (request, socket, head) => {
    const query = signedQuery(token, Date.now(), '1984');
    const headers = {'x-deviceid': String(request.headers['x-deviceid'])};
    void fetch(`http://127.0.0.1:${business}/connect/?${query}`, {headers}).then(() => {
      sockets.handleUpgrade(request, socket, head, () => {});
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
  const {port} = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/connect/`;
  const {code, stderr} = await run(t, 'conformance', url, '--business', String(business), '--token', token);
  t.is(code, 1);
  t.is(stderr, 'rainbow: the server refuses calls that are signed with the token of --token\n');
});

test('rainbow conformance exits with 1 if a single packet of the server is another, or one too many', async (t) => {
  const business = await holdPort(t);
  const {gateway, token} = await startOwnGateway(business);
  const acks = {count: 0};
  const url = await startRelay(t, gateway.url, (packet, pass) => {
    const isAck = packet[0] === 0x20 && packet.length > 3;
    if (isAck) acks.count++;
    // The first reply is changed in its last bit; of another one there are two.
    const place = packet.length - 1;
    pass(isAck && acks.count === 1 ? packet.with(place, (packet[place] ?? 0) ^ 1) : packet);
    if (isAck && acks.count === 10) pass(packet);
  });
  // Before the relay.
  t.teardown(() => gateway.close());
  const {code, stdout, stderr} = await run(
    t,
    'conformance',
    url,
    '--business',
    String(business),
    '--token',
    token,
    '--retry',
    '0.5',
  );
  t.is(code, 1, stdout + stderr);
  t.regex(stdout, /^vectors: \d+ \(.*\); 2 failed$/m);
});

for (const [args, message] of [
  [['protocol', '--openapi', '--asyncapi'], /expected --openapi or --asyncapi, got both/],
  [['conformance'], /expected the URL of a server, or --self/],
  [['conformance', '--self', 'ws://127.0.0.1:1/'], /expected a URL or --self, got both/],
  [['conformance', 'http://127.0.0.1:1/'], /expected a ws or wss URL/],
  [['conformance', 'ws://127.0.0.1:1/', '--business', '0'], /Expected a port/],
  [['conformance', 'ws://127.0.0.1:1/', '--retry', 'soon'], /Expected seconds/],
] as const) {
  test(`rainbow ${args.join(' ')} is a usage error`, async (t) => {
    const {code, stderr} = await run(t, ...args);
    t.is(code, 2);
    t.regex(stderr, message);
  });
}
