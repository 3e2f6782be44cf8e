// `rainbow connect` against a real gateway, and against a server that breaks off.

import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {stripVTControlCharacters} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {type WebSocket, WebSocketServer} from 'ws';
import {after, answer, success} from '../support/business-server.ts';
import {type Ended, type LogLine, projectPath, run, type Served, serve} from '../support/command.ts';
import {Latch} from '../support/deadline.ts';
import {type Harness, identityOf, start} from '../support/gateway.ts';

/** A gateway that puts each client into `room`. */
async function startRoom(t: ExecutionContext): Promise<Harness & {readonly url: string}> {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  return {...harness, url: harness.gateway.url.replace('http', 'ws')};
}

/** Runs `rainbow connect` to its end. */
async function connect(t: ExecutionContext, args: readonly string[], input = ''): Promise<Ended> {
  return await run(t, 'rainbow', ['connect', ...args], {input});
}

/** Starts `rainbow connect --json`, and reads its lines as they come. */
async function connectJson(t: ExecutionContext, ...args: readonly string[]): Promise<Served> {
  return await serve(t, process.execPath, [projectPath('bin/rainbow.js'), 'connect', '--json', ...args]);
}

function linesOf({stdout}: Ended): readonly LogLine[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

/** The next packet of a kind and direction. */
async function packet(served: Served, direction: 'in' | 'out', kind: string): Promise<LogLine> {
  for (;;) {
    const line = await served.event('packet');
    if (line.direction === direction && line.kind === kind) return line;
  }
}

test('a line at each QoS goes out, and the answer of the business server is shown when it comes', async (t) => {
  const {url, business} = await startRoom(t);
  business.always('message', answer(200, '{"n":1}'));
  const ended = await connect(t, ['--json', '-x', '7/0 zero', '-x', '8 {"a":1}', '-x', '9/2/hex 00ff', url]);
  t.is(ended.code, 0, ended.stderr);
  const lines = linesOf(ended);
  t.like(lines[0], {event: 'open', url: `${url}/connect/`});
  t.like(lines.at(-1), {event: 'closed', code: 1000});
  const sent = lines.filter(({direction, kind}) => direction === 'out' && kind === 'send');
  t.deepEqual(
    sent.map(({type, qos, id, payload, encoding}) => ({type, qos, id, payload, encoding})),
    [
      {type: 7, qos: 0, id: undefined, payload: 'zero', encoding: undefined},
      {type: 8, qos: 1, id: 1, payload: '{"a":1}', encoding: undefined},
      {type: 9, qos: 2, id: 2, payload: 'AP8=', encoding: 'base64'},
    ],
  );
  const answers = lines.filter(({answers}) => answers !== undefined);
  t.deepEqual(
    answers.map(({kind, id, reply, answers}) => [kind, id, reply, (answers as {readonly type: number}).type]),
    [
      ['ack', 1, '{"n":1}', 8],
      ['rec', 2, '{"n":1}', 9],
    ],
  );
  t.deepEqual(
    lines.filter(({kind}) => kind === 'rel' || kind === 'com').map(({direction, kind, id}) => [direction, kind, id]),
    [
      ['out', 'rel', 2],
      ['in', 'com', 2],
    ],
  );
  t.deepEqual(
    business.calls('message').map(({path, body}) => [path, body.toString('latin1')]),
    [
      ['/message/7/', 'zero'],
      ['/message/8/', '{"a":1}'],
      ['/message/9/', '\u0000\u00ff'],
    ],
  );
});

test('each message is acknowledged by its QoS with the reply that was asked for [RB-60]', async (t) => {
  const {url, api} = await startRoom(t);
  const served = await connectJson(t, url, '--reply', 'yes', '-w', '60');
  await served.event('open');
  const first = await api.send({channel: 'room', qos: 1, msgtype: 3}, 'one');
  t.like(first.json, {connections: 1, data: 'yes'});
  t.like(await packet(served, 'in', 'send'), {qos: 1, type: 3, payload: 'one', isDup: false});
  t.like(await packet(served, 'out', 'ack'), {reply: 'yes'});
  const second = await api.send({channel: 'room', qos: 2}, Buffer.from([0xff]));
  t.like(second.json, {connections: 1, data: 'yes'});
  const send = await packet(served, 'in', 'send');
  t.like(send, {qos: 2, payload: '/w==', encoding: 'base64'});
  t.like(await packet(served, 'out', 'rec'), {id: send.id, reply: 'yes'});
  t.like(await packet(served, 'in', 'rel'), {id: send.id});
  t.like(await packet(served, 'out', 'com'), {id: send.id});
});

test('headers, device and platform reach the business server', async (t) => {
  const {url, business} = await startRoom(t);
  const args = [
    `${url}/?room=den`,
    '-H',
    'name: ann',
    '-H',
    'X-Two:2',
    '--device',
    'd1',
    '--platform',
    'cli',
    '-w',
    '0',
  ];
  t.is((await connect(t, args)).code, 0);
  const [call] = business.calls('connect');
  t.is(call?.header('name'), 'ann');
  t.is(call?.header('x-two'), '2');
  t.is(call?.header('room'), 'den');
  t.is(call?.header('X-DEVICEID'), 'd1');
  t.is(call?.header('X-CLIENT-OS'), 'cli');
});

test('standard input is read line by line, and its end waits for what is not answered yet', async (t) => {
  const {url, business} = await startRoom(t);
  const latch = new Latch();
  business.always('message', after(latch, answer(200)));
  const ended = connect(t, ['--json', url, '-q', '2'], '1 first\n\n2/1 second\n/q\n3 never\n');
  await business.next('message');
  latch.release();
  const {code, stdout, stderr} = await ended;
  t.is(code, 0, stderr);
  t.false(stdout.includes('never'));
  t.deepEqual(
    business.calls('message').map(({path}) => path),
    ['/message/1/', '/message/2/'],
  );
});

test('for people a packet is a line, and JSON that is long is written below it', async (t) => {
  const {url, business} = await startRoom(t);
  const body = JSON.stringify({text: 'x'.repeat(80), evil: '\u001b[2J'});
  business.always('message', answer(200, body));
  const {code, stdout} = await connect(t, [url, '-x', '7 {"text":"hello"}'], '');
  t.is(code, 0);
  t.regex(stdout, /^\d\d:\d\d:\d\d\.\d{3} connected to ws:\S+\/connect\/$/m);
  t.regex(stdout, /^\d\d:\d\d:\d\d\.\d{3} > SEND type 7 qos 1 id 1 {2}\{"text":"hello"\}$/m);
  t.regex(
    stdout,
    /^\S+ < ACK {2}id 1 answers type 7 after \d+\.\d ms\n {4}\{\n {6}"text": "x+",\n {6}"evil": "\\u001b\[2J"\n {4}\}$/m,
  );
  t.regex(stdout, /^\S+ closed with 1000$/m);
  // NO_COLOR, and no terminal.
  t.is(stripVTControlCharacters(stdout), stdout);
});

test('a message that the business server does not answer makes the command fail', async (t) => {
  const {url, business} = await startRoom(t);
  business.always('message', answer(500, ''));
  const {code, stderr} = await connect(t, [url, '-x', '7 hi', '-w', '0.3']);
  t.is(code, 1);
  t.is(stderr, 'rainbow: 1 message without an answer\n');
});

test('an invalid line is reported, and makes the command fail at the end of a script', async (t) => {
  const {url, business} = await startRoom(t);
  const {code, stderr} = await connect(t, [url], 'hello\n/h\n70000 x\n1/3 x\n1/1/hex 0\n5 fine\n');
  t.is(code, 1);
  t.deepEqual(stderr.trim().split('\n'), [
    'rainbow: expected TYPE[/QOS][/hex] PAYLOAD, as 7 {"text":"hi"} or 7/2 hi or 7/0/hex 00ff; /q ends, got hello',
    'TYPE[/QOS][/hex] PAYLOAD, as 7 {"text":"hi"} or 7/2 hi or 7/0/hex 00ff; /q ends',
    'rainbow: expected a type from 0 to 65535, got 70000',
    'rainbow: expected qos 0, 1 or 2, got 3',
    'rainbow: expected an even number of hexadecimal digits',
  ]);
  t.is(business.calls('message').length, 1);
});

test('/q in a script ends it, and what was sent before is answered', async (t) => {
  const {url, business} = await startRoom(t);
  const ended = await connect(t, [url, '-x', '1 first', '-x', '/q', '-x', '2 never'], '3 nor this\n');
  t.is(ended.code, 0, ended.stderr);
  t.deepEqual(
    business.calls('message').map(({path}) => path),
    ['/message/1/'],
  );
});

test('a refusal is a failure that says with which status', async (t) => {
  const harness = await startRoom(t);
  harness.business.always('connect', answer(200, '{"status":"fail"}'));
  const {code, stdout, stderr} = await connect(t, [harness.url]);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /^rainbow: cannot connect: HTTP status 401: .*\(RB_CLIENT_REFUSED\)/);
  t.regex(stderr, /The business server answered the connect call and refused this client\. .* -H 'name: ann'\.\n$/);
  harness.business.always('connect', answer(500, '<p>broken</p>'));
  const failed = await connect(t, [harness.url]);
  t.is(failed.code, 1);
  t.regex(
    failed.stderr,
    /cannot connect: HTTP status 503: business server unavailable \(RB_BUSINESS_SERVER\).* run rainbow check/,
  );
  const lost = await connect(t, [new URL('/nosuch/', harness.url).href]);
  t.regex(
    lost.stderr,
    /cannot connect: HTTP status 404: no such path \(RB_NO_SUCH_PATH\)\. Clients connect to \/connect\/\.\n$/,
  );
});

