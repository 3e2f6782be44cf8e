// What the pool itself promises: batches that wait for no other batch, bounds, exactly one answer whatever dies, a
// clean end.

import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {promisify} from 'node:util';
import type {Worker} from 'node:worker_threads';
import test from 'ava';
import {createUpstreamPool} from '../../src/upstream/upstream-pool.ts';
import {Latch} from '../support/deadline.ts';
import {bodyText, closeCall, listenHttp, messageCall, outcome, settingsOf, startHarness} from './harness.ts';

/** Runs `start` and returns the worker that it started. Only for serial tests: others would start workers meanwhile. */
async function withWorkers<Started>(start: () => Started): Promise<{started: Started; workers: Worker[]}> {
  const workers: Worker[] = [];
  const take = (worker: Worker): void => void workers.push(worker);
  process.on('worker', take);
  const started = start();
  // Node announces a worker in a tick of its own.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('worker', take);
  return {started, workers};
}

test.serial('a worker that dies fails its open calls as stopped, answers nothing twice, and is replaced', async (t) => {
  const asked = new Latch();
  let seen = 0;
  const business = await listenHttp(t, (request, response) => {
    if (request.url?.startsWith('/message/2/') === true) response.end('quick');
    else if (++seen === 10) asked.release();
  });
  const failures: string[] = [];
  const {started: harness, workers} = await withWorkers(() =>
    startHarness(t, settingsOf(business.url), {onWorkerFailure: ({message}) => failures.push(message)}),
  );
  const hanging = [0, 1].map(() => harness.callAll(Array.from({length: 5}, () => messageCall({type: 1}))));
  t.is(bodyText(await harness.call(messageCall({type: 2}))), 'quick');
  await asked.opened;
  await workers[0]?.terminate();
  const answers = (await Promise.all(hanging)).flat();
  t.deepEqual(answers.map(outcome), Array<string>(10).fill('failed/stopped'));
  t.is(bodyText(await harness.call(messageCall({type: 2}))), 'quick');
  t.is(harness.answered(), 12);
  t.deepEqual(failures, ['an upstream worker ended']);
});

test.serial('who calls again at the very word that a worker died is served by its successor', async (t) => {
  const asked = new Latch();
  const business = await listenHttp(t, (request, response) => {
    if (request.url?.startsWith('/message/2/') === true) response.end('again');
    else asked.release();
  });
  const settings = settingsOf(business.url);
  const {started: pool, workers} = await withWorkers(() => createUpstreamPool({settings, workers: 1, callsMax: 10}));
  t.teardown(() => pool.close(0));
  const answers: string[] = [];
  const {promise: served, resolve} = Promise.withResolvers<void>();
  pool.onAnswers((told) => {
    answers.push(...told.map(outcome));
    if (answers.length === 1) pool.dispatch([messageCall({type: 2})]);
    else resolve();
  });
  pool.dispatch([messageCall({type: 1})]);
  await asked.opened;
  await workers[0]?.terminate();
  await served;
  t.deepEqual(answers, ['failed/stopped', 'accepted']);
});

test.serial('a worker that throws fails its open calls too, and an idle one that throws is reported', async (t) => {
  const asked = new Latch();
  const business = await listenHttp(t, (request, response) => {
    if (request.url?.startsWith('/message/2/') === true) response.end('quick');
    else asked.release();
  });
  const failed: (() => void)[] = [];
  const failures: Error[] = [];
  const {started: harness, workers} = await withWorkers(() =>
    startHarness(t, settingsOf(business.url), {
      onWorkerFailure: (error) => {
        failures.push(error);
        failed.shift()?.();
      },
    }),
  );
  const hanging = harness.call(messageCall({type: 1}));
  await asked.opened;
  const replaced = await withWorkers(async () => {
    // Piscina's own protocol knows no such message: its worker throws.
    workers[0]?.postMessage({port: undefined, filename: undefined});
    return await hanging;
  });
  t.is(outcome(await replaced.started), 'failed/stopped');
  t.is(bodyText(await harness.call(messageCall({type: 2}))), 'quick');
  t.is(failures.length, 1);
});

test.serial('calls are answered where no worker gets as far as to start, and made once one does', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end('at last'));
  const ended: Promise<unknown>[] = [];
  const end = (worker: Worker): void => void ended.push(worker.terminate());
  process.on('worker', end);
  const harness = startHarness(t, settingsOf(business.url));
  const answers = [harness.call(messageCall()), harness.call(messageCall())];
  t.deepEqual((await Promise.all(answers)).map(outcome), ['failed/stopped', 'failed/stopped']);
  answers.push(harness.call(messageCall()));
  t.deepEqual((await Promise.all(answers)).map(outcome), Array<string>(3).fill('failed/stopped'));
  process.off('worker', end);
  await Promise.all(ended);
  t.is(bodyText(await harness.call(messageCall())), 'at last');
  t.is(harness.answered(), 4);
});

