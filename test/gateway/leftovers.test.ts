// What is left in a process that a gateway has run in: it may be embedded, and started again and again.

import {createHook} from 'node:async_hooks';
import {setImmediate as nextPhase} from 'node:timers/promises';
import test from 'ava';
import {standardOutput} from '../../src/gateway/log/standard-output.ts';
import {answer} from '../support/business-server.ts';
import {openFeed} from '../support/feed.ts';
import {start} from '../support/gateway.ts';

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
  open.sendHex('12 0001 0001 61');
  t.is(await open.packet(), '20 0001 6F6B');
  // The first frame of a message that is never whole.
  open.sendFrame({opcode: 2, fin: false, payload: new Uint8Array(10)});
  // A call that fails, which the log reports for a while.
  harness.business.always('message', answer(500, 'no'));
  gone.sendHex('12 0001 0001 61');
  await harness.reaches('callsFailed', 1);
  // And one that is answered, after which the business server is watched for its recovery.
  harness.business.always('message', answer(200, 'ok'));
  gone.sendHex('12 0001 0002 61');
  t.is(await gone.packet(), '20 0002 6F6B');
  gone.reset();
  await harness.business.next('close');
  // A watch that nobody ends, and calls that fail at the very end.
  const watch = await harness.api.call({path: '/trace/', body: {seconds: 600, rate: 1}});
  t.is(watch.status, 200, watch.text);
  harness.business.always('close', answer(500, 'no'));
  t.true(timers.size > 0);

  await harness.gateway.close();
  for (let phase = 0; phase < 3; phase++) await nextPhase();
  t.deepEqual([...timers.values()], []);
  t.deepEqual(listeners(), before);
});