test('a port without a server is reported as a failure', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const {port} = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const {code, stderr} = await connect(t, [`127.0.0.1:${port}`]);
  t.is(code, 1);
  t.regex(stderr, /^rainbow: cannot connect: .*ECONNREFUSED.*\. Nothing listens there: start the gateway, /);
});

test('the end of the connection by the gateway is shown, and is a failure', async (t) => {
  const harness = await startRoom(t);
  const served = await connectJson(t, harness.url);
  await served.event('open');
  await harness.business.next('connect');
  await harness.gateway.close();
  t.like(await served.event('closed'), {code: 1001, reason: 'shutting down'});
  t.is((await served.ended).code, 1);
});

/** A server that speaks packets by hand. */
async function startByHand(t: ExecutionContext, talk: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0});
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', talk);
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('a repeat before REL gets the same REC and is shown as one, and any REL gets COM [RB-21] [RB-24]', async (t) => {
  const got: string[] = [];
  const url = await startByHand(t, (socket) => {
    socket.on('message', (data: Buffer) => {
      got.push(data.toString('hex'));
      if (got.length === 5) socket.close(1000);
    });
    // With the answer to the handshake: nothing that comes at once is missed.
    for (const bytes of ['14 0001 0007 6869', '1c 0001 0007 6869', '40 0007', '40 0063', '14 0001 0007 6e6577']) {
      socket.send(hex(bytes));
    }
  });
  const ended = await connect(t, ['--json', url, '--reply', 'k', '-w', '60']);
  t.deepEqual(got, ['3000076b', '3000076b', '500007', '500063', '3000076b']);
  const repeats = linesOf(ended).filter(({direction, kind}) => direction === 'in' && kind === 'send');
  t.deepEqual(
    repeats.map(({isRepeat}) => isRepeat),
    [undefined, true, undefined],
  );
  t.is(ended.code, 1);
});

