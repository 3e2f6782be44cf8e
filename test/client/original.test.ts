// The client against a stand-in of the server of 2015, byte for byte.

import test, {type ExecutionContext} from 'ava';
import {Rainbow, type RainbowOptions} from '../../src/client/client.ts';
import {within} from '../support/deadline.ts';
import {codeOf} from './harness.ts';
import {startOriginal} from './original-server.ts';

async function makeWorld(t: ExecutionContext, options: RainbowOptions = {}) {
  const server = await startOriginal(t);
  const rainbow = new Rainbow({host: '127.0.0.1', port: server.port, backoffMinMs: 100, backoffMaxMs: 200, ...options});
  t.teardown(() => rainbow.fade());
  await within(rainbow.bloom(), 'the original to let the client in');
  return {server, rainbow, client: await server.clients.next()};
}

test('messages of each QoS pass up, and their answers down', async (t) => {
  const {server, rainbow} = await makeWorld(t);
  server.forward = (type, payload) => `[${type},${payload}]`;
  t.is(await rainbow.send(1, 'hi', {qos: 0}), undefined);
  t.is((await rainbow.send(2, 'hi', {qos: 1})).text(), '[2,hi]');
  t.deepEqual((await rainbow.send(3, {a: 1})).json(), [3, {a: 1}]);
  await rainbow.send(4, undefined, {qos: 1});
  t.deepEqual(server.log, [
    '> 1000016869',
    '> 12000200016869',
    '< 2000015b322c68695d',
    '> 14000300027b2261223a317d',
    '< 3000025b332c7b2261223a317d5d',
    '> 400002',
    '< 500002',
    '> 1200040003',
    '< 2000035b342c5d',
  ]);
});

test("messages pass down, each QoS acknowledged with the handler's answer, repeats recognised at QoS 2", async (t) => {
  const {server, rainbow, client} = await makeWorld(t);
  const seen: unknown[] = [];
  rainbow.onMessage((type, data) => {
    seen.push([type, data.json()]);
    return 'ok';
  });
  t.is(await client.send(1001, 1, '"one"'), 'ok');
  t.is(await client.send(1002, 2, '"two"', 2), 'ok');
  // Answered in order: what came before has been answered as well.
  t.is(await client.send(1003, 1, ''), 'ok');
  t.deepEqual(seen, [
    [1001, 'one'],
    [1002, 'two'],
    [1003, undefined],
  ]);
  t.deepEqual(server.log, [
    '< 1203e90001226f6e6522',
    '> 2000016f6b',
    '< 1403ea00022274776f22',
    '< 1c03ea00022274776f22',
    '> 3000026f6b',
    '< 400002',
    '> 3000026f6b',
    '< 400002',
    '< 1203eb0003',
    '> 500002',
    '> 500002',
    '> 2000036f6b',
  ]);
});

test('a failed call is met with silence, and the repeat with the answer', async (t) => {
  const {server, rainbow} = await makeWorld(t, {retryIntervalMs: 100});
  const answers = [undefined, '"yes"'];
  server.forward = () => answers.shift();
  t.is((await rainbow.send(1, 0)).json(), 'yes');
  t.deepEqual(server.log.slice(0, 3), ['> 140001000130', '> 1c0001000130', '< 3000012279657322']);
});

test('a lost REC, which the original never sends again, leaves the message unanswered and says so', async (t) => {
  const {server, rainbow} = await makeWorld(t, {retryIntervalMs: 100});
  server.lost = ['30'];
  const error = await t.throwsAsync(rainbow.send(1, 0, {timeout: 1_000}), {code: 'RB_UNANSWERED'});
  t.like(error, {mayHaveArrived: true});
  t.deepEqual(server.forwarded, ['1 0']);
  // What follows is not harmed.
  t.is((await rainbow.send(2, 0)).json(), undefined);
});

test('its silence is no death: a REL for nothing is answered, so that the connection stays', async (t) => {
  const {server, rainbow} = await makeWorld(t, {heartbeatMs: 100});
  const {promise, resolve} = Promise.withResolvers<void>();
  let signs = 0;
  rainbow.on('state', ({state, former}) => {
    if (former === 'open.awaitingSign' && state === 'open.fresh' && ++signs === 3) resolve();
  });
  await within(promise, 'three signs of life');
  t.deepEqual(server.log.slice(0, 2), ['> 40ffff', '< 50ffff']);
  t.true(rainbow.isOpen);
});

test('junk and a close without a status are survived', async (t) => {
  const {server, rainbow, client} = await makeWorld(t);
  for (const bytes of ['00', '60', 'f0ff', '20', '1200', '160001']) client.write(Buffer.from(bytes, 'hex'));
  await rainbow.send(1, 0);
  const closes: number[] = [];
  rainbow.on('closed', ({code}) => closes.push(code));
  client.end();
  await within(server.clients.next(), 'the client to come again');
  t.deepEqual(closes, [1005]);
  t.is(await codeOf(rainbow.send(1, 0)), 'answered {}');
});
