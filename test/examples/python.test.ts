// examples/python/business.py in front of a real gateway.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {startGateway} from '../../src/gateway/gateway.ts';
import {callbackNonce, signedQuery} from '../../src/protocol/signature.ts';
import {holdPort} from '../support/ports.ts';
import {testWith} from '../support/programs.ts';
import {connectClient, gatewayOptions, token} from './chat-harness.ts';
import {startFakeGateway} from './fake-gateway.ts';
import {pythonFile, startPython} from './python-server.ts';

function signed(nonce: number): string {
  return signedQuery(token, Date.now(), callbackNonce(nonce));
}

test('the business server in Python has less than 80 lines', (t) => {
  t.true(readFileSync(pythonFile, 'utf8').trimEnd().split('\n').length < 80);
});

const pythonTest = testWith('python3');

pythonTest('the server in Python admits clients and passes on what they say', async (t) => {
  const port = await holdPort(t);
  const gateway = await startGateway(gatewayOptions(port));
  t.teardown(() => gateway.close());
  t.is(await startPython(t, gateway.url, {port}), port);
  // Before its business server, which takes the close calls.
  t.teardown(() => gateway.close());
  const ann = await connectClient(t, gateway, 'ann');
  const bob = await connectClient(t, gateway, 'bob');
  const answer = (await ann.ask(7, {text: 'hello'})) as {readonly connections: number};
  t.is(answer.connections, 2);
  t.deepEqual(await ann.heard(), {text: 'hello'});
  t.deepEqual(await bob.heard(), {text: 'hello'});
});

pythonTest('the server in Python refuses a call that is not signed, or not now', async (t) => {
  const gateway = await startFakeGateway(t);
  const port = await startPython(t, gateway.url);
  const stale = signedQuery(token, Date.now() - 11_000, '1');
  for (const query of ['', 'timestamp=x&nonce=2&signature=%C3%A4', signed(1).slice(0, -1), stale]) {
    for (const [path, init] of [['connect/'], ['close/'], ['message/7/', {method: 'POST', body: '{}'}]] as const) {
      t.is((await fetch(`http://127.0.0.1:${port}/${path}?${query}`, init)).status, 403, query);
    }
  }
  t.deepEqual(gateway.calls, []);
});

pythonTest(
  'the server in Python sends a repeated message once, and answers it as before; one that failed may come again [RB-63]',
  async (t) => {
    const gateway = await startFakeGateway(t);
    const port = await startPython(t, gateway.url);
    const say = async (message: string, nonce: number) => {
      const init = {method: 'POST', headers: {RAINBOWMESSAGEID: message}, body: 'hi'};
      const response = await fetch(`http://127.0.0.1:${port}/message/7/?${signed(nonce)}`, init);
      return {status: response.status, text: await response.text()};
    };
    const first = await say('m1', 1);
    t.is(first.status, 200);
    gateway.answer = {status: 0, connections: 9, data: ''};
    t.deepEqual(await say('m1', 2), first);
    t.is(gateway.calls.length, 1);
    // Without an id, as from the gateway of 2015, never a repeat.
    for (const nonce of [5, 6]) t.is((await say('', nonce)).status, 200);
    t.is(gateway.calls.length, 3);

    const lost = await startPython(t, `http://127.0.0.1:${await holdPort(t)}`);
    const init = {method: 'POST', headers: {RAINBOWMESSAGEID: 'm1'}, body: 'hi'};
    for (const nonce of [3, 4])
      t.is((await fetch(`http://127.0.0.1:${lost}/message/7/?${signed(nonce)}`, init)).status, 503);
  },
);
