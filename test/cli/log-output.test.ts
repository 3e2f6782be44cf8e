// The log of a real process when its reader stops, or when it cannot be written: traffic goes on, close calls are made,
// the process ends in order, and lost lines are counted and logged.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, existsSync, openSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {Api} from '../support/api.ts';
import {startBusinessServer} from '../support/business-server.ts';
import {projectPath, writeIn} from '../support/command.ts';
import {until, within} from '../support/deadline.ts';
import {securityToken} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';
import {connect} from '../support/raw-client.ts';

/** More than a pipe and the writer hold together. */
const floodLines = 10_000;

const startMs = 60_000;

/** A gateway as a process that also writes very many lines when it reads anything; standard output is the test's. */
async function startGatewayOn(t: ExecutionContext, output: number | 'pipe', threads: number) {
  const business = await startBusinessServer(t, securityToken);
  const port = await holdPort(t);
  const flags = {
    host: '127.0.0.1',
    port: String(port),
    threads: String(threads),
    log_format: 'json',
    connect_url: `${business.url}/connect/`,
    forward_url: `${business.url}/message/`,
    close_url: `${business.url}/close/`,
    security_token: securityToken,
  };
  const from = (path: string): string => JSON.stringify(projectPath(path));
  const program = await writeIn(
    t,
    'flooding.ts',
    `import {runGateway} from ${from('src/cli/gateway-process.ts')};
     import {readConfiguration} from ${from('src/gateway/config/configuration.ts')};
     import {createLog} from ${from('src/gateway/log/log.ts')};
     const configuration = readConfiguration({environment: {}, flags: ${JSON.stringify(flags)}});
     await runGateway(configuration);
     const log = createLog(configuration.options);
     process.stdin.on('data', () => {
       for (let number = 0; number < ${floodLines}; number++) log.info({number}, 'sample.flood');
     });`,
  );
  const child = spawn(process.execPath, [program], {stdio: ['pipe', output, 'pipe']});
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    child.stdout?.destroy();
    await closed;
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const api = new Api(port, securityToken);
  await until(
    async () => {
      const answer = await api.get('/hello/').catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    },
    'the gateway to listen',
    startMs,
  );
  return {child, business, port, api, exited, stderr: () => stderr};
}

type Started = Awaited<ReturnType<typeof startGatewayOn>>;

function flood(child: ChildProcess): void {
  child.stdin?.write('flood\n');
}

async function linesLost(api: Api): Promise<number> {
  const {text} = await api.get('/metrics');
  return Number(/^rainbow_log_lines_lost_total (\d+)$/m.exec(text)?.[1]);
}

async function someLost(api: Api): Promise<number> {
  return await until(async () => (await linesLost(api)) || undefined, 'lines to be lost');
}

/** A client comes, sends and is confirmed; then the gateway is ended, and makes the close call. */
async function expectService(t: ExecutionContext, {child, business, port, exited, stderr}: Started): Promise<void> {
  const client = await connect(t, port);
  client.sendMessage({qos: 1, type: 1, id: 1, payload: Buffer.from('hi')});
  await business.next('message');
  t.like(await client.parsed(), {command: 'ack', id: 1});
  child.kill('SIGTERM');
  await business.next('close');
  const [code] = await within(exited, 'the process to end');
  t.is(code, 0);
  t.is(stderr(), '');
}

for (const threads of [1, 2]) {
  test.serial(
    `a reader of the log that has stalled stops neither traffic nor the end: threads = ${threads}`,
    async (t) => {
      // No reader: a child's pipe flows only once a listener is added.
      const started = await startGatewayOn(t, 'pipe', threads);
      flood(started.child);
      await someLost(started.api);
      await expectService(t, started);
    },
  );
}

test.serial('a reader that goes on reads whole lines in order, and how many are missing', async (t) => {
  const {child, api, exited} = await startGatewayOn(t, 'pipe', 1);
  flood(child);
  const lost = await someLost(api);
  let text = '';
  const reported = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('log.linesLost')) reported.resolve();
  });
  await within(reported.promise, 'the lost lines to be reported');
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  t.deepEqual(await within(exited, 'the process to end'), [0, null]);
  await ended;
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const numbers = lines.filter(({event}) => event === 'sample.flood').map(({number}) => number);
  t.deepEqual(
    numbers,
    Array.from({length: floodLines - lost}, (_, number) => number),
  );
  t.like(
    lines.find(({event}) => event === 'log.linesLost'),
    {level: 'error', lines: lost},
  );
  t.is(lines.at(-1).event, 'gateway.stopped');
});

test.serial('a reader of the log that has gone stops neither traffic nor the end', async (t) => {
  const started = await startGatewayOn(t, 'pipe', 1);
  started.child.stdout?.destroy();
  flood(started.child);
  await someLost(started.api);
  await expectService(t, started);
});

const onLinux = existsSync('/dev/full') ? test.serial : test.serial.skip;

for (const threads of [1, 2]) {
  onLinux(`a full disk stops neither traffic nor the end: threads = ${threads}`, async (t) => {
    const full = openSync('/dev/full', 'w');
    t.teardown(() => closeSync(full));
    const started = await startGatewayOn(t, full, threads);
    flood(started.child);
    await someLost(started.api);
    await expectService(t, started);
  });
}
