// A business server that fails: an operator who reads only the log learns of it, with what is wrong, and when it is over.

import test, {type ExecutionContext} from 'ava';
import {answer, drop, type Script, success} from '../support/business-server.ts';
import {holdPort} from '../support/ports.ts';
import {handshake} from '../support/raw-client.ts';
import {configured, startServer} from './serve-harness.ts';

const faults: readonly (readonly [string, Script, Readonly<Record<string, unknown>>])[] = [
  ['403', answer(403), {reason: 'status', status: 403}],
  ['404', answer(404), {reason: 'status', status: 404}],
  ['500', answer(500, 'sample failure'), {reason: 'status', status: 500}],
  ['308', answer(308, '', {location: 'http://127.0.0.1/other/'}), {reason: 'status', status: 308}],
  ['a page', answer(200, '<html></html>', {'content-type': 'text/html'}), {reason: 'invalid', cause: 'html answer'}],
  ['a broken connection', drop(), {reason: 'unreachable'}],
];

async function expectRefusal(t: ExecutionContext, port: number): Promise<void> {
  const {answer: refusal} = await handshake(t, port);
  t.is(refusal.status, 503);
}

for (const threads of ['1', '2']) {
  test.serial(`each way to fail a connect call is a warning with its cause: threads = ${threads}`, async (t) => {
    const {file, business} = await configured(t);
    const {process: child, port, event} = await startServer(t, file, ['--threads', threads]);
    for (const [, script, fields] of faults) {
      business.once('connect', script);
      await expectRefusal(t, port);
      const line = await event('upstream.failing');
      t.like(line, {level: 'warn', kind: 'connect', url: `${business.url}/connect/`, count: 1, ...fields});
    }
    business.always('connect', success());
    const {answer: admitted} = await handshake(t, port);
    t.is(admitted.status, 101);
    t.like(await event('upstream.recovered'), {level: 'info', kind: 'connect', count: faults.length});
    child.kill('SIGTERM');
  });
}

test.serial('messages and closes that fail are warnings, and no secret of a URL shows', async (t) => {
  const {file, business} = await configured(t);
  const {process: child, port, event, ended} = await startServer(t, file);
  business.always('message', answer(502)).always('close', answer(404));
  const {client} = await handshake(t, port);
  client.sendMessage({qos: 1, id: 1});
  t.like(await event('upstream.failing'), {kind: 'message', url: `${business.url}/message/`, status: 502});
  client.reset();
  t.like(await event('upstream.failing'), {kind: 'close', url: `${business.url}/close/?***`, status: 404});
  child.kill('SIGTERM');
  t.false((await ended).stdout.includes('hidden'));
});

test.serial('a business server that is not there is a warning', async (t) => {
  const {file} = await configured(t);
  const url = `http://127.0.0.1:${await holdPort(t)}/connect/`;
  const {process: child, port, event} = await startServer(t, file, ['--connect-url', url]);
  await expectRefusal(t, port);
  t.like(await event('upstream.failing'), {kind: 'connect', url, reason: 'unreachable', cause: 'ECONNREFUSED'});
  child.kill('SIGTERM');
});

test.serial('a refusal is no failure, and what is only counted is logged as well', async (t) => {
  const {file, business} = await configured(t);
  const {process: child, port, event, ended} = await startServer(t, file);
  business.once('connect', answer(200, '{"status":"no"}'), success({RAINBOWCLIENTCHANNEL: 'a'.repeat(10_000)}));
  const {answer: refused} = await handshake(t, port);
  t.is(refused.status, 401);
  await handshake(t, port);
  t.like(await event('handshakes.refused'), {level: 'info', count: 1});
  t.like(await event('channels.refused'), {level: 'warn', count: 1});
  child.kill('SIGTERM');
  t.false((await ended).stdout.includes('upstream.failing'));
});