test.serial('a worker whose successor never starts holds back only its own calls', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end('served'));
  const {started: harness, workers} = await withWorkers(() => startHarness(t, settingsOf(business.url), {workers: 2}));
  const ask = async (): Promise<string[]> => {
    const answers = await harness.callAll([messageCall(), messageCall()]);
    return answers.map((answer) => outcome(answer)).toSorted();
  };
  t.deepEqual(await ask(), ['accepted', 'accepted']);
  const ended: Promise<unknown>[] = [];
  const end = (worker: Worker): void => void ended.push(worker.terminate());
  process.on('worker', end);
  await workers[0]?.terminate();
  t.deepEqual(await ask(), ['accepted', 'failed/stopped']);
  process.off('worker', end);
  await Promise.all(ended);
  t.deepEqual(await ask(), ['accepted', 'accepted']);
});

test('an answer that is slow holds back no other of its batch', async (t) => {
  const latch = new Latch();
  const business = await listenHttp(t, async (request, response) => {
    if (request.url?.startsWith('/message/1/') === true) await latch.opened;
    response.end('done');
  });
  const harness = startHarness(t, settingsOf(business.url));
  const slow = messageCall({type: 1});
  const quick = Array.from({length: 50}, () => messageCall({type: 2}));
  const slowAnswer = {isHere: false};
  const waiting = harness.callAll([slow]).then((answers) => {
    slowAnswer.isHere = true;
    return answers;
  });
  const answers = await harness.callAll(quick);
  t.true(answers.every((answer) => answer.kind === 'accepted'));
  t.false(slowAnswer.isHere);
  latch.release();
  t.is(outcome((await waiting)[0] ?? t.fail()), 'accepted');
});

test('one slow call in each of two hundred batches holds back no other batch', async (t) => {
  const latch = new Latch();
  const business = await listenHttp(t, async (request, response) => {
    if (request.url?.startsWith('/message/1/') === true) await latch.opened;
    response.end();
  });
  const harness = startHarness(t, settingsOf(business.url, {socketsMax: 300, callTimeoutMs: 60_000}));
  const slow: Promise<unknown>[] = [];
  for (let batch = 0; batch < 200; batch++) {
    slow.push(harness.call(messageCall({type: 1})));
    t.is(outcome(await harness.call(messageCall({type: 2}))), 'accepted');
  }
  t.is(harness.answered(), 200);
  latch.release();
  await Promise.all(slow);
});

for (const workers of [1, 2]) {
  test(`ten thousand calls through ${workers} worker(s) are each answered once, with their own answer`, async (t) => {
    const business = await listenHttp(t, (request, response) => {
      response.end(request.headers.rainbowmessageid);
    });
    const harness = startHarness(t, settingsOf(business.url, {callTimeoutMs: 60_000}), {workers});
    const calls = Array.from({length: 10_000}, (_, index) => messageCall({message: `m${index}`, type: index}));
    const batches: Promise<string[]>[] = [];
    for (let start = 0; start < calls.length; start += 100) {
      batches.push(harness.callAll(calls.slice(start, start + 100)).then((answers) => answers.map(bodyText)));
    }
    const bodies = (await Promise.all(batches)).flat();
    t.deepEqual(
      bodies,
      calls.map(({message}) => message),
    );
    t.is(harness.answered(), 10_000);
    t.true(business.sockets.length <= 128 * workers);
  });
}

test('a batch is spread over the workers', async (t) => {
  const latch = new Latch();
  let seen = 0;
  const business = await listenHttp(t, async (_request, response) => {
    if (++seen === 3) latch.release();
    await latch.opened;
    response.end();
  });
  // One socket a worker: the server sees three calls at a time only where three workers have one each.
  const harness = startHarness(t, settingsOf(business.url, {socketsMax: 1}), {workers: 3});
  const answers = await harness.callAll([messageCall(), messageCall(), messageCall()]);
  t.deepEqual(answers.map(outcome), ['accepted', 'accepted', 'accepted']);
  t.is(business.sockets.length, 3);
});

