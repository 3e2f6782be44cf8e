// docs/clients.md against a real gateway: each of its conversations is held, packet by packet, and its client is run.

import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {type WebSocket, WebSocketServer} from 'ws';
import {answer, success} from '../support/business-server.ts';
import {type Harness, start} from '../support/gateway.ts';
import type {RawClient} from '../support/raw-client.ts';
import {codeBlocks, readDocument} from './documents.ts';
import {type PacketLine, readPacketLines} from './packet-words.ts';

const blocks = codeBlocks(readDocument('docs/clients.md'));

for (const {code, line} of blocks.filter(({language, code}) => language === 'hex' && /^[<>]/.test(code))) {
  test(`the conversation at line ${line} goes as it is written`, async (t) => {
    const lines = readPacketLines(code);
    // A repeat may come only where the document shows one.
    const isRepeated = lines.some(({from, packet}) => from === 'gateway' && packet.kind === 'send' && packet.isDup);
    const harness = await start(t, isRepeated ? {retryIntervalMs: 200} : {});
    harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
    harness.business.always('message', answer(200, 'ok'));
    await new Conversation(t, harness, await harness.connect()).hold(lines);
  });
}

class Conversation {
  readonly #t: ExecutionContext;
  readonly #harness: Harness;
  readonly #client: RawClient;
  /** The gateway's ids: what the document calls them, and what they are. */
  readonly #ids = new Map<number, number>();
  #publication: Promise<string | undefined> | undefined;
  #reply = '';

  constructor(t: ExecutionContext, harness: Harness, client: RawClient) {
    this.#t = t;
    this.#harness = harness;
    this.#client = client;
  }

  async hold(lines: readonly PacketLine[]): Promise<void> {
    for (const line of lines) {
      if (line.from === 'client') this.#say(line);
      else await this.#hear(line);
    }
    this.#t.is((await this.#publication) ?? this.#reply, this.#reply);
  }

  #say({packet, bytes}: PacketLine): void {
    if (packet.kind === 'ack' || packet.kind === 'rec') this.#reply = Buffer.from(packet.reply).toString();
    this.#client.sendBytes(
      packet.kind === 'send' || packet.kind === 'rel' ? bytes : this.#translate(bytes, packet.id, 1),
    );
  }

  async #hear({packet, bytes, words}: PacketLine): Promise<void> {
    if (packet.kind === 'send' && !packet.isDup) {
      const {qos, type, payload} = packet;
      this.#publication = this.#harness.api
        .send({channel: 'room', qos, msgtype: type}, payload)
        .then(({json}) => json.data);
    }
    let got = await this.#client.packets.next();
    // Another repeat may cross what the client has said.
    while (packet.kind === 'rel' && got[0] === 0x1c) got = await this.#client.packets.next();
    if (packet.kind === 'send') this.#ids.set(packet.id, got.readUInt16BE(3));
    const isOfGateway = packet.kind === 'send' || packet.kind === 'rel';
    const expected = isOfGateway ? this.#translate(bytes, packet.id, packet.kind === 'send' ? 3 : 1) : bytes;
    this.#t.is(got.toString('hex'), Buffer.from(expected).toString('hex'), words);
  }

  /** With the gateway's id in place of the document's. */
  #translate(bytes: Uint8Array, id: number, offset: number): Buffer {
    const translated = Buffer.from(bytes);
    translated.writeUInt16BE(this.#ids.get(id) ?? id, offset);
    return translated;
  }
}

type Connect = (
  url: string,
  onMessage: (type: number, payload: Uint8Array) => unknown,
  options?: Readonly<Partial<Record<'retryMs' | 'backoffMs' | 'heartbeatMs' | 'answerMs', number>>>,
) => {send(type: number, payload: string, qos?: 0 | 1 | 2): Promise<Uint8Array | undefined>; close(): void};

const code = blocks.find(({language}) => language === 'js')?.code ?? '';
const {connect} = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {readonly connect: Connect};

interface Heard {
  readonly type: number;
  readonly text: string;
}

/** The document's client, connected to a gateway of its own. */
async function join(t: ExecutionContext, reply: () => unknown = () => 'yes') {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  harness.business.always('message', answer(200, 'ok'));
  const heard: Heard[] = [];
  const client = connect(
    `${harness.gateway.url.replace('http', 'ws')}/connect/`,
    (type, payload) => {
      heard.push({type, text: Buffer.from(payload).toString()});
      return reply();
    },
    {retryMs: 200},
  );
  t.teardown(() => client.close());
  await harness.reaches('connectionsOpened', 1);
  return {harness, client, heard};
}

