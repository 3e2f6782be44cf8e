// `rainbow trace` with a real gateway: the fate of a message, each way that it can end.

import type {ExecutionContext} from 'ava';
import test from 'ava';
import {answer, hang, success} from '../support/business-server.ts';
import type {Ended} from '../support/command.ts';
import {type Harness, type Overrides, securityToken, start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';
import {acknowledgeAll, type RawClient} from '../support/raw-client.ts';
import {room, single} from '../support/room.ts';
import {CommandHost} from './command-host.ts';

const traced: Overrides = {traceRate: 1};

const host = new CommandHost();
test.after.always('the commands end', () => host.end());

function trace(harness: Harness, ...args: readonly string[]): Promise<Ended> {
  const environment = {RAINBOW_URL: harness.gateway.url, RAINBOW_SECURITY_TOKEN: securityToken};
  return host.run(['trace', ...args], environment);
}

/** What the command says first. */
async function headline(t: ExecutionContext, harness: Harness, ...args: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await trace(harness, ...args);
  t.is(code, 0, stderr);
  return stdout.split('\n')[0] ?? '';
}

/** Nothing is known: exit code 1, and why on standard error. */
async function unknown(t: ExecutionContext, harness: Harness, args: readonly string[], why: RegExp): Promise<void> {
  const {code, stdout, stderr} = await trace(harness, ...args);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, why);
}

/** Publishes and gives the message's id. */
async function publish(harness: Harness, query: Readonly<Record<string, string | number>>): Promise<string> {
  return (await harness.api.send({channel: 'room', qos: 1, ...query})).json.message ?? '';
}

/** The id of the one publication that has begun; its caller has no answer yet. */
async function idOfOpen(harness: Harness, identity: string): Promise<string> {
  const {text} = await harness.api.call({method: 'GET', path: '/trace/', query: {identity}});
  const events = (JSON.parse(text) as {events: {message?: string}[]}).events;
  return events.findLast(({message}) => message?.startsWith('p'))?.message ?? '';
}

test('a message that all clients confirmed is shown as such, with its ladder', async (t) => {
  const {harness, clients, identities} = await room(t, 2, traced);
  for (const client of clients) acknowledgeAll(client, 'ok');
  const message = await publish(harness, {qos: 2});
  await harness.reaches('deliveriesConfirmed', 2);
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /^confirmed by 2 of 2\n/);
  for (const identity of identities) t.regex(stdout, new RegExp(`${identity}: confirmed after \\d+ ms \\(RB-17\\)`));
  const rungs = [
    '/send/ QoS 2 to room: publication p\\w+, type 1, 2 B, recipients',
    'outboundQos2 queued → awaitingRec, window.opened: transmit \\(RB-09\\)',
    '\\|<-- SEND q2 id \\d+ type 1, 2 B -+\\|',
    '\\|--- REC id \\d+, 2 B -+>\\|',
    '\\|<-- REL id \\d+ -+\\|',
    'confirmed 2 of 2: publication p|confirmed 1 of 1: publication p',
  ];
  for (const rung of rungs) t.regex(stdout, new RegExp(rung));
});

test('a message that was refused for a full queue is shown as such [RB-52]', async (t) => {
  const {harness, identity} = await single(t, {...traced, window: 1, queue: 1});
  void publish(harness, {timeout: 20});
  void publish(harness, {timeout: 20});
  await harness.reaches('deliveries', 2);
  const {message, refused} = (await harness.api.send({channel: 'room', qos: 1, timeout: 20})).json;
  t.is(refused, 1);
  const {stdout} = await trace(harness, message ?? '');
  t.regex(stdout, /^confirmed by 0 of 1; 1 refused, since its queue was full\n/);
  t.true(stdout.includes(`${identity}: its queue was full; it was not sent (RB-52)`));
});

test('a message that timed out is shown as such, with what that means for the client [RB-62]', async (t) => {
  const {harness, client, identity} = await single(t, {...traced, retryIntervalMs: 100});
  const message = await publish(harness, {timeout: 0.35});
  t.is((await client.parsed()).dup, false);
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /^confirmed by 0 of 1 when its 350 ms were up; 1 not confirmed when its time was up\n/);
  t.regex(
    stdout,
    new RegExp(`${identity}: sent \\d times, not confirmed when its time was up; the client may have it`),
  );
  t.regex(stdout, /SEND q1 id \d+ DUP/);
});

test('a message that waited for the window until its time was up has expired [RB-18]', async (t) => {
  const {harness, identity} = await single(t, {...traced, window: 1});
  void publish(harness, {timeout: 20});
  await harness.reaches('deliveries', 1);
  const message = await publish(harness, {timeout: 0.2});
  await harness.reaches('deliveriesExpired', 1);
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /; 1 expired before it could be sent\n/);
  t.true(stdout.includes(`${identity}: waited until its time was up, and was never sent (RB-18)`));
});

