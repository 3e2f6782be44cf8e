// `rainbow bench` against a real gateway; and its parts for themselves.

import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {sourceAddress} from '../../src/cli/bench/crowd.ts';
import {Histogram} from '../../src/cli/bench/histogram.ts';
import {Pacer} from '../../src/cli/bench/pacer.ts';
import {milliseconds} from '../../src/cli/bench/report.ts';
import {makePayload, readStamp, stamp} from '../../src/cli/bench/stamp.ts';
import {Tally} from '../../src/cli/bench/tally.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {answer, success} from '../support/business-server.ts';
import {type Ended, run, startCommand} from '../support/command.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';

async function startRoom(t: ExecutionContext, changes = {}): Promise<Harness> {
  const harness = await start(t, changes);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'bench'}));
  return harness;
}

async function bench(t: ExecutionContext, {gateway}: Harness, ...args: readonly string[]): Promise<Ended> {
  const environment = {RAINBOW_SECURITY_TOKEN: securityToken};
  return await run(t, 'rainbow', ['bench', gateway.url, '-d', '1', ...args], {environment});
}

interface Result {
  readonly connections: {readonly opened: number; readonly refused: number; readonly lost: number};
  readonly messages: {
    readonly sent: number;
    readonly answered: number;
    readonly failed: number;
    readonly unanswered: number;
    readonly latency: Latency;
  };
  readonly deliveries?: {readonly received: number; readonly confirmed: number; readonly latency: Latency};
  readonly failures: Readonly<Record<string, number>>;
}
type Latency = Readonly<Record<'p50' | 'max', number>> | null;

for (const qos of ['0', '1', '2']) {
  test(`publications at QoS ${qos} are counted, each with its deliveries`, async (t) => {
    const {code, stdout, stderr} = await bench(t, await startRoom(t), '-c', '7', '-q', qos, '-r', '50', '--json');
    t.is(code, 0, stderr);
    const {connections, messages, deliveries, failures} = JSON.parse(stdout) as Result;
    t.like(connections, {opened: 7, refused: 0, lost: 0});
    t.true(messages.sent > 0 && messages.sent <= 51, `${messages.sent}`);
    t.like(messages, {answered: messages.sent, failed: 0, unanswered: 0});
    t.true((messages.latency?.p50 ?? 0) > 0 && (messages.latency?.max ?? 0) >= (messages.latency?.p50 ?? 0));
    t.is(deliveries?.confirmed, qos === '0' ? 0 : messages.sent * 7);
    if (qos !== '0') t.is(deliveries?.received, messages.sent * 7);
    t.truthy(deliveries?.latency);
    t.deepEqual(failures, {});
    // Progress is for people, and no part of the result.
    t.regex(stderr, /^connecting: 7 of 7$/m);
  });
}

test('with --up the messages go to the business server as they are, and count when it has answered', async (t) => {
  const harness = await startRoom(t);
  const {code, stdout, stderr} = await bench(
    t,
    harness,
    '--up',
    '-c',
    '3',
    '-r',
    '30',
    '-q',
    '2',
    '-t',
    '9',
    '--payload',
    '{"a":1}',
    '--json',
  );
  t.is(code, 0, stderr);
  const {messages, deliveries} = JSON.parse(stdout) as Result;
  t.like(messages, {answered: messages.sent, unanswered: 0});
  t.is(deliveries, undefined);
  const calls = harness.business.calls('message');
  t.is(calls.length, messages.sent);
  t.true(calls.every(({path, body}) => path === '/message/9/' && body.toString() === '{"a":1}'));
});