for (const qos of [0, 1, 2] as const) {
  test(`the client of the document sends at QoS ${qos}, and answers at QoS ${qos}`, async (t) => {
    const {harness, client, heard} = await join(t);
    const reply = await sendWhenOpen(client, 7, 'hi', qos);
    if (qos > 0) t.is(Buffer.from(reply ?? []).toString(), 'ok');
    await harness.business.next('message');
    t.is(harness.business.calls('message')[0]?.path, '/message/7/');
    const published = await harness.api.send({channel: 'room', qos, msgtype: 9}, 'move');
    if (qos > 0) t.like(published.json, {connections: 1, data: 'yes'});
    // Behind it at QoS 1: what came before was heard.
    await harness.api.send({channel: 'room', qos: 1, msgtype: 1}, 'fence');
    t.deepEqual(heard[0], {type: 9, text: 'move'});
    t.is(heard.length, 2);
  });
}

/** The server lets a client in a moment before the client knows. */
async function sendWhenOpen(client: ReturnType<Connect>, type: number, payload: string, qos: 0 | 1 | 2) {
  for (;;) {
    try {
      return await client.send(type, payload, qos);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'not connected') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test('the client of the document repeats what is not answered, and a handler that throws still acknowledges [RB-60]', async (t) => {
  const {harness, client} = await join(t, () => {
    throw new Error('of the handler');
  });
  harness.business.once('message', answer(500));
  t.is(Buffer.from((await sendWhenOpen(client, 7, 'hi', 1)) ?? []).toString(), 'ok');
  const [first, second] = harness.business.calls('message');
  t.is(first?.header('RAINBOWMESSAGEID'), second?.header('RAINBOWMESSAGEID'));
  t.like((await harness.api.send({channel: 'room', qos: 2})).json, {connections: 1, data: ''});
});

test('the client of the document comes back, fails what was open, and forgets what it held', async (t) => {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0});
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const sockets: ((socket: WebSocket) => void)[] = [];
  const next = (): Promise<WebSocket> => new Promise((resolve) => sockets.push(resolve));
  server.on('connection', (socket) => sockets.shift()?.(socket));
  await new Promise((resolve) => server.once('listening', resolve));
  const heard: string[] = [];
  const first = next();
  const client = connect(
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    (_type, payload) => void heard.push(Buffer.from(payload).toString()),
    {backoffMs: 10},
  );
  t.teardown(() => client.close());
  const socket = await first;
  const held = Buffer.from('1400010007616161', 'hex');
  socket.send(held);
  await packet(socket);
  const open = sendWhenOpen(client, 1, 'x', 1);
  await packet(socket);
  const second = next();
  socket.close(1001);
  await t.throwsAsync(open, {message: 'closed with 1001; it may have arrived'});
  const again = await second;
  again.send(held);
  t.is((await packet(again)).toString('hex'), '300007');
  t.deepEqual(heard, ['aaa', 'aaa']);
});

test('the length of the client in the document is what the document says', (t) => {
  const count = code.trimEnd().split('\n').length;
  t.true(count > 90 && count <= 110, `${count} lines`);
});

test('the client of the document leaves a connection on which its heartbeat is not answered, and keeps one where it is', async (t) => {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0});
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const connected: WebSocket[] = [];
  const {promise: second, resolve} = Promise.withResolvers<WebSocket>();
  server.on('connection', (socket) => {
    connected.push(socket);
    if (connected.length === 2) resolve(socket);
  });
  await new Promise((listening) => server.once('listening', listening));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = connect(url, () => undefined, {backoffMs: 1, heartbeatMs: 20, answerMs: 1_000});
  t.teardown(() => client.close());
  // The first is silent.
  const socket = await second;
  for (let beats = 0; beats < 60; beats++) {
    t.is((await packet(socket)).toString('hex'), '40ffff');
    socket.send(Buffer.from('50ffff', 'hex'));
  }
  t.is(connected.length, 2);
});

async function packet(socket: WebSocket): Promise<Buffer> {
  return await new Promise((resolve) => socket.once('message', (data: Buffer) => resolve(data)));
}