test('calls beyond the bound are answered overloaded, not from within dispatch, and later ones go through', async (t) => {
  const latch = new Latch();
  const business = await listenHttp(t, async (_request, response) => {
    await latch.opened;
    response.end();
  });
  const harness = startHarness(t, settingsOf(business.url), {callsMax: 2});
  const first = harness.callAll([messageCall(), messageCall(), messageCall(), messageCall()]);
  t.is(harness.answered(), 0);
  t.is(outcome(await harness.call(messageCall())), 'failed/overloaded');
  t.is(harness.answered(), 3);
  latch.release();
  t.deepEqual((await first).map(outcome), ['accepted', 'accepted', 'failed/overloaded', 'failed/overloaded']);
  t.is(outcome(await harness.call(messageCall())), 'accepted');
});

test('calls one after another use one connection', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end());
  const harness = startHarness(t, settingsOf(business.url));
  for (let index = 0; index < 50; index++) await harness.call(messageCall());
  await harness.call(closeCall());
  t.is(business.sockets.length, 1);
});

test('no more connections than allowed are made, however many calls there are', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end());
  const harness = startHarness(t, settingsOf(business.url, {socketsMax: 4}));
  const answers = await harness.callAll(Array.from({length: 400}, () => messageCall()));
  t.true(answers.every(({kind}) => kind === 'accepted'));
  t.is(business.sockets.length, 4);
});

test('a connection that the server closed while it was idle is not used again', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end());
  const harness = startHarness(t, settingsOf(business.url));
  for (let index = 0; index < 5; index++) {
    t.is(outcome(await harness.call(messageCall())), 'accepted');
    const socket = business.sockets[index];
    business.server.closeIdleConnections();
    if (socket !== undefined && !socket.destroyed) await once(socket, 'close');
  }
  t.is(business.sockets.length, 5);
});

test('close lets the calls under way finish, and does not wait for its grace when they have', async (t) => {
  const asked = new Latch();
  const latch = new Latch();
  const business = await listenHttp(t, async (_request, response) => {
    asked.release();
    await latch.opened;
    response.end('finished');
  });
  const harness = startHarness(t, settingsOf(business.url));
  const answer = harness.call(messageCall());
  await asked.opened;
  const closing = harness.close(3_600_000);
  t.is(outcome(await harness.call(messageCall())), 'failed/stopped');
  latch.release();
  t.is(bodyText(await answer), 'finished');
  await closing;
});

test('close fails what does not finish within its grace, once, and can be called again', async (t) => {
  const asked = new Latch();
  const business = await listenHttp(t, () => asked.release());
  const harness = startHarness(t, settingsOf(business.url));
  const answers = harness.callAll([messageCall(), messageCall(), closeCall()]);
  await asked.opened;
  await Promise.all([harness.close(20), harness.close(3_600_000)]);
  t.deepEqual((await answers).map(outcome), Array<string>(3).fill('failed/stopped'));
  await harness.close(0);
  t.is(harness.answered(), 3);
});

test('close before a worker is even ready answers what it was given', async (t) => {
  const business = await listenHttp(t, () => {});
  const harness = startHarness(t, settingsOf(business.url));
  const answer = harness.call(messageCall());
  await harness.close(0);
  t.is(outcome(await answer), 'failed/stopped');
});

test('calls before a receiver, a second receiver, a number in use and settings of no use are errors of the caller', async (t) => {
  const business = await listenHttp(t, () => {});
  const pool = createUpstreamPool({settings: settingsOf(business.url), workers: 1, callsMax: 10});
  t.teardown(() => pool.close(0));
  const call = messageCall();
  t.throws(() => pool.dispatch([call]), {name: 'InvariantError'});
  pool.onAnswers(() => {});
  t.throws(() => pool.onAnswers(() => {}), {name: 'InvariantError'});
  pool.dispatch([call]);
  t.throws(() => pool.dispatch([call]), {name: 'InvariantError'});
  t.throws(() => createUpstreamPool({settings: settingsOf(business.url), workers: 0, callsMax: 1}));
  t.throws(() => createUpstreamPool({settings: settingsOf('localhost'), workers: 1, callsMax: 1}));
});

test('a process that made calls exits, whether the pool was closed or not', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end('from afar'));
  for (const end of ['await pool.close(1_000);', '']) {
    const program = `
      import {createUpstreamPool} from ${JSON.stringify(import.meta.resolve('../../src/upstream/upstream-pool.ts'))};
      const pool = createUpstreamPool({settings: ${JSON.stringify(settingsOf(business.url))}, workers: 2, callsMax: 10});
      const answer = await new Promise((resolve) => {
        pool.onAnswers(([answer]) => resolve(answer));
        pool.dispatch([${JSON.stringify({...messageCall(), payload: undefined})}].map((call) => ({...call, payload: new Uint8Array(1)})));
      });
      ${end}
      console.log(Buffer.from(answer.body).toString());
    `;
    const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    t.is(stdout, 'from afar\n');
  }
});
