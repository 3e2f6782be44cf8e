// Questions to many clients: how many replies are waited for, which are listed, streamed and reduced, and what is said of those
// who did not reply. On one thread, on two, and on three nodes.

import test, {type ExecutionContext} from 'ava';
import type {Api} from '../support/api.ts';
import {type BusinessServer, success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {parse} from '../support/packets.ts';
import {connect, type RawClient} from '../support/raw-client.ts';
import {sendForLines} from '../support/reply-lines.ts';

/** A client in the room; it replies when the test says so. */
interface Guest {
  readonly client: RawClient;
  /** Ids of messages that it has and has not acknowledged. */
  readonly held: number[];
}

interface Room {
  readonly api: Api;
  readonly guests: readonly Guest[];
}

interface Place {
  readonly business: BusinessServer;
  readonly apis: readonly [Api, ...Api[]];
}

async function fill(t: ExecutionContext, {business, apis}: Place, count: number): Promise<Room> {
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const guests: Guest[] = [];
  while (guests.length < count) {
    const some = Array.from({length: Math.min(50, count - guests.length)}, (_, place) => place + guests.length);
    guests.push(...(await Promise.all(some.map((place) => enter(t, (apis[place % apis.length] as Api).port)))));
  }
  return {api: apis[0], guests};
}

async function enter(t: ExecutionContext, port: number): Promise<Guest> {
  const client = await connect(t, port);
  const held: number[] = [];
  client.onPacket = (bytes) => {
    const packet = parse(bytes);
    if (packet.command === 'send' && !packet.dup) held.push(packet.id);
  };
  return {client, held};
}

/** All have the message. */
async function allHave(guests: readonly Guest[]): Promise<void> {
  await until(() => (guests.every(({held}) => held.length > 0) ? true : undefined), 'the message at every client');
}

function reply({client, held}: Guest, text: string): void {
  client.sendAnswer('ack', held.shift() ?? 0, text);
}

const noTimeout = {qos: 1, timeout: 300} as const;

/** Proves wants and streams in a room of `count` with a slow, a silent and a failing client among them. */
async function proveWants(t: ExecutionContext, place: Place, count: number): Promise<void> {
  const {api, guests} = await fill(t, place, count);
  const [slow, silent, failing, ...quick] = guests as [Guest, Guest, Guest, ...Guest[]];
  const majority = Math.floor(count / 2) + 1;
  const other = place.apis.at(-1) as Api;

  let answered = other.send({channel: 'room', ...noTimeout, want: 1}, 'who?');
  await allHave(guests);
  const [first, ...later] = quick as [Guest, ...Guest[]];
  reply(first, 'me');
  const one = (await answered).json as Record<string, unknown>;
  t.like(one, {status: 0, connections: 1, data: 'me', want: 1, reached: true});
  t.like(one.outcomes, {confirmed: 1, timeout: 0, refused: 0, gone: 0, open: count - 1});
  // The message was for everybody: those who are slower are still there, and acknowledge it.
  for (const guest of later) reply(guest, '');

  answered = api.send({channel: 'room', ...noTimeout, want: 'majority'}, 'vote');
  let isAnswered = false;
  void answered.then(() => {
    isAnswered = true;
  });
  await until(() => (quick.every(({held}) => held.length > 0) ? true : undefined), 'the vote at every client');
  failing.client.reset();
  await place.business.take('close', 1);
  for (const guest of quick.slice(0, majority - 1)) reply(guest, 'aye');
  // A call after it is answered by every part of the gateway, and the vote is not.
  const {json} = await api.send({channel: 'empty', ...noTimeout});
  t.is(json.connections, 0);
  t.false(isAnswered, 'one is missing');
  reply(quick[majority - 1] as Guest, 'aye');
  const vote = (await answered).json as Record<string, unknown>;
  t.like(vote, {status: 0, connections: majority, data: 'aye', want: 'majority', reached: true});
  const {gone, open, ...others} = vote.outcomes as {readonly gone: number; readonly open: number};
  t.like(others, {confirmed: majority, timeout: 0, refused: 0});
  // Word of the one that failed may come from another part of the gateway later than the votes.
  t.true(gone + open === count - majority && gone <= 1, `${gone} gone, ${open} open`);
  for (const guest of quick) if (guest.held.length > 0) reply(guest, '');

  // Line by line: the first is there while the last has not answered.
  const left = count - 1;
  for (const {held} of [slow, silent]) held.length = 0;
  const opening = sendForLines(t, other, 'channel=room&qos=1&timeout=300&reduce=count', 'count');
  await allHave([slow, silent, ...quick]);
  reply(quick[0] as Guest, '1');
  const lines = await opening;
  t.like(await lines.next(), {outcome: 'confirmed', reply: '1'});
  for (const guest of quick.slice(1)) reply(guest, '1');
  for (let seen = 1; seen < quick.length; seen++) t.like(await lines.next(), {outcome: 'confirmed', reply: '1'});
  reply(slow, 'late');
  t.like(await lines.next(), {outcome: 'confirmed', reply: 'late'});
  silent.client.reset();
  const [end, ...none] = await lines.rest();
  t.deepEqual(none, []);
  t.like(end, {status: 0, connections: left - 1, data: 'late', reduced: left - 2, notJson: 1});
  t.like(end?.outcomes, {confirmed: left - 1, gone: 1, open: 0});
}

for (const threads of [1, 2]) {
  test.serial(
    `a thousand clients on ${threads} threads: one reply, a majority, and a line for each [RB-61]`,
    async (t) => {
      const {business, api} = await start(t, {threads});
      await proveWants(t, {business, apis: [api]}, 1_000);
    },
  );
}

test.serial('three nodes: one reply, a majority of all their clients, and a line for each [RB-61]', async (t) => {
  const {business, nodes} = await startCluster(t, 3);
  await proveWants(t, {business, apis: nodes.map(({api}) => api) as [Api, ...Api[]]}, 90);
});

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).toSorted();
}

