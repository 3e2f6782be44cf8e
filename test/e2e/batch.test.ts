// Batches on a whole gateway: on one thread, on two, and on three nodes, each answered as /send/ is.

import test from 'ava';
import type {ApiJson} from '../support/api.ts';
import {openBatch} from '../support/batch.ts';
import {success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {parse} from '../support/packets.ts';
import {acknowledgeAll} from '../support/raw-client.ts';

const clients = 6;
const lines = 300;

for (const threads of [1, 2]) {
  test(`a batch reaches every client in order, with threads = ${threads} [RB-45]`, async (t) => {
    const harness = await start(t, {threads});
    const {api, business, gateway} = harness;
    business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
    const got: string[][] = [];
    for (let count = 0; count < clients; count++) {
      const client = await harness.connect();
      const payloads: string[] = [];
      got.push(payloads);
      acknowledgeAll(client, 'ok');
      const acknowledge = client.onPacket;
      client.onPacket = (bytes) => {
        const packet = parse(bytes);
        if (packet.command === 'send' && !packet.dup) payloads.push(packet.payload.toString());
        acknowledge?.(bytes);
      };
    }
    const batch = openBatch(t, gateway.port, `/send/batch/?${new URLSearchParams(api.signature())}`);
    const expected: string[] = [];
    for (let line = 0; line < lines; line++) {
      if (line % 10 === 9) {
        batch.write('not a line\n');
      } else {
        batch.write({channel: 'room', qos: 1, timeout: 300, payload: `p${line}`});
        expected.push(`p${line}`);
      }
    }
    batch.end();
    const answers = await batch.rest();
    t.is(answers.length, lines);
    for (const [line, answer] of answers.entries()) {
      if (line % 10 === 9) t.like(answer, {status: 1, code: 'RB_PARAMETERS'});
      else t.like(answer, {status: 0, connections: clients, data: 'ok'});
    }
    for (const payloads of got) t.deepEqual(payloads, expected);
  });
}

test.serial('a batch reaches the clients of every node, and says so where one is missing', async (t) => {
  const {nodes} = await startCluster(t, 3);
  const members = [];
  for (const [place, node] of nodes.entries()) members.push(await node.join(`n${place}`));
  const [first, second, third] = nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error('Expected three nodes');

  const send = async (payloads: readonly string[]): Promise<readonly ApiJson[]> => {
    const batch = openBatch(t, second.port, `/send/batch/?${new URLSearchParams(second.api.signature())}`);
    for (const payload of payloads) batch.write({channel: 'room', qos: 2, timeout: 300, replies: 'all', payload});
    batch.end();
    return batch.rest();
  };

  const payloads = Array.from({length: 20}, (_, line) => `p${line}`);
  for (const answer of await send(payloads)) {
    t.like(answer, {status: 0, connections: 3});
    t.false('partial' in answer);
    t.deepEqual(answer.replies?.map(({data}) => data).toSorted(), ['n0', 'n1', 'n2']);
  }
  for (const {got} of members) t.deepEqual(got.toSorted(), payloads.toSorted());

  third.process.kill('SIGKILL');
  await third.exited;
  await until(async () => ((await second.metric('rainbow_nodes_missing')) === 1 ? true : undefined), 'a missing node');
  for (const answer of await send(['late'])) t.like(answer, {status: 0, connections: 2, partial: true});
});