test('a message that reached no client says which client or channel it was for', async (t) => {
  const harness = await start(t, traced);
  const toChannel = await publish(harness, {channel: 'empty'});
  t.is(await headline(t, harness, toChannel), 'reached no client: no client was in empty');
  const {json} = await harness.api.send({identity: 'unknown-1', qos: 1});
  t.is(await headline(t, harness, json.message ?? ''), 'reached no client: no client is unknown-1');
});

test('a message that is still open is shown with its client, and with what it awaits', async (t) => {
  const {harness, client, identity} = await single(t, traced);
  void publish(harness, {qos: 2, timeout: 20});
  await client.parsed();
  const message = await idOfOpen(harness, identity);
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /^confirmed by 0 of 1, still open after .*; 1 still open\n/);
  t.regex(stdout, new RegExp(`${identity}: sent, awaits REC for .* \\(RB-14\\)`));
});

test('a message confirmed by 3 of 5 names the other two', async (t) => {
  const {harness, clients, identities} = await room(t, 5, traced);
  for (const client of clients.slice(0, 3)) acknowledgeAll(client);
  const message = await publish(harness, {timeout: scaled(1_000) / 1_000});
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /^confirmed by 3 of 5 when its \d+ m?s were up; 2 not confirmed when its time was up\n/);
  for (const identity of identities.slice(3)) {
    t.is(
      await headline(t, harness, message, '-i', identity),
      `${identity}: sent once, not confirmed when its time was up; the client may have it`,
    );
  }
});

test('a client that went away before it had confirmed is shown', async (t) => {
  const {harness, client, identity} = await single(t, traced);
  const published = publish(harness, {timeout: 20});
  await client.parsed();
  client.reset();
  const message = await published;
  const {stdout} = await trace(harness, message);
  t.regex(stdout, /^confirmed by 0 of 1; 1 gone before it confirmed\n/);
  t.regex(stdout, new RegExp(`${identity}: the client went away before it had confirmed, after \\d+ ms`));
});

test('a message at QoS 0 is shown as sent, because it is not confirmed', async (t) => {
  const {harness, client} = await single(t, traced);
  const message = await publish(harness, {qos: 0});
  await client.parsed();
  t.is(await headline(t, harness, message), 'sent at QoS 0 to 1 of 1 client; QoS 0 is not confirmed');
});

test('the reason why a client did not get a message is derived from its history', async (t) => {
  const {harness, clients, identities} = await room(t, 2, traced);
  const [stayer, leaver] = identities as [string, string];
  acknowledgeAll(clients[0] as RawClient);
  await harness.api.unsubscribe(leaver, 'room');
  const message = await publish(harness, {});
  const late = await harness.join();
  t.regex(await headline(t, harness, message, '-i', leaver), /: did not get it: it had left room \d+ ms before$/);
  t.regex(await headline(t, harness, message, '-i', late.identity), /: did not get it: it connected \d+ ms later$/);
  t.regex(await headline(t, harness, message, '-i', stayer), /: confirmed after \d+ ms$/);
  t.regex(
    await headline(t, harness, message, '-i', 'stranger'),
    /: did not get it: it was not in room when the message was sent$/,
  );
  const direct = await harness.api.send({identity: stayer, qos: 1});
  t.is(
    await headline(t, harness, direct.json.message ?? '', '-i', leaver),
    `${leaver}: did not get it: the message was for ${stayer} alone`,
  );
});

test("a client's message is followed to the business server and back", async (t) => {
  const {harness, client, identity} = await single(t, traced);
  harness.business.always('message', answer(200, 'yes'));
  client.sendMessage({qos: 2, id: 5, type: 7, payload: 'up'});
  t.is(await client.packet(), 'REC id 5 "yes"');
  const call = harness.business.calls('message').at(-1);
  const message = call?.header('RAINBOWMESSAGEID') ?? '';
  const {stdout} = await trace(harness, message);
  t.regex(
    stdout,
    new RegExp(`^a QoS 2 message of ${identity}: the business server has it after \\d+ ms; awaits REL\n`),
  );
  t.regex(stdout, /\|--- SEND q2 id 5 type 7, 2 B -+>\|/);
  t.regex(stdout, /\|--- message type 7, call \d+, 2 B -+>\|/);
  t.regex(stdout, /\|<-- accepted, call \d+, 3 B -+\|/);
});

test("a client's message whose call failed, or is under way, is shown as such", async (t) => {
  // Longer than a command may take to start on a busy machine: the second call shall still be under way then.
  const {harness, client, identity} = await single(t, {...traced, callTimeoutMs: 60_000});
  harness.business.once('message', answer(500), hang());
  client.sendMessage({qos: 1, id: 6, payload: 'up'});
  const failed = (await harness.business.next('message')).header('RAINBOWMESSAGEID') ?? '';
  await harness.reaches('callsFailed', 1);
  t.regex(await headline(t, harness, failed), /failed \(status 500\); the client got no answer/);
  client.sendMessage({qos: 1, id: 7, payload: 'up'});
  const open = (await harness.business.next('message')).header('RAINBOWMESSAGEID') ?? '';
  t.regex(
    await headline(t, harness, open),
    new RegExp(`^a QoS 1 message of ${identity}: the business server is asked, for`),
  );
});

