// `rainbow replay`: serves the page on a recording, to this machine alone and without a gateway; a file that is not a recording is refused.

import {once} from 'node:events';
import {readFile, rename, writeFile} from 'node:fs/promises';
import {request as httpRequest, type IncomingMessage} from 'node:http';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {CommandFailure} from '../../src/cli/exit.ts';
import {readRecording} from '../../src/cli/recording.ts';
import type {TraceHeader, TraceLine} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {writeTraceLine} from '../../src/story/trace-lines.ts';
import {noSabotage} from '../../verification/simulation/sabotage.ts';
import {simulate} from '../../verification/simulation/simulation.ts';
import {emptyFolder, type Running, run, startCommand, writeIn} from '../support/command.ts';
import {buildPages} from '../support/pages.ts';
import {Tape} from '../support/tape.ts';

test.before('the page is built', buildPages);

const header: TraceHeader = {
  kind: 'header',
  version: 1,
  source: 'rainbow-server 0.1.0',
  at: 5,
  wallMs: 1_420_000_000_000,
  threads: 1,
  selection: emptySelection,
};
const event: TraceLine = {
  kind: 'membership',
  seq: 1,
  at: 6,
  thread: 0,
  connection: 1,
  identity: 'ann',
  change: 'joined',
  channel: 'room',
};
const whole = writeTraceLine(header) + writeTraceLine(event).repeat(3);

interface Replay {
  readonly command: Running;
  readonly url: string;
  readonly told: Readonly<Record<string, unknown>>;
}

async function replay(t: ExecutionContext, file: string): Promise<Replay> {
  const command = await startCommand(t, 'rainbow', ['replay', file, '--json']);
  const line = await command.firstLine;
  if (line === '') throw new Error(`Expected an address, got ${(await command.ended).stderr}`);
  const told = JSON.parse(line) as Record<string, unknown>;
  return {command, told, url: String(told.url)};
}

test('the page and the recording are served, and nothing else; an interruption ends it', async (t) => {
  const file = await writeIn(t, 'a.trace', whole);
  const {command, url, told} = await replay(t, file);
  t.like(told, {events: 3, isCut: false});
  t.regex(url, /^http:\/\/127\.0\.0\.1:\d+\/inspector\/$/);
  const page = await fetch(url);
  t.is(page.status, 200);
  t.regex(page.headers.get('content-type') ?? '', /^text\/html/);
  t.regex(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const script = /src="([^"]+\.js)"/.exec(await page.text())?.[1] ?? '';
  t.is((await fetch(new URL(script, url))).status, 200);
  const recording = await fetch(new URL('/inspector/recording/', url));
  t.is(recording.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  t.is(await recording.text(), whole);
  for (const path of ['/', '/inspector']) t.is((await fetch(new URL(path, url))).url, url);
  for (const path of [
    '/inspector/feed/',
    '/inspector/recording',
    '/inspector/../../package.json',
    '/trace/',
    '/send/',
  ]) {
    t.is((await fetch(new URL(path, url))).status, 404, path);
  }
  t.is((await fetch(url, {method: 'POST', body: 'x'})).status, 405);
  command.process.kill('SIGINT');
  t.is((await command.ended).code, 0);
});

