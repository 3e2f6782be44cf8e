// `rainbow business` in front of a real gateway: what it shows, and what it answers.

import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {describeMode, pressKey} from '../../src/cli/business/mode.ts';
import {callbackNonce, signedQuery} from '../../src/protocol/signature.ts';
import {type LogLine, projectPath, run, serve, writeIn} from '../support/command.ts';
import {securityToken, start} from '../support/gateway.ts';

const script = projectPath('bin/rainbow.js');
const environment = {RAINBOW_SECURITY_TOKEN: securityToken};

/** The command with `--json`, on a port of its own. */
async function stub(t: ExecutionContext, ...args: readonly string[]) {
  const served = await serve(t, process.execPath, [script, 'business', '-p', '0', '--json', ...args], {environment});
  const {url} = await served.event('business.started');
  return {...served, url: String(url)};
}

let nonces = 0;

async function call(
  url: string,
  path: string,
  fields: {headers?: Record<string, string>; body?: string; query?: string} = {},
) {
  const {headers = {}, body, query = signedQuery(securityToken, Date.now(), callbackNonce(++nonces))} = fields;
  const response = await fetch(`${url}${path}?${query}`, {
    headers: {RAINBOWCLIENTIDENTITY: 'one', ...headers},
    ...(body !== undefined && {method: 'POST', body}),
  });
  return {status: response.status, headers: response.headers, text: await response.text()};
}

test('a gateway in front of it lets clients in, and every call and answer is a line', async (t) => {
  const {url, event} = await stub(t, '--join', 'lobby', '--join', '部屋', '--cookie', 'sweet');
  t.true(url.startsWith('http://127.0.0.1:'));
  const urls = {connectUrl: `${url}/connect/`, forwardUrl: `${url}/message/`, closeUrl: `${url}/close/`};
  const harness = await start(t, urls);
  const {gateway, api} = harness;
  const client = await harness.connect({path: '/connect/?name=ann'});
  const connected = await event('business.called');
  t.like(connected, {call: 1, kind: 'connect', signature: 'ok'});
  t.is((connected.headers as Record<string, string>).name, 'ann');
  const letIn = await event('business.answered');
  t.like(letIn, {call: 1, status: 200, body: '{"status":"success"}'});
  t.like(letIn.headers, {rainbowclientchannel: 'lobby;;部屋', rainbowclientcookie: 'sweet'});

  client.sendMessage({qos: 1, type: 7, id: 1, payload: 'hello'});
  t.is((await client.parsed()).payload.toString(), 'hello');
  const message = await event('business.called');
  t.like(message, {call: 2, kind: 'message', type: 7, isRepeat: false, signature: 'ok', body: 'hello'});
  t.like(message.headers, {rainbowclientcookie: 'sweet'});
  t.is(message.identity, connected.identity);
  t.is((await api.send({channel: '部屋', qos: 0})).json.status, 0);
  t.is((await client.parsed()).payload.toString(), 'hi');
  await gateway.close();
  t.like(await event('business.called'), {kind: 'close', signature: 'ok'});
});

test('a wrong signature is refused, and the reason is printed', async (t) => {
  const {url, event} = await stub(t);
  const stale = signedQuery(securityToken, Date.now() - 60_000, callbackNonce(1));
  for (const [query, code, detail] of [
    ['', 'RB_SIGNATURE_MISSING', /^The call has no signature\. Send timestamp, nonce/],
    [
      signedQuery('another', Date.now(), '1'),
      'RB_SIGNATURE',
      /^The signature does not match .* security_token of the gateway\.$/,
    ],
    [stale, 'RB_SIGNATURE_EXPIRED', /^The timestamp is 6\d\.\d s behind \(limit 10 s\)/],
  ] as const) {
    t.is((await call(url, '/connect/', {query})).status, 403);
    const line = await event('business.called');
    t.is(line.signature, code);
    t.regex(String(line.detail), detail);
    t.is((await event('business.answered')).status, 403);
  }
});

test('flags say what is answered', async (t) => {
  const {url} = await stub(t, '--refuse', '--answer', '{"ok":true}', '--join', 'lobby');
  const refused = await call(url, '/connect/');
  t.is(refused.text, '{"status":"fail"}');
  t.is(refused.headers.get('RAINBOWCLIENTCHANNEL'), null);
  t.is((await call(url, '/message/7/', {body: 'x'})).text, '{"ok":true}');
});

test('--fail answers 500, and a repeated message is shown as such', async (t) => {
  const {url, event} = await stub(t, '--fail');
  const headers = {RAINBOWMESSAGEID: 'm1'};
  const repeats: unknown[] = [];
  for (const _ of ['first', 'again']) {
    t.is((await call(url, '/message/7/', {headers, body: 'x'})).status, 500);
    repeats.push((await event('business.called')).isRepeat);
  }
  t.deepEqual(repeats, [false, true]);
});

