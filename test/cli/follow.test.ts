// `rainbow trace --follow` before a real gateway: packets as they are sent and received, until it is interrupted or the gateway ends.

import test, {type ExecutionContext} from 'ava';
import {TraceReader} from '../../src/story/trace-lines.ts';
import {type Running, startCommand} from '../support/command.ts';
import {until} from '../support/deadline.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {holdPorts} from '../support/ports.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {single} from '../support/room.ts';

interface Following {
  readonly command: Running;
  /** Settles once this was printed. */
  readonly prints: (format: RegExp) => Promise<void>;
}

async function follow(t: ExecutionContext, harness: Harness, ...args: readonly string[]): Promise<Following> {
  const environment = {RAINBOW_URL: harness.gateway.url, RAINBOW_SECURITY_TOKEN: securityToken};
  const command = await startCommand(t, 'rainbow', ['trace', '--follow', ...args], {environment});
  let printed = '';
  command.process.stdout?.on('data', (text: string) => {
    printed += text;
  });
  const prints = async (format: RegExp): Promise<void> => {
    await until(() => (format.test(printed) ? true : undefined), `${format} on the screen`);
  };
  // The gateway reports from now on.
  await command.firstLine;
  return {command, prints};
}

test('what is followed is drawn as it happens, and an interruption ends it well', async (t) => {
  const {harness, client} = await single(t);
  acknowledgeAll(client, 'yes');
  const {command, prints} = await follow(t, harness, '-c', 'room');
  t.regex(await command.firstLine, /client +gateway +business server/);
  await harness.api.send({channel: 'attic', qos: 1}, 'elsewhere');
  await harness.api.send({channel: 'room', qos: 1}, 'hello');
  await prints(/confirmed 1 of 1: publication p/);
  command.process.kill('SIGINT');
  const {code, stdout, stderr} = await command.ended;
  t.is(code, 0, stderr);
  t.regex(stdout, /\/send\/ QoS 1 to room: publication p\w+, type 1, 5 B/);
  t.regex(stdout, /\|<-- SEND q1 id \d+ type 1, 5 B -+\|[\s\S]*\|--- ACK id \d+, 3 B -+>\|/);
  t.notRegex(stdout, /attic|hello|yes/, 'nothing of another channel, and no payload');
});

test('it begins with what it covers [RB-66]', async (t) => {
  const {harness} = await single(t, {peers: [`127.0.0.1:${(await holdPorts(t, 1))[0]}`]});
  const {command, prints} = await follow(t, harness);
  await prints(/^\.\.\. shown from here on: this node only; not asked: 1 other node \(127\.0\.0\.1:\d+\) \.\.\.$/m);
  command.process.kill('SIGINT');
  const {stdout} = await command.ended;
  t.is(stdout.split('shown from here on').length - 1, 1);

  const alone = await start(t);
  const following = await follow(t, alone);
  await following.prints(/^\.\.\. shown from here on: the whole gateway: 1 thread, no other node \.\.\.$/m);
  following.command.process.kill('SIGINT');
  await following.command.ended;
});

test('with --json it prints the lines of the feed, whole', async (t) => {
  const {harness, client} = await single(t);
  acknowledgeAll(client);
  const {command, prints} = await follow(t, harness, '--json');
  await harness.api.send({channel: 'room', qos: 1});
  await prints(/"kind":"answered"/);
  command.process.kill('SIGTERM');
  const {code, stdout} = await command.ended;
  t.is(code, 0);
  const reader = new TraceReader();
  const lines = [...reader.read(stdout), ...reader.end()];
  t.false(reader.isCut);
  t.is(lines[0]?.kind, 'header');
  t.true(lines.some((line) => line.kind === 'packet' && line.packet.kind === 'ack'));
});

test('a gateway that ends is reported, and is a failure', async (t) => {
  const harness = await start(t);
  const {command} = await follow(t, harness);
  await harness.gateway.close();
  const {code, stderr} = await command.ended;
  t.is(code, 1);
  t.is(stderr, 'rainbow: the gateway ended the feed\n');
});