test('a page of elsewhere whose name leads to this machine is not answered', async (t) => {
  const {url} = await replay(t, await writeIn(t, 'a.trace', whole));
  const {port} = new URL(url);
  const ask = async (host: string): Promise<number | undefined> => {
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      path: '/inspector/recording/',
      headers: {host},
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  t.is(await ask(`evil.example:${port}`), 421);
  t.is(await ask(`127.0.0.1.evil.example`), 421);
  t.is(await ask(`localhost:${port}`), 200);
});

test('a truncated last line is skipped and reported', async (t) => {
  const cut = await writeIn(t, 'cut.trace', whole.slice(0, -20));
  const {told, url} = await replay(t, cut);
  t.like(told, {events: 2, isCut: true});
  t.is(await (await fetch(new URL('/inspector/recording/', url))).text(), whole.slice(0, -20));
  const unended = await writeIn(t, 'unended.trace', whole.trimEnd());
  t.like((await replay(t, unended)).told, {events: 3, isCut: false});
  const command = await startCommand(t, 'rainbow', ['replay', cut]);
  t.is(await command.firstLine, '2 events of rainbow-server 0.1.0');
  command.process.kill('SIGTERM');
  const {code, stdout} = await command.ended;
  t.is(code, 0);
  t.regex(stdout, /\nits last line is cut off; all before it is shown\n/);
});

test('what is not a recording is refused with its line', async (t) => {
  const head = writeTraceLine(header);
  for (const [text, message] of [
    ['', 'is not a recording: the file is empty'],
    ['\n', 'is not a recording: the file is empty'],
    [head.slice(0, 50), 'is not a recording: line 1: expected a JSON object'],
    ['<html>\n', 'is not a recording: line 1: expected a JSON object'],
    [writeTraceLine(event), 'is not a recording: line 1: expected the header of a recording'],
    [head.replace('"version":1', '"version":2'), 'is not a recording: line 1: expected version 1, got 2'],
    [
      `${head}${writeTraceLine(event).slice(0, 30)}\n${writeTraceLine(event)}`,
      'is not a recording: line 2: expected a JSON',
    ],
    [head + head, 'is not a recording: line 2: expected one header'],
  ] as const) {
    const file = await writeIn(t, 'broken.trace', text);
    const failure = await t.throwsAsync(readRecording(file), {instanceOf: CommandFailure}, text);
    t.true(failure.message.startsWith(`${file} ${message}`), failure.message);
  }
  const folder = await emptyFolder(t);
  await t.throwsAsync(readRecording(join(folder, 'nothing.trace')), {
    message: `${join(folder, 'nothing.trace')} does not exist`,
  });
  await t.throwsAsync(readRecording(folder), {message: `${folder} is a directory`});
  const file = await writeIn(t, 'broken.trace', `${head}hello\n`);
  const {code, stderr, stdout} = await run(t, 'rainbow', ['replay', file]);
  t.is(code, 1);
  t.is(stderr, `rainbow: ${file} is not a recording: line 2: expected a JSON object\n`);
  t.is(stdout, '');
});

test('a recording that is moved away meanwhile is missing, and the page stays', async (t) => {
  const file = await writeIn(t, 'a.trace', whole);
  const {url} = await replay(t, file);
  await rename(file, `${file}.old`);
  t.is((await fetch(new URL('/inspector/recording/', url))).status, 404);
  t.is((await fetch(url)).status, 200);
  await writeFile(file, whole);
  t.is(await (await fetch(new URL('/inspector/recording/', url))).text(), whole);
});

test('what a failing simulation wrote is replayed, with why it failed', async (t) => {
  const folder = await emptyFolder(t);
  const tape = new Tape();
  await simulate({seed: 5, sabotage: noSabotage, tape});
  tape.save('simulation-5', 'seed 5 broke RB-21', folder);
  const {told, url} = await replay(t, join(folder, 'simulation-5.trace'));
  t.is(told.note, 'seed 5 broke RB-21');
  t.true(Number(told.events) > 100);
  const served = await (await fetch(new URL('/inspector/recording/', url))).text();
  t.is(served, await readFile(join(folder, 'simulation-5.trace'), 'utf8'));
});

test('a port that is taken or invalid is reported', async (t) => {
  const file = await writeIn(t, 'a.trace', whole);
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const {port} = taken.address() as {port: number};
  const {code, stderr} = await run(t, 'rainbow', ['replay', file, '-p', String(port)]);
  t.is(code, 1);
  t.is(
    stderr,
    `rainbow: cannot listen on 127.0.0.1, port ${port}: another program uses the port; choose another with --port PORT.\n`,
  );
  t.is((await run(t, 'rainbow', ['replay', file, '-p', '65536'])).code, 2);
});