async function proveDetails(t: ExecutionContext, place: Place): Promise<void> {
  const {api, guests} = await fill(t, place, 6);
  const [one, two, three, four, leaving, silent] = guests as [Guest, Guest, Guest, Guest, Guest, Guest];
  const ask = async (query: Readonly<Record<string, string>>, replies: readonly string[]) => {
    for (const {held} of guests) held.length = 0;
    const answered = api.send({channel: 'room', ...noTimeout, want: replies.length, ...query});
    await allHave([one, two, three, four, silent]);
    for (const [index, text] of replies.entries()) {
      reply(guests[index] as Guest, text);
      // One after the other, so that the order is known.
      await api.get('/hello/');
    }
    return (await answered).json as Record<string, unknown>;
  };
  const numbers = ['7', '"x"', '-3', '{"a":1}'];
  t.like(await ask({reduce: 'count'}, numbers), {connections: 4, reduced: 4, notJson: 0, mismatched: undefined});
  t.like(await ask({reduce: 'min'}, numbers), {reduced: -3, mismatched: 2, notJson: 0});
  t.like(await ask({reduce: 'max'}, ['no JSON', '', '2', '10']), {reduced: 10, notJson: 2, mismatched: undefined});
  t.like(await ask({reduce: 'min'}, ['no', 'number', 'at', 'all']), {reduced: null, notJson: 4});
  const list = await ask({reduce: 'list', replies: 'all'}, ['[1,\n2]', 'no JSON', 'null', '"é"']);
  t.deepEqual(sorted(list.reduced as unknown[]), ['"é"', '[1,2]', 'null']);
  t.is((list.replies as unknown[]).length, 4, 'the replies are listed as they came');
  const merged = await ask({reduce: 'merge'}, ['{"a":1,"__proto__":{"x":1}}', '{"b":{"c":2}}', '[1]', '{"d":4}']);
  t.deepEqual(sorted(Object.entries(merged.reduced as object)), [
    '["__proto__",{"x":1}]',
    '["a",1]',
    '["b",{"c":2}]',
    '["d",4]',
  ]);
  t.is(merged.mismatched, 1);

  // Every recipient with its outcome: two confirm, one leaves, the others have not answered when it is enough.
  for (const {held} of guests) held.length = 0;
  const answered = api.send({channel: 'room', ...noTimeout, want: 2, detail: 'recipients'});
  await allHave(guests);
  reply(one, 'yes');
  leaving.client.reset();
  await place.business.take('close', 1);
  two.client.sendAnswer('ack', two.held.shift() ?? 0, Uint8Array.of(0xff));
  const detailed = (await answered).json as Record<string, unknown>;
  t.like(detailed, {connections: 2, want: 2, reached: true});
  const recipients = detailed.recipients as readonly Record<string, unknown>[];
  t.is(new Set(recipients.map(({identity}) => identity)).size, 6);
  const outcomes = Object.groupBy(recipients, ({outcome}) => String(outcome));
  t.like(outcomes, {confirmed: {length: 2}, gone: {length: 1}, open: {length: 3}});
  const replies = outcomes.confirmed?.map(({reply: text, encoding}) => [text, encoding]);
  t.deepEqual(sorted(replies ?? []), ['["/w==","base64"]', '["yes",null]']);
  t.true(recipients.every(({ms}) => Number.isInteger(ms)));

  // Nothing is waited for that cannot come any more.
  for (const {held} of guests) held.length = 0;
  const impossible = api.send({channel: 'room', ...noTimeout, want: 5, detail: 'recipients'});
  await allHave([one, two, three, four, silent]);
  for (const guest of [one, two]) reply(guest, 'yes');
  three.client.reset();
  t.like((await impossible).json, {connections: 2, want: 5, reached: false});

  // At the timeout each that is left is late.
  const timed = await api.send({channel: 'room', qos: 1, timeout: 1, detail: 'recipients'});
  const late = timed.json as Record<string, unknown>;
  t.like(late, {status: 1, code: 'RB_TIMEOUT', connections: 0});
  const lateOnes = (late.recipients as readonly Record<string, unknown>[]).map(({outcome}) => outcome);
  t.deepEqual(lateOnes, ['timeout', 'timeout', 'timeout', 'timeout']);
}

