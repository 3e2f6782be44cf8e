import test from 'ava';
import {RainbowError} from '../../../src/core/errors.ts';
import {openSocket, outcomeOf, startApi} from './api-harness.ts';

test('a caller that leaves before its answer affects no other caller', async (t) => {
  const {port, post, router, signature, logLines} = await startApi(t);
  const called = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<ReturnType<typeof outcomeOf>>();
  router.onPublish = () => {
    called.resolve();
    return outcome.promise;
  };
  const socket = await openSocket(t, port);
  socket.write(`POST /send/?channel=room&${signature()} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
  await called.promise;
  socket.destroy();
  outcome.resolve(outcomeOf({connections: 1}));
  t.is((await post('/send/?channel=room', 'next')).status, 200);
  t.deepEqual(logLines, []);
});

test('a refusal of the router keeps its code, also without its class', async (t) => {
  const {post, router, logLines} = await startApi(t);
  router.onPublish = () => Promise.reject(new RainbowError('RB_OVERLOADED', 'Expected room in a queue'));
  const answer = await post('/send/?channel=room', 'x');
  t.is(answer.status, 503);
  t.like(answer.json, {status: 1, msg: 'overloaded', code: 'RB_OVERLOADED', detail: 'Expected room in a queue'});
  // As it comes from another thread.
  router.onPublish = () => Promise.reject(Object.assign(new Error('x'), {code: 'RB_STOPPING'}));
  t.is((await post('/send/?channel=room', 'x')).json.code, 'RB_STOPPING');
  t.deepEqual(logLines, []);
});

test('a failure of our own is answered 500 and logged without payload or secret', async (t) => {
  const {post, router, logLines, counters} = await startApi(t);
  router.onPublish = () => Promise.reject(new TypeError('Expected a channel actor'));
  const answer = await post('/send/?channel=room', 'the-payload');
  t.is(answer.status, 500);
  t.is(answer.text, '{"status":1,"msg":"internal error","code":"RB_INTERNAL"}');
  t.is(counters.apiErrors, 1);
  t.is(logLines.length, 1);
  const line = JSON.parse(logLines[0] ?? '');
  t.like(line, {msg: 'api.failed', path: '/send/', method: 'POST', error: {name: 'TypeError'}});
  t.notRegex(logLines.join(''), /the-payload|signature=|nonce|tokentoken/);
});

for (const error of [undefined, null, 'text', {code: 7}, {code: 'toString'}, {code: 'ECONNRESET'}]) {
  test(`a rejection with ${JSON.stringify(error) ?? 'nothing'} is a failure of our own`, async (t) => {
    const {post, router} = await startApi(t);
    router.onPublish = () => Promise.reject(error);
    t.is((await post('/send/?channel=room', 'x')).json.code, 'RB_INTERNAL');
  });
}

test('a router that throws instead of rejecting is answered 500 as well', async (t) => {
  const {post, router, logLines} = await startApi(t);
  router.onPublish = () => {
    throw new Error('Expected no throw');
  };
  t.is((await post('/send/?channel=room', 'x')).json.code, 'RB_INTERNAL');
  t.is(logLines.length, 1);
});

test('an outcome that cannot be written is answered 500 as well', async (t) => {
  const {post, router} = await startApi(t);
  router.onPublish = async () => ({...outcomeOf({}), replies: undefined as never});
  t.is((await post('/send/?channel=room&replies=all', 'x')).json.code, 'RB_INTERNAL');
});
