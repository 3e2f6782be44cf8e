import {setImmediate as nextTurn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import fastify from 'fastify';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {HttpDrain} from '../../../src/gateway/http/http-drain.ts';
import {type ApiKit, bodyOf, openSocket, outcomeOf, readToEnd, startApi} from './api-harness.ts';

interface HeldCall {
  readonly answer: Promise<string>;
  readonly release: () => void;
}

/** A call that the router has taken and not answered, on a connection that would stay open. */
async function holdCall(t: ExecutionContext, {port, router, signature}: ApiKit): Promise<HeldCall> {
  const called = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<ReturnType<typeof outcomeOf>>();
  router.onPublish = () => {
    called.resolve();
    return outcome.promise;
  };
  const socket = await openSocket(t, port);
  const answer = readToEnd(socket);
  socket.write(`POST /send/?channel=a&${signature()} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx`);
  await called.promise;
  return {answer, release: () => outcome.resolve(outcomeOf({connections: 5}))};
}

/** Begins to close, and comes back when no new caller can connect; the end is in a list, or `await` would wait for it. */
async function beginClose({app}: ApiKit): Promise<Promise<void>[]> {
  const closed = app.close().then(() => undefined);
  while (app.server.listening) await nextTurn();
  return [closed];
}

test('closing answers the call under way, and then ends its connection', async (t) => {
  const api = await startApi(t);
  const call = await holdCall(t, api);
  const [closed] = await beginClose(api);
  call.release();
  const answer = await call.answer;
  t.regex(answer, /^HTTP\/1\.1 200 /);
  t.regex(answer, /\r\nconnection: close\r\n/i);
  t.is(bodyOf(answer).connections, 5);
  await closed;
});

test('closing stops listening at once, while a call is still under way', async (t) => {
  const api = await startApi(t);
  const call = await holdCall(t, api);
  const [closed] = await beginClose(api);
  await t.throwsAsync(() => fetch(`http://127.0.0.1:${api.port}/hello/`));
  call.release();
  await call.answer;
  await closed;
});

test('a call that comes while closing, on a connection that was there, is refused and may be made elsewhere', async (t) => {
  const api = await startApi(t);
  const call = await holdCall(t, api);
  // Half a request keeps this connection from being idle.
  const socket = await openSocket(t, api.port);
  const answer = readToEnd(socket);
  const query = `channel=a&${api.signature()}`;
  socket.write(`POST /send/?${query} HTTP/1.1\r\nHost: x\r\n`);
  await api.call('/hello/');
  const [closed] = await beginClose(api);
  socket.write('Content-Length: 1\r\n\r\nx');
  t.regex(await answer, /^HTTP\/1\.1 503 /);
  t.is(bodyOf(await answer).code, 'RB_STOPPING');
  t.is(api.router.published.length, 1);
  call.release();
  await call.answer;
  await closed;
});

test('closing waits neither for connections that never sent a request nor for half a one', async (t) => {
  const api = await startApi(t);
  const silent = await openSocket(t, api.port);
  const half = await openSocket(t, api.port);
  half.write('POST /send/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  const ends = Promise.all([readToEnd(silent), readToEnd(half)]);
  await api.call('/hello/');
  await api.app.close();
  await ends;
  t.pass();
});

test('closing gives a call that is never answered the grace of the configuration, and no more', async (t) => {
  const api = await startApi(t, {shutdownGraceMs: 1});
  const call = await holdCall(t, api);
  await api.app.close();
  t.is(await call.answer, '');
  // What comes after is ignored, and has no effect.
  call.release();
});

test('an API that never listened closes', async (t) => {
  const {app} = await startApi(t);
  await app.close();
  await t.notThrowsAsync(() => app.close());
});

test('the grace ends with the last call: what is left of the close is the flush alone', async (t) => {
  const clock = new SimulatedClock();
  const drain = new HttpDrain(clock, 10_000);
  const app = fastify();
  drain.install(app);
  drain.begin();
  drain.begin();
  const closed = app.close();
  while (clock.pendingCount === 0) await nextTurn();
  drain.end();
  t.is(clock.pendingCount, 1, 'one call is left');
  drain.end();
  t.is(clock.nextDueAt, 250);
  t.is(clock.pendingCount, 1);
  // One that comes late has no listener.
  drain.begin();
  drain.end();
  t.is(clock.pendingCount, 1);
  await closed;
});

test('calls that end before the close leave nothing to wait for', (t) => {
  const drain = new HttpDrain(new SimulatedClock(), 1_000);
  drain.begin();
  drain.end();
  t.false(drain.isClosing);
});
