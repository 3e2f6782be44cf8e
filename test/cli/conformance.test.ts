// What a conformance run notices at a single packet vector, behind which no other one comes.

import test from 'ava';
import {startOwnGateway} from '../../src/cli/conformance/own-gateway.ts';
import {testConformance} from '../../src/cli/conformance/session.ts';
import {type PacketVector, readVectors} from '../../src/cli/conformance/vectors.ts';
import {holdPort} from '../support/ports.ts';
import {startRelay} from './conformance-relay.ts';

const {packets} = readVectors();

function send(qos: 0 | 1 | 2): PacketVector {
  const found = packets.find(({reads, call}) => reads?.kind === 'send' && reads.qos === qos && call !== undefined);
  if (found === undefined) throw new Error(`Expected a vector with a call at QoS ${qos}`);
  return found;
}

const rel = packets.find(({reads, out}) => reads?.kind === 'rel' && out.length === 1);
const garbage = packets.find(({fault}) => fault !== undefined);

/** A RELs and COMs of a run's own are of ids from here on. */
const fenceIdMin = 0xe000;

function isOfFence(packet: Uint8Array): boolean {
  return packet[0] === 0x50 && (packet[1] ?? 0) << 8 >= fenceIdMin;
}

for (const [what, vector, command] of [
  ['an ACK', send(1), 2],
  ['a REC', send(2), 3],
  ['the COM behind a REC', send(2), 5],
  ['the COM of a REL', rel, 5],
] as const) {
  test(`a conformance run fails where a server sends ${what} twice, also with its last packet`, async (t) => {
    const reason = await reasonOfRun(t, vector, (packet, pass) => {
      pass(packet);
      if (!isOfFence(packet) && (packet[0] ?? 0) >> 4 === command) pass(packet);
    });
    t.regex(reason, /^expected .*, got /);
  });
}

for (const [what, vector] of [
  ['a message without an answer', send(0)],
  ['what is no packet', garbage],
] as const) {
  test(`a conformance run fails where a server answers ${what}`, async (t) => {
    let answers = 0;
    const reason = await reasonOfRun(t, vector, (packet, pass) => {
      if (isOfFence(packet) && answers++ === 0) pass(Uint8Array.of(0x50, 0, 1));
      pass(packet);
    });
    t.regex(reason, /expected nothing .*got /);
  });
}

test('a conformance run of one packet against the gateway itself fails nowhere', async (t) => {
  for (const vector of [send(0), send(1), send(2), rel, garbage]) {
    t.is(await reasonOfRun(t, vector, (packet, pass) => pass(packet)), 'none');
  }
});

/** Why the run of this one vector fails. */
async function reasonOfRun(
  t: Parameters<typeof startRelay>[0],
  vector: PacketVector | undefined,
  relay: Parameters<typeof startRelay>[2],
): Promise<string> {
  const business = await holdPort(t);
  const {gateway, token} = await startOwnGateway(business);
  const url = await startRelay(t, gateway.url, relay);
  try {
    const {failures} = await testConformance(
      {kind: 'server', url, token, businessHost: '127.0.0.1', businessPort: business, retryMs: 500},
      {packets: vector === undefined ? [] : [vector], exchanges: [], stories: []},
    );
    return failures.map(({reason}) => reason).join('; ') || 'none';
  } finally {
    await gateway.close();
  }
}
