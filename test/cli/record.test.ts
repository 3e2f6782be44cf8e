// `rainbow record` before a real gateway: what is in the file, how a recording ends, and what it refuses.

import {once} from 'node:events';
import {readFile, stat, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {CommanderError} from 'commander';
import {makeProgram} from '../../src/cli/rainbow.ts';
import {readRecording} from '../../src/cli/recording.ts';
import type {TraceLine} from '../../src/story/trace.ts';
import {type Ended, emptyFolder, type Running, run, startCommand} from '../support/command.ts';
import {until} from '../support/deadline.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {single} from '../support/room.ts';

function environmentOf(url: string, token = securityToken) {
  return {environment: {RAINBOW_URL: url, RAINBOW_SECURITY_TOKEN: token}};
}

interface Recording {
  readonly file: string;
  readonly command: Running;
  /** Settles once the file has this text. */
  readonly has: (text: string) => Promise<void>;
  /** Interrupts it, and gives what it left behind. */
  readonly interrupt: (signal?: NodeJS.Signals) => Promise<Ended>;
}

async function beginRecording(t: ExecutionContext, harness: Harness, ...args: readonly string[]): Promise<Recording> {
  const file = join(await emptyFolder(t), 'a.trace');
  const options = environmentOf(harness.gateway.url);
  const command = await startCommand(t, 'rainbow', ['record', '-o', file, ...args], options);
  const has = async (text: string): Promise<void> => {
    const find = async () => ((await readFile(file, 'utf8').catch(() => '')).includes(text) ? true : undefined);
    await until(find, `${text} in the recording`);
  };
  // The gateway reports from now on.
  await has('"kind":"header"');
  const interrupt = (signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> => {
    command.process.kill(signal);
    return command.ended;
  };
  return {file, command, has, interrupt};
}

async function linesOf(file: string): Promise<readonly TraceLine[]> {
  const lines: TraceLine[] = [];
  await readRecording(file, (line) => lines.push(line));
  return lines;
}

test('a recording has what happens until it is interrupted, and no payload', async (t) => {
  const {harness, client, identity} = await single(t);
  acknowledgeAll(client, 'secret answer');
  const {file, has, interrupt} = await beginRecording(t, harness, '--json');
  const {message = ''} = (await harness.api.send({channel: 'room', qos: 2}, 'secret words')).json;
  await has('"to":"completed"');
  await has('"kind":"snapshot"');
  await has('"kind":"roster"');
  const {code, stdout} = await interrupt();
  t.is(code, 0);
  const {header, events, isCut} = await readRecording(file);
  t.deepEqual(JSON.parse(stdout), {file, events, lost: 0});
  t.false(isCut);
  t.like(header.selection, {rate: 1, payloads: false});
  const text = await readFile(file, 'utf8');
  t.true(text.includes(message) && text.includes(identity));
  t.false(text.includes('"payload"') || text.includes('secret'));
  t.is((await stat(file)).mode & 0o777, 0o600, 'it shows who talks to which client');
});

test('with --payloads it has them, cut to 1024 bytes', async (t) => {
  const {harness, client} = await single(t);
  acknowledgeAll(client, 'yes');
  const {file, has, interrupt} = await beginRecording(t, harness, '--payloads');
  await harness.api.send({channel: 'room', qos: 1}, 'x'.repeat(1_500));
  await has('"kind":"answered"');
  const {code, stdout} = await interrupt('SIGTERM');
  t.is(code, 0);
  t.regex(stdout, /^\d+ events in .*a\.trace\n$/);
  const payloads = (await linesOf(file)).flatMap((line) => (line.kind === 'packet' ? [line.payload ?? ''] : []));
  t.deepEqual(
    payloads.map((payload) => Buffer.from(payload, 'base64').toString()),
    ['x'.repeat(1_024), 'yes'],
  );
});

test('what is chosen is recorded and nothing else; --past adds what was traced before', async (t) => {
  const {harness, client} = await single(t, {traceRate: 1});
  acknowledgeAll(client);
  const {message: before = ''} = (await harness.api.send({channel: 'attic', qos: 0})).json;
  const past = await beginRecording(t, harness, '-c', 'room', '--past');
  const present = await beginRecording(t, harness, '-c', 'room');
  const {message: other = ''} = (await harness.api.send({channel: 'attic', qos: 0})).json;
  const {message: wanted = ''} = (await harness.api.send({channel: 'room', qos: 0})).json;
  for (const {has, interrupt} of [past, present]) {
    await has(wanted);
    t.is((await interrupt()).code, 0);
  }
  t.true((await readFile(past.file, 'utf8')).includes(before));
  t.false((await readFile(present.file, 'utf8')).includes(before));
  t.false((await readFile(present.file, 'utf8')).includes(other));
});

test('--seconds ends a recording', async (t) => {
  const {harness} = await single(t);
  const {file, command} = await beginRecording(t, harness, '--seconds', '5');
  t.is((await command.ended).code, 0);
  t.is((await readRecording(file)).isCut, false);
});

test('an interruption in the middle of a flood leaves a file of whole lines', async (t) => {
  const {harness, client} = await single(t);
  client.onPacket = () => {};
  const {file, has, interrupt} = await beginRecording(t, harness);
  let isOver = false;
  const flood = (async () => {
    while (!isOver) await Promise.all(Array.from({length: 50}, () => harness.api.send({channel: 'room', qos: 0})));
  })();
  await has('"seq":1500,');
  const {code} = await interrupt();
  isOver = true;
  await flood;
  t.is(code, 0);
  t.true((await readFile(file, 'utf8')).endsWith('}\n'));
  const {events, isCut} = await readRecording(file);
  t.true(events >= 1_500);
  t.false(isCut);
});

test('a gateway that ends leaves the recording whole up to there, and the command says so', async (t) => {
  const harness = await start(t);
  const {file, command} = await beginRecording(t, harness);
  await harness.gateway.close();
  const {code, stderr} = await command.ended;
  t.is(code, 1);
  t.regex(stderr, /the gateway ended the feed\n.*\d+ events? in .*a\.trace\n/);
  t.false((await readRecording(file)).isCut);
});

test('an interruption before the gateway has answered leaves no file', async (t) => {
  const mute = createServer();
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => {
    mute.closeAllConnections();
    mute.close();
  });
  const file = join(await emptyFolder(t), 'a.trace');
  const asked = once(mute, 'request');
  const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const command = await startCommand(t, 'rainbow', ['record', '-o', file], environmentOf(url));
  await asked;
  command.process.kill('SIGINT');
  const {code, stderr} = await command.ended;
  t.is(code, 1);
  t.regex(stderr, /ended before the gateway answered/);
  await t.throwsAsync(stat(file), {code: 'ENOENT'});
});

test('what cannot be recorded leaves no file, and what is there is not overwritten', async (t) => {
  const {harness} = await single(t);
  const {url} = harness.gateway;
  const file = join(await emptyFolder(t), 'a.trace');
  const record = (args: readonly string[], where = environmentOf(url)): Promise<Ended> =>
    run(t, 'rainbow', ['record', '-o', file, '--seconds', '600', ...args], where);
  for (const [ended, message] of [
    [
      await record([], environmentOf(url, 'another-token-of-no-one')),
      /the gateway refused: signature error \(RB_SIGNATURE\): /,
    ],
    [await record(['--connection', 'x']), /the gateway refused: .*connection is .*Send a thread and a number/],
    [await record([], environmentOf('http://127.0.0.1:1')), /http:\/\/127\.0\.0\.1:1: /],
  ] as const) {
    t.is(ended.code, 1);
    t.regex(ended.stderr, message);
    await t.throwsAsync(stat(file), {code: 'ENOENT'});
  }
  await writeFile(file, 'what was there');
  const refused = await record([]);
  t.is(refused.code, 1);
  t.is(refused.stderr, `rainbow: ${file} exists and is not overwritten. Remove it, or choose another name\n`);
  t.is(await readFile(file, 'utf8'), 'what was there');
});

test('wrong arguments are a wrong usage', async (t) => {
  const good = ['-o', join(await emptyFolder(t), 'a.trace')];
  const {code, stderr} = await run(t, 'rainbow', ['record', ...good, '--seconds', 'soon']);
  t.is(code, 2);
  t.regex(stderr, /Expected seconds up to 86400/);
  for (const args of [
    [],
    ['-o'],
    [...good, '--seconds', '0'],
    [...good, '--seconds', '-1'],
    [...good, '--seconds', '86401'],
    [...good, '--rate', '2'],
    [...good, '--rate', 'all'],
    [...good, '-t', '65536'],
    [...good, '--payload'],
    [...good, 'more'],
  ]) {
    const program = await makeProgram();
    program.commands.find((command) => command.name() === 'record')?.configureOutput({writeErr: () => {}});
    const parsed = program.parseAsync(['record', ...args], {from: 'user'});
    await t.throwsAsync(parsed, {instanceOf: CommanderError}, args.join(' '));
  }
});
