// What is left in a process that a gateway has run in: it may be embedded, and started again and again.

import {createHook} from 'node:async_hooks';
import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {setImmediate as nextPhase} from 'node:timers/promises';
import test from 'ava';
import {pino} from 'pino';
import {defaultOptions} from '../../src/gateway/config/options.ts';
import {startGateway} from '../../src/gateway/gateway.ts';
import {standardOutput} from '../../src/gateway/log/standard-output.ts';
import {answer} from '../support/business-server.ts';
import {openFeed} from '../support/feed.ts';
import {collectGarbage} from '../support/garbage.ts';
import {start} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';

const source = new URL('../../src/', import.meta.url).href;

/** Listeners of the process and its streams, by event. */
function listeners(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, emitter] of Object.entries({process, stdout: process.stdout, stderr: process.stderr})) {
    for (const event of emitter.eventNames()) counts[`${name} ${String(event)}`] = emitter.listenerCount(event);
  }
  return counts;
}

test.serial('a gateway that has closed leaves no timer and no listener', async (t) => {
  // The one of the process, which stays.
  standardOutput();
  const timers = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      if (type !== 'Timeout') return;
      const {stack = ''} = new Error('started here');
      if (stack.includes(source)) timers.set(id, stack.slice(stack.indexOf(source)));
    },
    destroy(id) {
      timers.delete(id);
    },
  }).enable();
  t.teardown(() => hook.disable());
  const before = listeners();

  const harness = await start(t, {threads: 1, peers: ['127.0.0.1:1'], retryIntervalMs: 3_000});
  const [open, gone] = [await harness.connect(), await harness.connect()];
  const feed = await openFeed(t, harness.api, 'rate=1&snapshots=1');
  t.is(feed.status, 200);
  harness.business.always('message', answer(200, 'ok'));
  open.send('SEND q1 id 1 "a"');
  t.is(await open.packet(), 'ACK id 1 "ok"');
  // The first frame of a message that is never whole.
  open.sendFrame({opcode: 2, fin: false, payload: new Uint8Array(10)});
  // A call that fails, which the log reports for a while.
  harness.business.always('message', answer(500, 'no'));
  gone.send('SEND q1 id 1 "a"');
  await harness.reaches('callsFailed', 1);
  // And one that is answered, after which the business server is watched for its recovery.
  harness.business.always('message', answer(200, 'ok'));
  gone.send('SEND q1 id 2 "a"');
  t.is(await gone.packet(), 'ACK id 2 "ok"');
  gone.reset();
  await harness.business.next('close');
  // A watch without an end, and calls that fail at the very end.
  const watch = await harness.api.call({path: '/trace/', body: {seconds: 600, rate: 1}});
  t.is(watch.status, 200, watch.text);
  harness.business.always('close', answer(500, 'no'));
  t.true(timers.size > 0);

  await harness.gateway.close();
  for (let phase = 0; phase < 3; phase++) await nextPhase();
  t.deepEqual([...timers.values()], []);
  t.deepEqual(listeners(), before);
});

const facts = {connectUrl: 'http://127.0.0.1:1/', forwardUrl: 'http://127.0.0.1:1/', closeUrl: 'http://127.0.0.1:1/'};
const options = {...defaultOptions, ...facts, securityToken: 'a-token-for-this-test', host: '127.0.0.1', udpPorts: []};

for (const threads of [1, 2]) {
  test.serial(`a start of ${threads} threads that cannot have its UDP port gives its TCP port back`, async (t) => {
    const port = await holdPort(t);
    const other = createSocket('udp4').bind({port, address: '0.0.0.0', exclusive: true});
    t.teardown(() => other.close());
    await once(other, 'listening');
    const log = pino({level: 'silent'});
    const before = listeners();
    await t.throwsAsync(startGateway({...options, threads, port, udpPorts: [port]}, {log}), {code: 'EADDRINUSE'});
    t.deepEqual(listeners(), before);
    const next = createServer().listen(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });
}

test.serial('a gateway that has closed is not kept in memory', async (t) => {
  const startAndClose = async (): Promise<WeakRef<object>> => {
    const log = pino({level: 'silent'});
    const gateway = await startGateway({...options, threads: 1, port: 0}, {log});
    await gateway.close();
    return new WeakRef(log);
  };
  const log = await startAndClose();
  for (let phase = 0; phase < 20 && log.deref() !== undefined; phase++) {
    await nextPhase();
    collectGarbage();
  }
  t.is(log.deref(), undefined);
});
