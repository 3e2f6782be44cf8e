// `rainbow check`: what it finds right, and how it names what is wrong.

import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {run} from '../support/command.ts';
import {securityToken, start} from '../support/gateway.ts';

const environment = {RAINBOW_SECURITY_TOKEN: securityToken};

test('a gateway with the same token and clock is found right', async (t) => {
  const {gateway} = await start(t);
  const {code, stdout} = await run(t, 'rainbow', ['check', gateway.url], {environment});
  t.is(code, 0, stdout);
  t.regex(stdout, /^ok {4}gateway {6}http:\S+ answers in \d+ ms\nok {4}credentials {2}the token is the gateway's, and/);
});

test('another token is named as the fault', async (t) => {
  const {gateway} = await start(t);
  const {code, stdout} = await run(t, 'rainbow', ['check', '--url', gateway.url, '--token', 'another-token']);
  t.is(code, 1);
  t.regex(stdout, /^FAIL {2}credentials {2}the token is not the gateway's: signature error \(RB_SIGNATURE\)/m);
});

test('a clock that differs is named as the fault, with the difference', async (t) => {
  const refusal = '{"status":1,"msg":"signature error","code":"RB_SIGNATURE_EXPIRED"}';
  const url = await listen(t, (request, response) => {
    response.setHeader('Date', new Date(Date.now() - 120_000).toUTCString());
    if (request.url === '/hello/') response.end('ok');
    else response.writeHead(401).end(refusal);
  });
  const {code, stdout} = await run(t, 'rainbow', ['check', url], {environment});
  t.is(code, 1);
  t.regex(
    stdout,
    /^FAIL {2}credentials {2}the clocks differ .*this machine's is about 12[0-9] s ahead of the gateway's/m,
  );
});

test('what is no gateway is named as such', async (t) => {
  const url = await listen(t, (_request, response) => void response.end('welcome'));
  const {code, stdout} = await run(t, 'rainbow', ['check', url], {environment});
  t.is(code, 1);
  t.regex(
    stdout,
    /^FAIL {2}gateway {6}http:\S+\/hello\/ answers with HTTP status 200 instead of ok: not a Rainbow gateway\? Correct the host and port\.\n$/,
  );
});

async function listen(t: ExecutionContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