test('as fast as answers come, for people', async (t) => {
  const {code, stdout} = await bench(t, await startRoom(t), '-c', '2', '-o', '2');
  t.is(code, 0);
  t.regex(stdout, /^2 connections in \d+\.\d s, 0 lost; sent for 1\.0 s$/m);
  t.regex(stdout, /^messages {4}[\d,]+ sent, [\d,]+ answered \([\d,]+\/s\), 0 failed, 0 unanswered$/m);
  t.regex(stdout, /^latency until the answer of POST \/send\/: p50 [\d.]+ ms {2}p90 [\d.]+ ms {2}p99 /m);
  t.regex(stdout, /^ +[\d.]+ ms - +[\d.]+ ms {2}#{40} +[\d.]+ %$/m);
});

test('a failure is reported with its reason, and makes the command fail', async (t) => {
  const harness = await startRoom(t, {payloadBytesMax: 100});
  const {code, stdout} = await bench(t, harness, '-c', '1', '-r', '5', '-s', '200', '--json');
  t.is(code, 1);
  const {messages, failures} = JSON.parse(stdout) as Result;
  t.is(messages.failed, messages.sent);
  t.deepEqual(failures, {RB_BODY_TOO_LARGE: messages.sent});
});

test('an empty channel, a wrong token, and refused connections are reported as failures', async (t) => {
  const harness = await startRoom(t);
  const empty = await bench(t, harness, '-c', '1', '--channel', 'empty');
  t.is(empty.code, 1);
  t.regex(empty.stderr, /^rainbow: the channel empty has no clients\.$/m);
  const foreign = await bench(t, harness, '-c', '1', '--token', 'another');
  t.regex(foreign.stderr, /^rainbow: POST \/send\/ failed: RB_SIGNATURE$/m);
  harness.business.always('connect', answer(200, '{"status":"fail"}'));
  const refused = await bench(t, harness, '-c', '3');
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /^rainbow: none of 3 connections was opened: cannot connect: HTTP status 401: .*\(RB_CLIENT_REFUSED\)/m,
  );
});

for (const [args, message] of [
  [['-c', '10001'], /Expected a whole number from 1 to 10000/],
  [['-d', '601'], /Expected a whole number from 1 to 600/],
  [['-r', '0'], /Expected a whole number from 1 to 100000/],
  [['-s', '15'], /Expected a whole number from 16 to 1048576/],
  [['--payload', 'x'], /expected --up with --payload/],
  [['--up', '-q', '0'], /--up at QoS 0 needs --rate/],
  [['x', '--url', 'y'], /expected URL or --url, got both/],
  [['127.0.0.1:1'], /expected a security token/],
  [['--token', 'x', '-H', 'nothing'], /expected a header as "name: value"/],
] as const) {
  test(`rainbow bench ${args.join(' ')} is a usage error`, async (t) => {
    const {code, stderr} = await run(t, 'rainbow', ['bench', ...args]);
    t.is(code, 2);
    t.regex(stderr, message);
  });
}

test('several source addresses are for loopback alone', (t) => {
  t.is(sourceAddress('ws://127.0.0.1:1984/', 0), '127.0.0.2');
  t.is(sourceAddress('ws://127.0.0.1:1984/', 9_999), '127.0.0.4');
  for (const host of ['10.0.0.1', 'localhost', '127.example.com', '[::1]'])
    t.is(sourceAddress(`ws://${host}/`, 9_999), undefined);
});

test('a stamp is read from messages of its own run alone', (t) => {
  const run = Buffer.from('0123456789abcdef', 'hex');
  const stamped = stamp(makePayload(run, 20), 1234.5);
  t.is(readStamp(stamped, run), 1234.5);
  t.is(readStamp(stamped, Buffer.alloc(8)), undefined);
  t.is(readStamp(stamped.subarray(0, 15), run), undefined);
});

test('a histogram returns percentiles within its 2 %, and its ranges hold every latency', (t) => {
  const histogram = new Histogram();
  t.deepEqual(histogram.summarize(), {count: 0, p50: Number.NaN, p99: Number.NaN, p999: Number.NaN});
  t.deepEqual(histogram.ranges(), []);
  for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
  for (const [part, ms] of [
    [0.5, 500],
    [0.99, 990],
    [1, 1_000],
  ] as const) {
    t.true(Math.abs(histogram.percentile(part) / ms - 1) < 0.025, `${part}`);
  }
  const ranges = histogram.ranges();
  t.is(
    ranges.reduce((sum, {count}) => sum + count, 0),
    1_000,
  );
  t.true((ranges[0]?.fromMs ?? 0) <= 1 && (ranges.at(-1)?.toMs ?? 0) > 1_000);
});

