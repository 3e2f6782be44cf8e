// One connection of `rainbow bench`, at a server that does what the test says.

import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {type WebSocket, WebSocketServer} from 'ws';
import {BenchClient} from '../../src/cli/bench/bench-client.ts';
import {makePayload, stamp} from '../../src/cli/bench/stamp.ts';
import {Tally} from '../../src/cli/bench/tally.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';

interface World {
  readonly client: BenchClient;
  readonly tally: Tally;
  readonly clock: SimulatedClock;
  /** The server's end. */
  readonly socket: WebSocket;
}

const run = Buffer.from('0123456789abcdef', 'hex');

async function open(t: ExecutionContext): Promise<World> {
  const server = new WebSocketServer({port: 0, host: '127.0.0.1'});
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const [clock, tally] = [new SimulatedClock(), new Tally(run)];
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await BenchClient.open(url, {timeoutMs: 600_000}, clock, tally);
  return {client, tally, clock, socket: (await accepted)[0]};
}

function send(head: string, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(head.replaceAll(' ', ''), 'hex'), payload]);
}

test('a message counts as one delivery, however often it comes and with or without DUP, and one of others as none', async (t) => {
  const {clock, tally, socket} = await open(t);
  const payload = makePayload(run, 16);
  clock.advance(1_000);
  const answers: string[] = [];
  const closed = once(socket, 'close');
  socket.on('message', (bytes: Buffer) => {
    answers.push(bytes.toString('hex'));
    if (answers.length === 6) socket.close();
  });
  for (const packet of [
    send('14 0001 0001', stamp(payload, 900)),
    send('14 0001 0001', stamp(payload, 900)),
    send('1c 0001 0001', stamp(payload, 900)),
    send('12 0001 0002', stamp(payload, 960)),
    send('1a 0001 0002', stamp(payload, 960)),
    send('12 0001 0003', makePayload(Buffer.alloc(8), 16)),
  ]) {
    socket.send(packet);
  }
  await closed;
  t.deepEqual(answers, ['300001', '300001', '300001', '200002', '200002', '200003']);
  t.is(tally.deliveries.summarize().count, 2);
  t.is(Math.round(tally.deliveries.percentile(1) / 10), 10);
  t.is(tally.repeats, 3);
  t.is(tally.strangers, 1);
});

test('where the connection ends, what is not answered has failed and the connection is lost', async (t) => {
  const {client, clock, tally, socket} = await open(t);
  const first = once(socket, 'message') as Promise<[Buffer]>;
  const answered = client.submit(7, 1, Buffer.from('a'));
  const id = (await first)[0].subarray(3, 5);
  socket.send(Buffer.concat([Buffer.of(0x20), id]));
  t.true(await answered);
  const unanswered = ([1, 2] as const).map((qos) => client.submit(7, qos, Buffer.from('b')));
  socket.terminate();
  t.deepEqual(await Promise.all(unanswered), [false, false]);
  t.false(client.isOpen);
  for (const qos of [0, 1, 2] as const) t.false(await client.submit(7, qos, Buffer.from('c')));
  t.is(tally.lost, 1);
  t.is(clock.pendingCount, 0);
});

test('a connection that the run ends is not lost', async (t) => {
  const {client, tally, socket} = await open(t);
  const closed = once(socket, 'close');
  client.close();
  t.is((await closed)[0], 1_000);
  t.is(tally.lost, 0);
});