for (const threads of [1, 2]) {
  test.serial(`each recipient with its outcome, and replies reduced to one value, on ${threads} threads`, async (t) => {
    const {business, api} = await start(t, {threads});
    await proveDetails(t, {business, apis: [api]});
  });
}

test.serial('each recipient with its outcome, and replies reduced to one value, on three nodes', async (t) => {
  const {business, nodes} = await startCluster(t, 3);
  await proveDetails(t, {business, apis: nodes.map(({api}) => api) as [Api, ...Api[]]});
});

test.serial('a node that is killed makes a gathering partial, and neither a majority nor all', async (t) => {
  const {business, nodes} = await startCluster(t, 3);
  const {guests} = await fill(t, {business, apis: nodes.map(({api}) => api) as [Api, ...Api[]]}, 6);
  const [first, , third] = nodes;
  if (first === undefined || third === undefined) throw new Error('Expected three nodes');
  const answered = first.api.send({channel: 'room', ...noTimeout, want: 'all', detail: 'recipients'});
  await allHave(guests);
  reply(guests[2] as Guest, 'in time');
  for (const guest of [guests[0], guests[1], guests[3], guests[4]]) reply(guest as Guest, 'yes');
  await until(
    async () => ((await third.metric('rainbow_deliveries_confirmed_total')) === 1 ? true : undefined),
    'a reply',
  );
  third.process.kill('SIGKILL');
  const {json} = await answered;
  const all = json as Record<string, unknown>;
  t.like(all, {status: 0, partial: true, want: 'all', reached: false});
  t.true((json.connections ?? 0) >= 4 && (json.connections ?? 0) <= 5);
  t.is((all.recipients as readonly unknown[]).length, 6, 'each one that was sent the message is there');
});

test.serial('a caller that leaves ends the gathering, and not the delivery', async (t) => {
  const harness = await start(t, {threads: 1});
  const {api, guests} = await fill(t, {business: harness.business, apis: [harness.api]}, 3);
  const opening = sendForLines(t, api, 'channel=room&qos=1&timeout=300');
  await allHave(guests);
  reply(guests[0] as Guest, 'one');
  const lines = await opening;
  t.like(await lines.next(), {reply: 'one'});
  lines.leave();
  for (const guest of guests.slice(1)) reply(guest, 'late');
  await harness.reaches('deliveriesConfirmed', 3);
  t.is(harness.counter('deliveriesLate'), 0);
});