const unending = new AbortController().signal;

test('at a rate a message that goes out late counts from when it was due', async (t) => {
  const clock = new SimulatedClock();
  const tally = new Tally(new Uint8Array(8));
  const dues: number[] = [];
  const answers: ((isAnswered: boolean) => void)[] = [];
  const pacer = new Pacer(clock, tally, {durationMs: 1_000, rate: 100, outstanding: 5}, (dueAt) => {
    dues.push(dueAt);
    return new Promise((resolve) => answers.push(resolve));
  });
  const start = clock.now();
  const done = pacer.run(unending);
  clock.advance(500);
  // Five are open, and no more go out.
  t.is(dues.length, 5);
  for (const resolve of answers.splice(0)) resolve(true);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1);
  t.deepEqual(
    dues.slice(5).map((dueAt) => dueAt - start),
    [50, 60, 70, 80, 90],
  );
  for (const resolve of answers.splice(0)) resolve(false);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(12_000);
  t.is(await done, 1_000);
  t.like(tally, {answered: 5, failed: 5});
});

test('what is never answered is not waited for longer than 10 s, and stays open', async (t) => {
  const clock = new SimulatedClock();
  const tally = new Tally(new Uint8Array(8));
  const pace = {durationMs: 1_000, rate: undefined, outstanding: 3};
  const done = new Pacer(clock, tally, pace, () => new Promise(() => {})).run(unending);
  clock.advance(11_000);
  t.is(await done, 1_000);
  t.like(tally, {sent: 3, answered: 0, failed: 0, open: 3});
});

test('what fails at once is sent again at the next tick, and not in a circle', async (t) => {
  const clock = new SimulatedClock();
  const tally = new Tally(new Uint8Array(8));
  const pace = {durationMs: 10, rate: undefined, outstanding: 2};
  const done = new Pacer(clock, tally, pace, () => Promise.resolve(false)).run(unending);
  for (let ms = 0; ms < 11; ms++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1);
  }
  await done;
  t.like(tally, {sent: 20, failed: 20});
});

test('SIGINT ends a run before its time, and the result so far is printed, with exit code 130', async (t) => {
  const harness = await startRoom(t);
  const environment = {RAINBOW_SECURITY_TOKEN: securityToken};
  const args = ['bench', harness.gateway.url, '-c', '3', '-d', '300', '-r', '20', '--json'];
  const {process: child, ended} = await startCommand(t, 'rainbow', args, {environment});
  const progress = createInterface({input: child.stderr as Readable});
  for await (const line of progress) if (/ sent, /.test(line)) break;
  child.kill('SIGINT');
  const {code, stdout} = await ended;
  t.is(code, 130);
  const {interrupted, elapsedMs, messages} = JSON.parse(stdout) as Result & {interrupted: boolean; elapsedMs: number};
  t.true(interrupted);
  t.true(elapsedMs < 300_000 && messages.answered > 0);
});

test('latencies of a second and more are printed as whole milliseconds', (t) => {
  t.deepEqual([0.1234, 12.34, 999.6, 1_062, 12_345].map(milliseconds), [
    '0.123 ms',
    '12.3 ms',
    '1000 ms',
    '1060 ms',
    '12300 ms',
  ]);
});

test('an interrupted run ends at once, and waits a second for what is open', async (t) => {
  const clock = new SimulatedClock();
  const tally = new Tally(new Uint8Array(8));
  const interruption = new AbortController();
  const pace = {durationMs: 60_000, rate: 10, outstanding: 100};
  const done = new Pacer(clock, tally, pace, () => new Promise(() => {})).run(interruption.signal);
  clock.advance(2_000);
  const {sent} = tally;
  interruption.abort();
  clock.advance(1_000);
  t.is(await done, 2_000);
  t.is(tally.sent, sent);
});
