// The vectors against the server: packets and scenarios on the session actor, with the states of its charts, and all of
// them against a whole gateway over real sockets, by the same runner as `rainbow conformance`.

import {once} from 'node:events';
import test from 'ava';
import {type WebSocket, WebSocketServer} from 'ws';
import {playScenario} from '../../src/cli/conformance/player.ts';
import {describeReport} from '../../src/cli/conformance/report.ts';
import {testConformance} from '../../src/cli/conformance/session.ts';
import {readVectors} from '../../src/cli/conformance/vectors.ts';
import {ActorStage} from './actor-stage.ts';

const {packets, exchanges, stories} = readVectors();

test('each packet vector causes its call, its answer and its state, on a connection that stays [RB-58]', async (t) => {
  let stage = new ActorStage();
  for (const [place, vector] of packets.entries()) {
    // Fresh ones now and then, since ids are used over and over.
    if (place % 100 === 0) stage = new ActorStage();
    await t.notThrowsAsync(playPacket(stage, vector), vector.name);
  }
});

async function playPacket(stage: ActorStage, vector: (typeof packets)[number]): Promise<void> {
  const {counters} = stage.kit.context;
  const faults = counters.packetsFaulty;
  stage.send(Buffer.from(vector.in, 'hex'));
  if (counters.packetsFaulty - faults !== (vector.fault === undefined ? 0 : 1)) throw new Error('expected a fault');
  if (vector.call !== undefined) {
    const call = await stage.call();
    const payload = Buffer.from(call.payload).toString('hex');
    if (call.type !== vector.call.type || payload !== vector.call.payload) throw new Error(`got the call ${payload}`);
    await stage.answer(200, new Uint8Array(0));
  }
  const sent = await stage.leftovers();
  if (sent.join() !== vector.out.join()) throw new Error(`expected ${vector.out.join()}, got ${sent.join()}`);
  const {reads} = vector;
  if (reads?.kind !== 'send' || reads.qos === 0) return;
  const id = reads.id.toString(16).padStart(4, '0');
  const differences = stage.compareStates({[`inboundQos${reads.qos} ${id}`]: vector.after});
  if (differences.length > 0) throw new Error(differences.join());
  if (reads.qos === 1) return;
  stage.send(Buffer.from(`40${id}`, 'hex'));
  await stage.leftovers();
}

for (const scenario of [...exchanges, ...stories]) {
  test(`${scenario.name} [${scenario.rules.join('] [')}]`, async (t) => {
    const stage = new ActorStage();
    await t.notThrowsAsync(playScenario(scenario, stage));
    t.deepEqual(stage.kit.failures, []);
  });
}

test('a whole gateway meets all vectors over real sockets', async (t) => {
  const report = await testConformance({kind: 'self'});
  t.deepEqual(report.failures, []);
  t.deepEqual(report.played, {packets: packets.length, exchanges: exchanges.length, stories: stories.length});
});

test('a server that differs is found, vector by vector, and its report says how', async (t) => {
  // Answers REL by COM, as every server must; answers REC by COM too, and closes on an empty message.
  const servers = new WebSocketServer({host: '127.0.0.1', port: 0});
  t.teardown(() => servers.close());
  servers.on('connection', (socket: WebSocket) => {
    socket.on('message', (data: Buffer) => {
      if (data.length === 0) socket.close(1008);
      else if (data.length >= 3 && (data[0] ?? 0) >> 4 >= 3)
        socket.send(Buffer.concat([Buffer.of(0x50), data.subarray(1, 3)]));
    });
  });
  await once(servers, 'listening');
  const address = servers.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const names = ['REL, 3 of 3 bytes', 'REC, 3 of 3 bytes', 'REL, 0 of 3 bytes', 'ACK, 3 of 3 bytes'];
  const report = await testConformance(
    {
      kind: 'server',
      url: `ws://127.0.0.1:${port}/connect/`,
      token: 'tokentoken',
      businessHost: '127.0.0.1',
      businessPort: 0,
      retryMs: 1_000,
    },
    {
      packets: packets.filter(({name}) => names.includes(name)),
      exchanges: [],
      stories: stories.filter(({name}) => name.startsWith('REL is always answered')),
    },
  );
  t.deepEqual(
    report.failures.map(({name, reason}) => `${name}: ${reason}`),
    [
      'REC, 3 of 3 bytes: expected 400007 from the server, got 50 0007',
      'REL, 0 of 3 bytes: expected a message of the server, got the end of the connection, code 1008',
      // At the end of their lanes a message is sent, so that a packet too many would be seen; this server forwards none.
      'ACK, 3 of 3 bytes: expected a message call, got nothing within 10 s',
      'REL, 3 of 3 bytes: expected a message call, got nothing within 10 s',
      `${stories.find(({name}) => name.startsWith('REL is always'))?.name}: step 6, {"server":"40 1234"}: expected 40 1234 from the server, got 50 1234`,
    ],
  );
  t.is(describeReport(report).at(-1), 'vectors: 5 (4 packets, 0 exchanges, 1 stories); 5 failed');
});