test('a REC that belongs to nothing is answered with REL, and what is no packet is shown [RB-19]', async (t) => {
  const got: string[] = [];
  const url = await startByHand(t, (socket) => {
    socket.on('message', (data: Buffer) => {
      got.push(data.toString('hex'));
      socket.close(4142, 'taken over');
    });
    socket.send(hex('f0'));
    socket.send('words');
    socket.send(hex('30 0009'));
  });
  const ended = await connect(t, ['--json', url, '-w', '60']);
  t.is(ended.code, 1);
  t.deepEqual(got, ['400009']);
  t.deepEqual(
    linesOf(ended)
      .filter(({event}) => event !== 'packet')
      .map(({event, content, encoding, code, reason}) => ({event, content, encoding, code, reason})),
    [
      {event: 'open', content: undefined, encoding: undefined, code: undefined, reason: undefined},
      {event: 'unreadable', content: '8A==', encoding: 'base64', code: undefined, reason: undefined},
      {event: 'unreadable', content: 'words', encoding: undefined, code: undefined, reason: undefined},
      {event: 'closed', content: undefined, encoding: undefined, code: 4142, reason: 'taken over'},
    ],
  );
});

for (const [args, message] of [
  [['ftp://x/'], /expected a ws or wss URL, got ftp:\/\/x\//],
  [['-H', 'no colon'], /expected a header as "name: value", got no colon/],
  [['-x', 'hello'], /expected TYPE\[\/QOS\]\[\/hex\] PAYLOAD/],
  [['-q', '3'], /Expected 0, 1 or 2/],
  [['-w', 'long'], /Expected seconds/],
] as const) {
  test(`rainbow connect ${args.join(' ')} is a usage error`, async (t) => {
    const {code, stderr} = await connect(t, args);
    t.is(code, 2);
    t.regex(stderr, message);
  });
}

test('two clients of the command have different identities', async (t) => {
  const {url, business, api} = await startRoom(t);
  const one = await connectJson(t, url, '-w', '60', '--reply', 'one');
  const identity = identityOf(await business.next('connect'));
  const two = await connectJson(t, url, '-w', '60', '--reply', 'two');
  await Promise.all([one.event('open'), two.event('open')]);
  t.like((await api.send({identity})).json, {connections: 1, data: 'one'});
  t.like((await api.send({channel: 'room', qos: 1})).json, {connections: 2});
});

test('SIGINT without a terminal closes the connection, prints its end, and exits with 0', async (t) => {
  const {url} = await startRoom(t);
  for (const wait of [[], ['-w', '300']]) {
    const served = await connectJson(t, url, ...wait);
    await served.event('open');
    served.process.kill('SIGINT');
    t.like(await served.event('closed'), {code: 1000});
    t.is((await served.ended).code, 0);
  }
});
