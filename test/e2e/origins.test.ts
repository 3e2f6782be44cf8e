// Which pages and proxies are believed (PROTOCOL section 2; decision 19): `allowed_origins`, `trusted_proxies`, and what the
// connect call says about the client.

import test from 'ava';
import {until} from '../support/deadline.ts';
import {start, startDaemon} from '../support/gateway.ts';

const victim = {Cookie: 'session=victim'};

const foreign = [
  'https://evil.example',
  'null',
  'file://',
  'https://gateway.test.evil.example',
  'HTTPS://GOOD.COM:443.',
  '',
];

test('with allowed_origins a page of another origin is refused 403 before anyone is asked', async (t) => {
  const harness = await start(t, {allowedOrigins: ['self', 'https://app.example']});
  for (const origin of foreign) {
    const {client, answer} = await harness.handshake({headers: {...victim, Origin: origin}});
    t.is(answer.status, 403, origin);
    t.like(JSON.parse(answer.body), {status: 1, msg: 'origin not allowed', code: 'RB_ORIGIN'}, origin);
    await client.end();
  }
  t.is(harness.counter('originsRefused'), foreign.length);
  t.is(harness.business.count('connect'), 0);
  for (const origin of ['https://gateway.test:8443', 'http://GATEWAY.test', 'https://app.example:443', undefined]) {
    await harness.connect({headers: {...victim, Origin: origin}});
    t.is((await harness.business.next('connect')).header('RAINBOWCLIENTORIGIN'), origin);
  }
});

test('two Origin headers are no origin, under either name', async (t) => {
  const harness = await start(t, {allowedOrigins: ['self']});
  const both = {Origin: 'http://gateway.test', origin: 'http://gateway.test'};
  t.is((await harness.handshake({headers: both})).answer.status, 403);
  const hybi = {'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'https://evil.example'};
  t.is((await harness.handshake({headers: hybi})).answer.status, 403);
  t.is(harness.business.count('connect'), 0);
});

test('without allowed_origins every origin is admitted, and the business server gets the origin', async (t) => {
  const harness = await start(t);
  for (const origin of foreign) {
    await harness.connect({headers: {...victim, Origin: origin}});
    const call = await harness.business.next('connect');
    t.is(call.header('RAINBOWCLIENTORIGIN'), origin);
    t.is(call.header('Origin'), undefined);
    t.is(call.header('Cookie'), 'session=victim');
  }
});

const forged = {
  'X-Forwarded-For': '6.6.6.6',
  'X-Real-IP': '6.6.6.6',
  Forwarded: 'for=6.6.6.6',
  Via: '1.1 evil',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'gateway.test',
  X_Forwarded_User: 'admin',
  'Remote-User': 'admin',
};

test('where no proxy is trusted, what proxies say is dropped, and the address is that of the socket', async (t) => {
  const harness = await start(t, {trustedProxies: [], allowedOrigins: ['self']});
  await harness.connect({headers: {...forged, Proxy: 'http://evil'}});
  const call = await harness.business.next('connect');
  t.is(call.header('RAINBOWCLIENTADDRESS'), '127.0.0.1');
  for (const name of [...Object.keys(forged), 'Proxy']) t.is(call.header(name), undefined, name);
  const {answer} = await harness.handshake({headers: {Host: 'inner', Origin: 'http://gateway.test', ...forged}});
  t.is(answer.status, 403);
});

test('a trusted proxy says who the client is and which host it asked for, and its headers pass', async (t) => {
  const harness = await start(t, {trustedProxies: ['loopback'], allowedOrigins: ['self']});
  const headers = {
    Host: 'inner:1984',
    Origin: 'https://app.example',
    'X-Forwarded-Host': 'app.example',
    'X-Forwarded-For': '6.6.6.6, 203.0.113.9',
    RAINBOWCLIENTADDRESS: '6.6.6.6',
    'RainbowClient-Origin': 'https://evil.example',
  };
  await harness.connect({headers});
  const call = await harness.business.next('connect');
  t.is(call.header('RAINBOWCLIENTADDRESS'), '203.0.113.9');
  t.is(call.header('RAINBOWCLIENTORIGIN'), 'https://app.example');
  t.is(call.header('X-Forwarded-For'), '6.6.6.6, 203.0.113.9');
  t.false(call.rawHeaders.includes('RainbowClient-Origin'));
});

test('without trusted_proxies forwarded headers pass unchanged, and the address is that of the socket', async (t) => {
  const harness = await start(t);
  await harness.connect({headers: forged, path: '/connect/?RAINBOWCLIENTADDRESS=6.6.6.6&RAINBOWCLIENTORIGIN=x'});
  const call = await harness.business.next('connect');
  t.is(call.header('RAINBOWCLIENTADDRESS'), '127.0.0.1');
  t.is(call.header('RAINBOWCLIENTORIGIN'), undefined);
  for (const [name, value] of Object.entries(forged)) t.is(call.header(name), value, name);
});

test('what passes only because a key is not set is logged once, and names the key', async (t) => {
  const daemon = await startDaemon(t, {threads: 2, log_format: 'json'});
  const linesOf = (event: string): readonly string[] =>
    daemon.output.split('\n').filter((line) => line.includes(event));
  await daemon.connect({headers: {Origin: 'https://gateway.test', ...victim}});
  await daemon.connect({headers: {Origin: 'https://evil.example'}});
  for (let count = 0; count < 6; count++) {
    await daemon.connect({headers: {Origin: 'https://evil.example', ...victim, ...forged}});
  }
  await until(() => (linesOf('proxy.unchecked').length > 0 ? true : undefined), 'a line in the log');
  daemon.process.kill('SIGTERM');
  await daemon.exited;
  const [origin, ...moreOrigins] = linesOf('origin.unchecked');
  t.like(JSON.parse(origin ?? ''), {
    level: 'warn',
    key: 'allowed_origins',
    origin: 'https://evil.example',
    host: 'gateway.test',
  });
  const [proxy, ...moreProxies] = linesOf('proxy.unchecked');
  t.like(JSON.parse(proxy ?? ''), {level: 'warn', key: 'trusted_proxies', header: 'X-Forwarded-For'});
  t.is(moreOrigins.length + moreProxies.length, 0);
});

test('a refused origin is logged with the host it was compared with', async (t) => {
  const daemon = await startDaemon(t, {allowed_origins: 'self', trusted_proxies: 'loopback', log_format: 'json'});
  await t.throwsAsync(daemon.connect({headers: {Origin: 'https://evil.example'}}), {message: /403/});
  await until(() => (daemon.output.includes('origin.refused') ? true : undefined), 'a line in the log');
  const line = daemon.output.split('\n').find((text) => text.includes('origin.refused'));
  t.like(JSON.parse(line ?? ''), {
    level: 'warn',
    key: 'allowed_origins',
    origin: 'https://evil.example',
    host: 'gateway.test',
  });
  t.false(daemon.output.includes('unchecked'));
});
