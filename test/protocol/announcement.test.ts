import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {announcementBytesMax, readAnnouncement, writeAnnouncement} from '../../src/protocol/announcement.ts';
import {prove} from '../../src/protocol/node-proof.ts';

const token = 'tokentoken';
const wallMs = 1_420_000_000_000;
const node = '00112233445566778899aabbccddeeff';
const nonce = '0123456789abcdef';

const ours = Buffer.from(writeAnnouncement(token, {msgtype: 'online', port: 1984}, node, wallMs, nonce));

function read(text: string | Uint8Array, atMs = wallMs) {
  return readAnnouncement(token, typeof text === 'string' ? Buffer.from(text) : text, atMs);
}

/** A signed announcement with some members changed after it was signed. */
function tampered(changes: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify({...JSON.parse(ours.toString()), ...changes}));
}

test('an announcement is the JSON of the original with id, time, nonce and proof beside it', (t) => {
  const signed = ['online', 1984, node, 1_420_000_000, nonce].join('\n');
  const signature = createHmac('sha256', token).update(`rainbow announcement\n${signed}`).digest('hex');
  t.is(
    ours.toString(),
    `{"msgtype":"online","port":1984,"node":"${node}","timestamp":1420000000,"nonce":"${nonce}","signature":"${signature}"}`,
  );
  t.true(ours.length < announcementBytesMax / 4);
});

test('the examples of docs/protocol.md are what this token writes', (t) => {
  const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const id = '1f0c6b1e8a3d4f5092b7c6d5e4f30a1b';
  const example = writeAnnouncement(token, {msgtype: 'online', port: 1984}, id, wallMs, 'c0ffee0123456789');
  t.true(document.includes(`\n${Buffer.from(example).toString()}\n`));
  t.true(document.includes(`\`${prove(token, 'hello', ['12345678', id])}\``));
});

test('what was written is read', (t) => {
  t.deepEqual(read(ours), {kind: 'signed', msgtype: 'online', port: 1984, node, nonce});
  const offline = writeAnnouncement(token, {msgtype: 'offline', port: 1}, node, wallMs, nonce);
  t.deepEqual(read(offline), {kind: 'signed', msgtype: 'offline', port: 1, node, nonce});
});

test("the original's announcements are read as unsigned, byte for byte as Python writes them", (t) => {
  t.deepEqual(read('{"msgtype": "online", "port": 1984}'), {kind: 'unsigned', msgtype: 'online', port: 1984});
  t.deepEqual(read('{"port": 65535, "msgtype": "offline"}'), {kind: 'unsigned', msgtype: 'offline', port: 65_535});
});

for (const [what, changes] of Object.entries({
  'another port': {port: 1985},
  'another message': {msgtype: 'offline'},
  'another node': {node: node.replace('0', '1')},
  'another time': {timestamp: 1_420_000_001},
  'another nonce': {nonce: 'fedcba9876543210'},
  'another signature': {signature: '0'.repeat(64)},
  'a signature that is none': {signature: 'x'},
  'no signature': {signature: undefined},
})) {
  test(`${what} than was signed is refused as foreign`, (t) => {
    t.deepEqual(read(tampered(changes)), {kind: 'refused', reason: 'foreign'});
  });
}

test('another token signs for another cluster', (t) => {
  t.deepEqual(readAnnouncement('another', ours, wallMs), {kind: 'refused', reason: 'foreign'});
});

test('a timestamp is accepted less than 10 s from the clock, either way', (t) => {
  for (const offsetMs of [-9_999, 0, 9_999]) t.is(read(ours, wallMs + offsetMs).kind, 'signed');
  for (const offsetMs of [-10_000, 10_000]) {
    t.deepEqual(read(ours, wallMs + offsetMs), {kind: 'refused', reason: 'expired'});
  }
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
  '{"__proto__":{"msgtype":"online","port":1984}}',
]) {
  test(`${text === '' ? 'nothing' : text} is garbage`, (t) => {
    t.deepEqual(read(text), {kind: 'refused', reason: 'garbage'});
  });
}

test('no part of an announcement is one, and nothing over 1024 bytes', (t) => {
  for (let end = 0; end < ours.length; end++) t.is(read(ours.subarray(0, end)).kind, 'refused', `${end} bytes`);
  const padded = (bytes: number) => Buffer.concat([ours, Buffer.alloc(bytes - ours.length, 0x20)]);
  t.is(read(padded(announcementBytesMax)).kind, 'signed');
  t.deepEqual(read(padded(announcementBytesMax + 1)), {kind: 'refused', reason: 'garbage'});
});

test('bytes that are not UTF-8, and JSON as deep as it fits, are garbage and no error', (t) => {
  t.is(read(Uint8Array.of(0xff, 0xfe, 0x7b)).kind, 'refused');
  t.is(read('['.repeat(announcementBytesMax)).kind, 'refused');
});
