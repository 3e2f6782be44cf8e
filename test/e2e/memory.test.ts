// The whole command in a cgroup of 700 MiB, brought more than it may hold in each way there is: it holds no more than
// memory_max, refuses the rest, and lives.

import {randomBytes} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {hang, success} from './kit/business-server.ts';
import {until} from './kit/deadline.ts';
import {frame, opcodes} from './kit/frame.ts';
import {type Daemon, type IniKeys, startDaemon} from './kit/gateway.ts';
import {memoryGroup} from './kit/memory-group.ts';
import {acknowledgeAll, type RawClient} from './kit/raw-client.ts';
import {send} from './kit/wire.ts';

const mebibyte = 1_048_576;
const groupBytes = 700 * mebibyte;
/** What the documents promise of the group's limit. */
const heldBytesMax = Math.floor(groupBytes * 0.4);

/** A signature would be too old by the time that so many calls have been made. */
const key = randomBytes(16).toString('hex');

interface Bounded {
  readonly daemon: Daemon;
  readonly metric: (name: string) => Promise<number>;
  /** It is there, and holds no more than it may. */
  readonly lives: () => Promise<void>;
}

async function startBounded(t: ExecutionContext, keys: IniKeys = {}): Promise<Bounded | undefined> {
  const launcher = memoryGroup(t, groupBytes);
  if (launcher === undefined) {
    t.log('skipped: no cgroup can be made here, which takes root and a writable /sys/fs/cgroup');
    t.pass();
    return undefined;
  }
  const daemon = await startDaemon(t, {log_level: 'error', ...keys}, {launcher});
  async function metric(name: string): Promise<number> {
    const {text} = await daemon.api.get('/metrics/');
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }
  async function lives(): Promise<void> {
    t.is(daemon.process.exitCode, null, daemon.output);
    t.is(daemon.process.signalCode, null, 'not killed');
    t.is((await daemon.api.get('/hello/')).text, 'ok');
    t.is(await metric('rainbow_memory_max_bytes'), heldBytesMax);
    const held = await metric('rainbow_memory_held_bytes');
    t.true(held <= heldBytesMax, `holds ${held} bytes`);
  }
  return {daemon, metric, lives};
}

/** A message's frame, made once: masking takes longer than sending. */
function messageFrame(id: number, qos: 0 | 1, bytes: number): Buffer {
  return frame({opcode: opcodes.binary, payload: send({qos, id, payload: randomBytes(bytes)})});
}

const frames = Array.from({length: 15}, (_, place) => messageFrame(place + 1, 1, mebibyte - 100));

function sendAll(client: RawClient): void {
  for (const one of frames) client.sendRaw(one);
}

async function left({metric}: Bounded): Promise<void> {
  await until(async () => ((await metric('rainbow_connections')) === 0 ? true : undefined), 'all to be gone', 30_000);
}

test.serial('40 clients with 15 MB of messages each, and a business server that hangs', async (t) => {
  const bounded = await startBounded(t, {call_timeout: 60});
  if (bounded === undefined) return;
  const {daemon, metric, lives} = bounded;
  daemon.business.always('message', hang());
  const clients: RawClient[] = [];
  for (let count = 0; count < 40; count++) clients.push(await daemon.connect());
  for (const client of clients) sendAll(client);
  const isFull = async () => ((await metric('rainbow_memory_held_bytes')) > heldBytesMax * 0.75 ? true : undefined);
  await until(isFull, 'the memory to be tight', 60_000);
  await lives();
  t.true((await metric('rainbow_reads_paused_total')) > 0);
  for (const client of clients) client.socket.destroy();
  await left(bounded);
  await lives();
});

test.serial('320 MB of /send/ to clients that do not read', async (t) => {
  const bounded = await startBounded(t, {stall_timeout: 600, api_keys: key});
  if (bounded === undefined) return;
  const {daemon, metric, lives} = bounded;
  daemon.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients: RawClient[] = [];
  for (let count = 0; count < 20; count++) {
    const client = await daemon.connect();
    client.pause();
    clients.push(client);
  }
  const body = randomBytes(mebibyte - 100);
  const statuses = new Map<number, number>();
  const calls = Array.from({length: 320}, async () => {
    const query = {channel: 'room', qos: 1, timeout: 20};
    const {status} = await daemon.api.call({
      path: '/send/',
      query,
      body,
      credentials: {kind: 'bearer', key},
      ms: 60_000,
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  await Promise.all(calls);
  t.deepEqual(
    [...statuses.keys()].toSorted((one, other) => one - other),
    [200, 503],
  );
  t.is(statuses.get(503), await metric('rainbow_api_overloaded_total'));
  await lives();
  for (const client of clients) client.socket.destroy();
  await left(bounded);
  await until(
    async () => ((await metric('rainbow_memory_held_bytes')) < 10_000 ? true : undefined),
    'all to be let go',
  );
});

test.serial('60 rounds of clients that send 15 MB and leave', async (t) => {
  const bounded = await startBounded(t, {call_timeout: 5});
  if (bounded === undefined) return;
  const {daemon, metric, lives} = bounded;
  daemon.business.always('message', hang());
  for (let round = 0; round < 60; round++) {
    const client = await daemon.connect();
    sendAll(client);
    client.finish();
    await client.ended;
  }
  await left(bounded);
  await lives();
  t.true((await metric('rainbow_messages_in_withdrawn_total')) > 0);
});

test.serial('replies=all of 90 times 1 MiB', async (t) => {
  const bounded = await startBounded(t);
  if (bounded === undefined) return;
  const {daemon, lives} = bounded;
  daemon.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const reply = randomBytes(mebibyte - 100);
  for (let count = 0; count < 90; count++) acknowledgeAll(await daemon.connect(), reply);
  const {status, json} = await daemon.api.send({channel: 'room', qos: 1, timeout: 60, replies: 'all'}, 'x', 60_000);
  t.is(status, 200);
  t.like(json, {status: 0, connections: 90, truncated: true});
  const replies = json.replies ?? [];
  t.is(replies.length, 15);
  for (const {data, encoding} of replies) {
    t.is(encoding, 'base64');
    t.true(Buffer.from(data, 'base64').equals(reply));
  }
  await lives();
});

test.serial('a thousand small messages pin no buffers', async (t) => {
  const bounded = await startBounded(t, {call_timeout: 60, queue: 100_000});
  if (bounded === undefined) return;
  const {daemon, metric, lives} = bounded;
  daemon.business.always('message', hang());
  // Between a message of 10 bytes and the next one a fault, which nobody keeps, fills the socket's buffer.
  const noise = frame({opcode: opcodes.binary, payload: randomBytes(60_000).fill(0, 0, 1)});
  const clients = await Promise.all(Array.from({length: 8}, () => daemon.connect()));
  const before = await metric('process_resident_memory_bytes');
  for (let id = 1; id <= 800; id++) {
    for (const client of clients) {
      client.sendRaw(Buffer.concat([messageFrame(id, 1, 10), noise]));
      if (id % 50 === 0) await client.fence();
    }
  }
  await until(
    async () => ((await metric('rainbow_messages_in_total')) === 6_400 ? true : undefined),
    'all to have come',
  );
  const grown = (await metric('process_resident_memory_bytes')) - before;
  t.true(grown < 150 * mebibyte, `${grown} bytes more`);
  await lives();
});
