// `rainbow ps`, `kick` and `top` against a real gateway with real clients.

import test, {type ExecutionContext} from 'ava';
import {success} from '../support/business-server.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {CommandHost} from './command-host.ts';

const host = new CommandHost();
test.after.always('the commands end', () => host.end());

interface Room {
  readonly harness: Harness;
  readonly rainbow: (...args: readonly string[]) => ReturnType<CommandHost['run']>;
}

/** A gateway whose clients come into the channel `room` under the identities `c1`, `c2`, … of the user `ann`. */
async function room(t: ExecutionContext): Promise<Room> {
  const harness = await start(t, {retryIntervalMs: 60_000});
  let count = 0;
  harness.business.always('connect', (response, call) =>
    success({RAINBOWCLIENTCHANNEL: 'room'}, {identity: `c${++count}`, user: 'ann'})(response, call),
  );
  const environment = {RAINBOW_SECURITY_TOKEN: securityToken, RAINBOW_URL: harness.gateway.url};
  return {harness, rainbow: (...args) => host.run(args, environment)};
}

test('ps lists clients, the members of a channel, one client with its channels, and channels', async (t) => {
  const {harness, rainbow} = await room(t);
  for (let count = 0; count < 3; count++) await harness.join();
  const all = await rainbow('ps');
  t.is(all.code, 0, all.stderr);
  const [head = '', ...rows] = all.stdout.trimEnd().split('\n');
  t.regex(head, /^IDENTITY +USER +ADDRESS +STATE +FOR +SILENT +CHANNELS$/);
  t.deepEqual(
    rows.map((row) => row.split(/ +/).slice(0, 4)),
    [1, 2, 3].map((number) => [`c${number}`, 'ann', '127.0.0.1', 'open.fresh']),
  );
  for (const filter of [['room'], ['--prefix', 'c']]) {
    t.deepEqual((await rainbow('ps', ...filter)).stdout.match(/^c\d/gm), ['c1', 'c2', 'c3']);
  }
  t.regex((await rainbow('ps', '-i', 'c2')).stdout, /^c2 .* room$/m);
  t.is((await rainbow('ps', '--channels')).stdout, 'CHANNEL  CLIENTS\nroom           3\n');
});

test('ps lists as many as it may, says how many more there are, and that the list is empty', async (t) => {
  const {harness, rainbow} = await room(t);
  for (let count = 0; count < 3; count++) await harness.join();
  const {stdout, stderr} = await rainbow('ps', '-n', '2', '--json');
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as {identity: string}).identity),
    ['c1', 'c2'],
  );
  t.is(stderr, 'rainbow: 1 more; see --limit\n');
  t.is((await rainbow('ps', '--limit', '0', '--json')).stdout.trimEnd().split('\n').length, 3);
  t.deepEqual(await rainbow('ps', 'elsewhere'), {code: 0, stdout: '', stderr: 'rainbow: none\n'});
});

test('ps fails where the gateway refuses, and says why', async (t) => {
  const {rainbow} = await room(t);
  const {code, stderr} = await rainbow('ps', '--token', 'of-someone-else');
  t.is(code, 1);
  t.regex(stderr, /^rainbow: signature error.*\(RB_SIGNATURE\)\n$/);
});

test('kick ends the connections of its target, and counts them', async (t) => {
  const {harness, rainbow} = await room(t);
  const clients = [];
  for (let count = 0; count < 4; count++) clients.push((await harness.join()).client);
  const one = await rainbow('kick', 'c1', '--reason', 'signed out');
  t.deepEqual(one, {code: 0, stdout: '1 client disconnected\n', stderr: ''});
  t.deepEqual(await clients[0]?.closeFrame(), {code: 4152, reason: 'signed out'});
  t.is((await rainbow('kick', '--prefix', 'c2', '--code', '4001')).stdout, '1 client disconnected\n');
  t.is((await clients[1]?.closeFrame())?.code, 4001);
  const rest = await rainbow('kick', '--channel', 'room', '--after', '30', '--json');
  t.like(JSON.parse(rest.stdout), {status: 0, connections: 2});
  t.deepEqual(await rainbow('kick', '--user', 'ann'), {code: 1, stdout: '0 clients disconnected\n', stderr: ''});
});

test('kick takes exactly one target', async (t) => {
  const {rainbow} = await room(t);
  for (const args of [[], ['c1', '--user', 'ann'], ['--channel', 'a', '--prefix', 'b']]) {
    const {code, stderr} = await rainbow('kick', ...args);
    t.is(code, 2);
    t.regex(stderr, /expected one of IDENTITY, --user, --channel and --prefix/);
  }
});

test('top shows rates, calls, and the client that does not acknowledge', async (t) => {
  const {harness, rainbow} = await room(t);
  const {client} = await harness.join();
  void harness.api.send({channel: 'room', qos: 1}).catch(() => {});
  await client.packet();
  const {code, stdout, stderr} = await rainbow('top', '--count', '2', '--interval', '1');
  t.is(code, 0, stderr);
  t.regex(stdout, /1 clients {2}1 channels {2}1 node /);
  t.regex(stdout, /^Per second: packets in 0\.0, deliveries /m);
  t.regex(stdout, /^CALLS +PER SECOND/m);
  t.regex(stdout, /^Do not acknowledge\nIDENTITY .*\nc1 +ann +1 +0 /m);
});