test('with payloads a story shows what the business server answered to a call that failed', async (t) => {
  const {harness, client} = await single(t);
  t.is(await headline(t, harness, '--on', '60', '-t', '7', '--payloads'), 'tracing for 60 s');
  harness.business.once('message', answer(500, `<h1>Oops</h1>${'x'.repeat(1_000)}`));
  client.sendMessage({qos: 1, id: 6, type: 7, payload: 'up'});
  const failed = (await harness.business.next('message')).header('RAINBOWMESSAGEID') ?? '';
  await harness.reaches('callsFailed', 1);
  const {stdout} = await trace(harness, failed, '--payloads');
  t.regex(stdout, /^a QoS 1 message of .*: .* failed \(status 500, answer: <h1>Oops<\/h1>x{243}\);/);
  t.regex(stdout, /\|--- message type 7, call \d+, 2 B -+>\| {2}up\n/);
  t.regex(stdout, /\|<-- failed \(500\), call \d+ -+\| {2}<h1>Oops<\/h1>x{243}\n/);
  const plain = await trace(harness, failed);
  t.regex(plain.stdout, /failed \(status 500\);/);
  t.notRegex(plain.stdout, /Oops| {2}up\n/);
});

test('what was not traced is not known, and tracing can be switched on and off', async (t) => {
  const {harness, client} = await single(t);
  acknowledgeAll(client);
  const untraced = await publish(harness, {});
  await unknown(t, harness, [untraced], /: it was not traced, or longer ago .*\nTracing is off .* rainbow trace --on/);
  await unknown(t, harness, ['mabc'], /Tracing is off/);
  await unknown(t, harness, ['-i', 'unknown'], /unknown: not connected now; nothing of it was traced\nTracing is off/);
  t.is(await headline(t, harness, '--on', '60', '-c', 'room'), 'tracing for 60 s');
  t.is(await headline(t, harness, await publish(harness, {})), 'confirmed by 1 of 1');
  const elsewhere = await publish(harness, {channel: 'other'});
  await unknown(t, harness, [elsewhere], /nothing is known/);
  t.is(await headline(t, harness, '--off'), 'switched off');
  await unknown(t, harness, [await publish(harness, {})], /nothing is known/);
});

test('for an unknown message the traced share is shown, and the command exits with 1, with --json too', async (t) => {
  const harness = await start(t, {traceRate: 0.25, traceKeepMs: 60_000});
  await unknown(t, harness, ['p1'], /Tracing covers a share of 0\.25 .*kept for 60 s.* rainbow trace --on/);
  const {code, stdout} = await trace(harness, 'p1', '--json');
  t.is(code, 1);
  t.like(JSON.parse(stdout), {status: 0, isKnown: false, traceRate: 0.25, traceKeepMs: 60_000});
});

test('for a client all traced events are shown, with its present state', async (t) => {
  const {harness, client, identity} = await single(t, traced);
  acknowledgeAll(client);
  await publish(harness, {});
  t.regex(
    await headline(t, harness, '-i', identity),
    new RegExp(
      `^${identity}: connected \\(open.fresh\\), in 1 channels, 0 messages in flight, 0 waiting; \\d+ events are kept$`,
    ),
  );
  client.reset();
  await harness.reaches('connectionsClosed', 1);
  t.regex(await headline(t, harness, '-i', identity), /: not connected now; \d+ events are kept$/);
});

test('--json gives what the API gives, and a wrong call is refused', async (t) => {
  const harness = await start(t, traced);
  harness.business.always('connect', success());
  const message = await publish(harness, {channel: 'empty'});
  const {stdout} = await trace(harness, message, '--json');
  t.like(JSON.parse(stdout), {status: 0, message, headline: 'reached no client: no client was in empty', parts: []});
  t.is((await trace(harness)).code, 2);
  t.is((await trace(harness, message, '--follow', '--off')).code, 2);
  t.is((await trace(harness, '--on', 'abc')).code, 2);
  const known = await trace(harness, message, '-i', 'stranger', '--json');
  t.like(JSON.parse(known.stdout), {isKnown: true});
  for (const id of ['x1', 'P1', 'p', 'p1!', '5f3a0c']) {
    const refused = await trace(harness, id);
    t.is(refused.code, 2);
    t.regex(refused.stderr, /^rainbow: expected ID to be p… .*, got .+\. For a client use --identity ID\.\n$/);
  }
  const {status, text} = await harness.api.call({method: 'GET', path: '/trace/', query: {message: 'x1'}});
  t.is(status, 400);
  t.regex(text, /message is .*Send the id of a \/send\/ answer/);
  t.is((await harness.api.call({method: 'GET', path: '/trace/', credentials: {kind: 'none'}})).status, 401);
});
