// What each signal does to a serving process: it ends in order, or goes on with a line in the log.

import {constants} from 'node:os';
import test from 'ava';
import {connect} from '../support/raw-client.ts';
import {configured, startServer} from './serve-harness.ts';

for (const threads of ['1', '2']) {
  test.serial(`signals on which daemons reload are ignored with a log line: threads = ${threads}`, async (t) => {
    const {file, business} = await configured(t);
    const {process: child, port, event, ended} = await startServer(t, file, ['--threads', threads]);
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGHUP'] as const) {
      child.kill(signal);
      t.like(await event('process.signalIgnored'), {level: 'warn', signal});
    }
    const client = await connect(t, port);
    child.kill('SIGTERM');
    await client.closeFrame();
    await business.next('close');
    const {code, stderr} = await ended;
    t.is(code, 0);
    // Node by itself would say that a debugger listens.
    t.is(stderr, '');
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGPWR'] as const) {
  const onThisSystem = constants.signals[signal] === undefined ? test.serial.skip : test.serial;
  onThisSystem(`${signal} closes the gateway in order`, async (t) => {
    const {file, business} = await configured(t);
    const {process: child, port, event, ended} = await startServer(t, file);
    const client = await connect(t, port);
    child.kill(signal);
    t.like(await event('gateway.stopping'), {reason: signal});
    t.is((await client.closeFrame()).code, 1001);
    await business.next('close');
    t.is((await ended).code, 0);
  });
}

test.serial(
  'a second signal at once is the echo of the first, as npx passes on a Ctrl-C, and does not end it sooner',
  async (t) => {
    const {file, business} = await configured(t);
    const {process: child, port, event, ended} = await startServer(t, file);
    const client = await connect(t, port);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await event('gateway.stopping');
    t.is((await client.closeFrame()).code, 1001);
    await business.next('close');
    t.is((await ended).code, 0);
  },
);
