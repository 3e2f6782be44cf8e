// `rainbow-server` as a process: how it starts, and every way in which it ends.

import test from 'ava';
import {hang} from '../support/business-server.ts';
import {projectPath, run, serve, writeIn} from '../support/command.ts';
import {until} from '../support/deadline.ts';
import {securityToken} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';
import {connect} from '../support/raw-client.ts';
import {configured, server, startServer} from './serve-harness.ts';

test('the start is one line of the log, with URLs and version, and no secret', async (t) => {
  const {file} = await configured(t);
  const served = await serve(t, process.execPath, [server, '-f', file, '-p', '0']);
  const line = await served.event('gateway.started');
  t.like(line, {
    level: 'info',
    pid: served.process.pid,
    host: '127.0.0.1',
    url: `http://127.0.0.1:${Number(line.port)}`,
  });
  t.regex(String(line.closeUrl), /\/close\/\?\*\*\*$/);
  const answer = await fetch(new URL('/hello/', String(line.url)));
  t.is(await answer.text(), 'ok');
  served.process.kill('SIGTERM');
  const {code, stdout, stderr} = await served.ended;
  t.is(code, 0);
  t.is(stderr, '');
  t.false(stdout.includes(securityToken) || stdout.includes('hidden'));
});

test('rainbow serve is the same', async (t) => {
  const {file} = await configured(t);
  const args = [projectPath('bin/rainbow.js'), 'serve', '-f', file, '-p', '0'];
  const served = await serve(t, process.execPath, args);
  await served.event('gateway.started');
  served.process.kill('SIGTERM');
  t.is((await served.ended).code, 0);
});

test('on a terminal a person reads where it listens', async (t) => {
  const {file} = await configured(t);
  const served = await serve(t, process.execPath, [server, '-f', file, '-p', '0', '--log-format', 'pretty']);
  const text = Promise.withResolvers<string>();
  let shown = '';
  served.process.stdout?.on('data', (chunk: string) => {
    shown += chunk;
    if (shown.includes('Ctrl-C')) text.resolve(shown);
  });
  const banner = await text.promise;
  t.regex(banner, /^Rainbow \S+, process \d+ on Node\.js 2\d/m);
  t.regex(banner, /^ {2}clients {3}ws:\/\/127\.0\.0\.1:\d+\/connect\/$/m);
  t.false(banner.includes('hidden'));
  served.process.kill('SIGINT');
  t.is((await served.ended).code, 0);
});

test('a port in use is a failure that says what to do', async (t) => {
  const {file} = await configured(t);
  const {port} = await startServer(t, file);
  const {code, stderr} = await run(t, 'rainbow-server', ['-f', file, '-p', String(port)]);
  t.is(code, 1);
  const reason = 'another program uses the port; choose another with -p PORT.';
  t.is(stderr, `rainbow-server: cannot listen on 127.0.0.1, port ${port}: ${reason}\n`);
});

test('an address that is not of this machine is a failure that says so', async (t) => {
  const {file} = await configured(t);
  // TEST-NET-1 of RFC 5737: no machine has it.
  const args = ['-f', file, '-p', String(await holdPort(t)), '--host', '192.0.2.1'];
  const {code, stderr} = await run(t, 'rainbow-server', args);
  t.is(code, 1);
  t.regex(stderr, /^rainbow-server: cannot listen on 192\.0\.2\.1, port \d+: this machine has no such address/);
});

test('a signal that comes twice at once, as under npx, is one', async (t) => {
  const {file} = await configured(t);
  const {process: child, event, ended} = await startServer(t, file);
  child.kill('SIGINT');
  child.kill('SIGINT');
  t.like(await event('gateway.stopping'), {reason: 'SIGINT'});
  child.kill('SIGINT');
  t.is((await ended).code, 0);
});

test('a second signal, later, ends it at once', async (t) => {
  const {file, business} = await configured(t);
  const {process: child, port, event, ended} = await startServer(t, file);
  business.always('close', hang());
  const client = await connect(t, port);
  child.kill('SIGTERM');
  await event('gateway.stopping');
  await client.closeFrame();
  // Whatever the machine's pace, a signal at last comes late enough to be a second one.
  await until(() => child.exitCode ?? (child.kill('SIGTERM') ? undefined : 0) ?? undefined, 'the end');
  const {code, stdout} = await ended;
  t.is(code, 1);
  t.regex(stdout, /"event":"process\.killed"/);
});

test('under npx it ends when npx has ended, since npx forwards a signal only to its shell', async (t) => {
  const {file} = await configured(t);
  const command = `"${process.execPath}" "${server}" -f "${file}" -p 0; true`;
  const shell = await serve(t, '/bin/sh', ['-c', command], {environment: {npm_command: 'exec'}});
  await shell.event('gateway.started');
  shell.process.kill('SIGKILL');
  t.like(await shell.event('gateway.stopping'), {reason: 'npx ended'});
  await shell.event('gateway.stopped');
});

test('an uncaught failure is logged, closes the gateway, and exits with 1', async (t) => {
  const program = await writeIn(
    t,
    'failing.ts',
    `import {closeAtEnd} from ${JSON.stringify(projectPath('src/cli/shutdown.ts'))};
     import {createLog} from ${JSON.stringify(projectPath('src/gateway/log/log.ts'))};
     const log = createLog({logLevel: 'info', logFormat: 'json'});
     closeAtEnd(log, 1000, async () => log.info('sample.closed'));
     setImmediate(() => { throw new Error('sample failure'); });`,
  );
  const served = await serve(t, process.execPath, [program]);
  const failure = await served.event('process.failed');
  t.is(failure.level, 'fatal');
  t.like(failure.err, {message: 'sample failure'});
  await served.event('sample.closed');
  t.is((await served.ended).code, 1);
});

test('a gateway that does not close in time is not waited for', async (t) => {
  const program = await writeIn(
    t,
    'stuck.ts',
    `import {closeAtEnd} from ${JSON.stringify(projectPath('src/cli/shutdown.ts'))};
     import {createLog} from ${JSON.stringify(projectPath('src/gateway/log/log.ts'))};
     const log = createLog({logLevel: 'info', logFormat: 'json'});
     closeAtEnd(log, 50, () => new Promise(() => setInterval(() => {}, 1000)));
     log.info('sample.ready');
     setInterval(() => {}, 1000);`,
  );
  const served = await serve(t, process.execPath, [program]);
  await served.event('sample.ready');
  served.process.kill('SIGTERM');
  await served.event('gateway.stopTimedOut');
  t.is((await served.ended).code, 1);
});