test('a file says what is answered by type, before the flags; one entry can wait, fail or hang', async (t) => {
  const file = await writeIn(
    t,
    'answers.json',
    JSON.stringify({
      connect: {body: {status: 'success', identity: 'user-17'}, headers: {RAINBOWCLIENTCHANNEL: '部屋'}},
      7: {status: 202, body: {n: [1]}, delayMs: 30},
      8: {fail: true},
      9: {hang: true},
      10: {body: null},
      11: {status: 204},
      default: {body: 'else', fail: false},
    }),
  );
  const {url, event} = await stub(t, '--script', file, '--answer', 'flag', '--fail');
  t.is((await call(url, '/connect/')).status, 500);
  t.is((await call(url, '/message/7/', {body: 'x'})).status, 500);
  t.is((await call(url, '/message/1/', {body: 'x'})).text, 'else');
  // Ends with the process, at the end of the test.
  call(url, '/message/9/', {body: 'x'}).catch(() => {});
  let hanging: LogLine;
  do hanging = await event('business.called');
  while (hanging.type !== 9);
  t.is((await call(url, '/message/8/', {body: 'x'})).status, 500);
  t.is((await event('business.answered')).call, Number(hanging.call) + 1);

  const calm = await stub(t, '--script', file);
  const letIn = await call(calm.url, '/connect/');
  t.is(letIn.text, '{"status":"success","identity":"user-17"}');
  t.is(Buffer.from(letIn.headers.get('RAINBOWCLIENTCHANNEL') ?? '', 'latin1').toString(), '部屋');
  const answered = await call(calm.url, '/message/7/', {body: 'x'});
  t.deepEqual([answered.status, answered.text], [202, '{"n":[1]}']);
  await calm.event('business.answered');
  t.true(Number((await calm.event('business.answered')).tookMs) >= 29);
  t.is((await call(calm.url, '/message/10/', {body: 'x'})).text, 'null');
  t.is((await call(calm.url, '/message/11/', {body: 'x'})).status, 204);
});

test('an invalid file is a usage error with every fault', async (t) => {
  const broken = await writeIn(t, 'answers.json', '{"7": {"stauts": 200, "delayMs": -1}, "join": {}}');
  const {code, stderr} = await run(t, 'rainbow', ['business', '-p', '0', '--script', broken], {environment});
  t.is(code, 2);
  t.regex(stderr, /stauts/);
  t.regex(stderr, /7\.delayMs/);
  t.regex(stderr, /join/);
  const noJson = await writeIn(t, 'answers.json', '{');
  t.is((await run(t, 'rainbow', ['business', '-p', '0', '--script', noJson], {environment})).code, 2);
  t.is((await run(t, 'rainbow', ['business', '-p', '0', '--script', 'absent.json'], {environment})).code, 1);
});

test('a person reads lines, nothing steers the terminal, and colour comes only where it is wanted', async (t) => {
  const plain = await readPerson(t, {});
  t.regex(plain, /^Business server on http:\/\/127\.0\.0\.1:\d+: .*Ctrl-C ends it\.\n/);
  t.regex(plain, /^\d\d:\d\d:\d\d\.\d{3} #1 message 7 signature ok\n {2}from one, message m1\n/m);
  t.regex(plain, /^ {4}x-odd: yes\n/m);
  t.regex(plain, /^ {4}\\u001b\[2Jhi\n/m);
  t.regex(plain, /^ {2}answer to #1 200 in \d+ ms\n/m);
  t.regex(plain, /^.* #2 GET \/odd\/ RB_SIGNATURE_MISSING: The call has no signature/m);
  t.false(plain.includes('\u001b'));
  t.true((await readPerson(t, {NO_COLOR: '', FORCE_COLOR: '1'})).includes('\u001b[32msignature ok\u001b[39m'));
});

/** What is written for a person about two calls. */
async function readPerson(t: ExecutionContext, more: Readonly<Record<string, string>>): Promise<string> {
  const {PATH = ''} = process.env;
  const child = spawn(process.execPath, [script, 'business', '-p', '0'], {
    env: {PATH, NO_COLOR: '1', ...environment, ...more},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  const url = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const headers = {RAINBOWMESSAGEID: 'm1', 'x-odd': 'yes'};
  await call(await url, '/message/7/', {headers, body: '\u001b[2Jhi'});
  await call(await url, '/odd/', {query: ''});
  child.kill('SIGTERM');
  t.is(await closed, 0);
  return output;
}

test('a port that is taken is a failure that says which', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  t.teardown(() => other.close());
  const {port} = other.address() as AddressInfo;
  const {code, stderr} = await run(t, 'rainbow', ['business', '-p', String(port)], {environment});
  t.is(code, 1);
  t.regex(
    stderr,
    new RegExp(`cannot listen on 127\\.0\\.0\\.1, port ${port}: another program uses the port; .* --port PORT`),
  );
});

test('keys switch failing, hanging and waiting on and off', (t) => {
  const still = {delayMs: 0, isFailing: false, isHanging: false};
  t.is(pressKey(still, 'x'), undefined);
  for (const [key, said] of [
    ['f', 'fails'],
    ['h', 'hangs'],
    ['d', 'answers after 3 s'],
  ] as const) {
    const mode = pressKey(still, key) ?? still;
    t.is(describeMode(mode), said);
    t.deepEqual(pressKey(mode, key), still);
  }
  t.is(describeMode({delayMs: 1_500, isFailing: true, isHanging: false}), 'fails after 1.5 s');
});
