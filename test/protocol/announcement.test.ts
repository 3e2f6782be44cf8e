import {createHmac, hkdfSync, scryptSync} from 'node:crypto';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {
  announcementBytesMax,
  mayBeAnnouncement,
  readAnnouncement,
  writeAnnouncement,
} from '../../src/protocol/announcement.ts';
import {deriveNodeKeys} from '../../src/protocol/node-proof.ts';

const token = 'tokentoken';
const keys = deriveNodeKeys(token);
const wallMs = 1_420_000_000_000;
const node = '00112233445566778899aabbccddeeff';
const address = '10.0.0.1';
const facts = {node, address, sequence: 7, wallMs};

const ours = Buffer.from(writeAnnouncement(keys, {msgtype: 'online', port: 1984}, facts));

function read(text: string | Uint8Array, from = address) {
  return readAnnouncement(keys, typeof text === 'string' ? Buffer.from(text) : text, from);
}

/** A signed announcement with some members changed after it was signed. */
function tampered(changes: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify({...JSON.parse(ours.toString()), ...changes}));
}

test('an announcement is the JSON of the original with id, address, number, time and proof beside it', (t) => {
  const signed = ['online', 1984, node, 2, address, 7, 1_420_000_000].join('\n');
  const secret = scryptSync(token, 'rainbow cluster', 32, {N: 16_384, r: 8, p: 1});
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rainbow/node-announcement/2', 32));
  const signature = createHmac('sha256', key).update(signed).digest('hex');
  t.is(
    ours.toString(),
    `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":7,"timestamp":1420000000,"signature":"${signature}"}`,
  );
  t.true(ours.length < announcementBytesMax / 3);
});

test('the example of docs/protocol.md is what this token writes', (t) => {
  const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const example = writeAnnouncement(
    keys,
    {msgtype: 'online', port: 1984},
    {node: '1f0c6b1e8a3d4f5092b7c6d5e4f30a1b', address: '192.0.2.1', sequence: 1, wallMs},
  );
  t.true(document.includes(`\n${Buffer.from(example).toString()}\n`), Buffer.from(example).toString());
});

test('what was written is read', (t) => {
  t.deepEqual(read(ours), {kind: 'signed', msgtype: 'online', port: 1984, ...facts});
  const offline = writeAnnouncement(keys, {msgtype: 'offline', port: 1}, facts);
  t.deepEqual(read(offline), {kind: 'signed', msgtype: 'offline', port: 1, ...facts});
});

test('an announcement that is sent again from another address is refused', (t) => {
  t.deepEqual(read(ours, '10.0.0.66'), {kind: 'refused', reason: 'elsewhere'});
});

test('a node of 0.1.0 is recognised, from anywhere, and its announcement does not count as ours', (t) => {
  const signed = ['online', 1984, node, 1_420_000_000, '12345678'].join('\n');
  const signature = createHmac('sha256', token).update(`rainbow announcement\n${signed}`).digest('hex');
  const former = {msgtype: 'online', port: 1984, node, timestamp: 1_420_000_000, nonce: '12345678', signature};
  t.deepEqual(read(JSON.stringify(former)), {kind: 'otherVersion', msgtype: 'online', port: 1984, node, wallMs});
  for (const changes of [{port: 1985}, {nonce: '87654321'}, {nonce: undefined}, {signature: '0'.repeat(64)}]) {
    t.deepEqual(read(JSON.stringify({...former, ...changes})), {kind: 'refused', reason: 'foreign'});
  }
});

test('its length and its ends show what cannot be an announcement, before anything is parsed or hashed', (t) => {
  t.true(mayBeAnnouncement(ours));
  t.true(mayBeAnnouncement(Buffer.from('{"msgtype": "online", "port": 1984}')));
  for (const text of [
    '',
    '{}',
    'x'.repeat(100),
    `{${'x'.repeat(100)}`,
    `${'x'.repeat(100)}}`,
    `{${'x'.repeat(1_024)}}`,
  ]) {
    t.false(mayBeAnnouncement(Buffer.from(text)), text.slice(0, 20));
  }
});

test("the original's announcements are read as unsigned, byte for byte as Python writes them", (t) => {
  t.deepEqual(read('{"msgtype": "online", "port": 1984}'), {kind: 'unsigned', msgtype: 'online', port: 1984});
  t.deepEqual(read('{"port": 65535, "msgtype": "offline"}'), {kind: 'unsigned', msgtype: 'offline', port: 65_535});
});

for (const [what, changes] of Object.entries({
  'another port': {port: 1985},
  'another message': {msgtype: 'offline'},
  'another node': {node: node.replace('0', '1')},
  'another protocol': {protocol: 3},
  'another address': {address: '10.0.0.66'},
  'another number': {sequence: 8},
  'another time': {timestamp: 1_420_000_001},
  'another signature': {signature: '0'.repeat(64)},
})) {
  test(`${what} than was signed is refused as foreign`, (t) => {
    t.deepEqual(read(tampered(changes)), {kind: 'refused', reason: 'foreign'});
  });
}

test('another token signs for another cluster', (t) => {
  t.deepEqual(readAnnouncement(deriveNodeKeys('another'), ours, address), {kind: 'refused', reason: 'foreign'});
});

for (const text of [
  '',
  'rainbow http port 1984',
  'null',
  '7',
  '[]',
  '{}',
  '{"msgtype":"online"}',
  '{"msgtype":"online","port":0}',
  '{"msgtype":"online","port":65536}',
  '{"msgtype":"online","port":"1984"}',
  '{"msgtype":"online","port":1984.5}',
  '{"msgtype":"maybe","port":1984}',
  '{"msgtype":["online"],"port":1984}',
  '{"msgtype":"online","port":1984,"node":7}',
  '{"msgtype":"online","port":1984,"node":"x","signature":"y"}',
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"timestamp":1,"signature":"${'0'.repeat(64)}"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"::1","sequence":1,"timestamp":1,"signature":"${'0'.repeat(64)}"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":-1,"timestamp":1,"signature":"${'0'.repeat(64)}"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":1e300,"timestamp":1,"signature":"${'0'.repeat(64)}"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":1,"timestamp":"1","signature":"${'0'.repeat(64)}"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":1,"timestamp":1,"signature":"x"}`,
  `{"msgtype":"online","port":1984,"node":"${node}","protocol":2,"address":"10.0.0.1","sequence":1,"timestamp":1}`,
  '{"__proto__":{"msgtype":"online","port":1984}}',
]) {
  test(`${text === '' ? 'nothing' : text} is garbage`, (t) => {
    t.deepEqual(read(text), {kind: 'refused', reason: 'garbage'});
  });
}

test('no part of an announcement is one, and nothing over 1024 bytes', (t) => {
  for (let end = 0; end < ours.length; end++) t.is(read(ours.subarray(0, end)).kind, 'refused', `${end} bytes`);
  // Blanks before the last brace.
  const padded = (bytes: number) => Buffer.from(`${ours.toString().slice(0, -1)}${' '.repeat(bytes - ours.length)}}`);
  t.is(read(padded(announcementBytesMax)).kind, 'signed');
  t.deepEqual(read(padded(announcementBytesMax + 1)), {kind: 'refused', reason: 'garbage'});
});

test('bytes that are not UTF-8, and JSON as deep as it fits, are garbage and no error', (t) => {
  t.is(read(Uint8Array.of(0xff, 0xfe, 0x7b)).kind, 'refused');
  t.is(read('['.repeat(announcementBytesMax)).kind, 'refused');
});
