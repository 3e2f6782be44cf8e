// What comes from the network of a cluster: datagrams, the header of a call between nodes, and answers of other nodes.

import {readPublishAnswer} from '../../src/cluster/lan/node-answer.ts';
import {
  announcementBytesMax,
  mayBeAnnouncement,
  readAnnouncement,
  writeAnnouncement,
} from '../../src/protocol/announcement.ts';
import {isNodeCall, readNodeCall, signNodeCall} from '../../src/protocol/node-call.ts';
import {deriveNodeKeys, isNodeId} from '../../src/protocol/node-proof.ts';
import {bendBytes, bendText, happens} from './mutation.ts';
import {defineTarget, expect, type Target} from './target.ts';

const keys = deriveNodeKeys('tokentoken');
const node = '00112233445566778899aabbccddeeff';
const address = '10.0.0.1';

const datagramSamples = [
  writeAnnouncement(keys, {msgtype: 'online', port: 1984}, {node, address, sequence: 7, wallMs: 1_420_000_000_000}),
  writeAnnouncement(keys, {msgtype: 'offline', port: 65_535}, {node, address, sequence: 8, wallMs: 0}),
  ...[
    '{"msgtype": "online", "port": 1984}',
    `{"msgtype":"online","port":1984,"node":"${node}","timestamp":1420000000,"nonce":"12345678","signature":"${'0'.repeat(64)}"}`,
    '{"__proto__":{"msgtype":"online","port":1984},"port":1e300}',
  ].map((text) => new Uint8Array(Buffer.from(text))),
];

const datagrams: Target = defineTarget({
  name: 'datagram',
  weight: 3,
  make: (random) => ({
    // One in four as it was written.
    bytes: happens(random, 0.75)
      ? bendBytes(random, datagramSamples, 1_200)
      : (datagramSamples[random.integer(0, datagramSamples.length - 1)] ?? new Uint8Array(0)),
    from: happens(random, 0.8) ? address : '10.0.0.66',
  }),
  judge({bytes, from}) {
    const reading = readAnnouncement(keys, bytes, from);
    if (reading.kind === 'refused') return `refused ${reading.reason}`;
    expect(mayBeAnnouncement(bytes) && bytes.length <= announcementBytesMax, 'an announcement to look like one');
    expect(Number.isInteger(reading.port) && reading.port >= 1 && reading.port <= 65_535, 'a port that can be one');
    if (reading.kind !== 'signed') return reading.kind;
    expect(isNodeId(reading.node) && reading.address === from, 'a node, at the address that it names');
    const {port, msgtype} = reading;
    const isOne = reading.sequence === 7 ? port === 1984 && msgtype === 'online' : port === 65_535;
    expect(isOne, 'nothing signed but what was signed');
    return `signed ${msgtype}`;
  },
});

const call = {method: 'POST', target: '/send/?channel=room&cluster=1', receiver: node};
const signed = signNodeCall(keys, {
  ...call,
  body: new Uint8Array(0),
  sender: 'a'.repeat(32),
  wallMs: 1_420_000_000_000,
  nonce: 'b'.repeat(32),
}).header;

const calls: Target = defineTarget({
  name: 'node call',
  weight: 2,
  make: (random) => (happens(random, 0.8) ? bendText(random, [signed], 400) : signed),
  judge(header) {
    const claim = readNodeCall(header);
    if (claim === undefined) return 'no form';
    const isProved = isNodeCall(keys, claim, call);
    expect(!isProved || header === signed, 'no proof of a header that was changed');
    return isProved ? 'proved' : 'not proved';
  },
});

const answerSamples = [
  '{"status":0,"connections":3,"data":"ok","message":"m1"}',
  '{"status":0,"connections":2,"data":"/w==","encoding":"base64","refused":1,"timeout":true,"partial":true,"replies":[{"identity":"a","data":"x"}]}',
  '{"status":1,"msg":"timeout","connections":0}',
  '{"status":0,"connections":1e300,"refused":-1}',
  '<html>500</html>',
].map((text) => new Uint8Array(Buffer.from(text)));

const answers: Target = defineTarget({
  name: 'node answer',
  weight: 2,
  make: (random) => ({body: bendBytes(random, answerSamples, 400), isOriginal: happens(random, 0.3)}),
  judge({body, isOriginal}) {
    const outcome = readPublishAnswer(body, isOriginal);
    if (outcome === undefined) return 'none';
    for (const count of [outcome.connections, outcome.refused]) {
      expect(Number.isInteger(count) && count >= 0 && count <= 10_000_000, 'a number of clients that can be one');
    }
    return outcome.isTimedOut ? 'timed out' : 'counted';
  },
});

export const nodeTargets: readonly Target[] = [datagrams, calls, answers];
