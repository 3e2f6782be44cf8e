// A chat client for the terminal on Node's own WebSocket: `node examples/chat/client.ts NAME [URL]`. It packs and
// unpacks the packets by hand, to show how little a client needs; docs/protocol.md describes them. After a lost connection it
// comes back by itself: into the room where it was, and with what was not acknowledged.

import {randomUUID} from 'node:crypto';
import {createInterface} from 'node:readline';

const [name = '', base = 'ws://127.0.0.1:1984'] = process.argv.slice(2);
const isUrl = URL.canParse(base) && /^wss?:$/.test(new URL(base).protocol);
if (name === '' || name.startsWith('-') || !isUrl) {
  console.error('Usage: node examples/chat/client.ts NAME [ws://HOST:PORT]');
  process.exit(name === '--help' || name === '-h' ? 0 : 2);
}

const codeReplaced = 4142;
const codeDisconnected = 4152;
const waitMsMax = 30_000;
let hasOpened = false;
let isLeaving = false;
let failures = 0;
let room: string | undefined;
// Messages of ours by id until their ACK; each goes out again after 3 s with DUP set.
const unacknowledged = new Map<number, Buffer>();
// Ids of QoS 2 messages that we showed and whose REL has not come: a repeat is answered, and shown no more.
const held = new Set<number>();
let lastId = 0;
let socket = connect();

function connect(): WebSocket {
  const query = new URLSearchParams({name, ...(room !== undefined && {room})});
  const opened = new WebSocket(`${base.replace(/\/$/, '')}/connect/?${query.toString()}`);
  opened.binaryType = 'arraybuffer';
  opened.addEventListener('open', begin);
  opened.addEventListener('message', ({data}) => hear(Buffer.from(data as ArrayBuffer)));
  opened.addEventListener('close', ({code, reason}) => end(code, reason));
  return opened;
}

function send(packet: Buffer): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(Uint8Array.from(packet));
}

function say(type: number, value: object): void {
  do lastId = (lastId % 65_534) + 1;
  while (unacknowledged.has(lastId));
  const head = Buffer.from([0x12, 0, type, lastId >> 8, lastId & 255]);
  const packet = Buffer.concat([head, Buffer.from(JSON.stringify(value))]);
  unacknowledged.set(lastId, packet);
  send(packet);
}

setInterval(() => {
  for (const packet of unacknowledged.values()) {
    packet[0] = 0x1a;
    send(packet);
  }
}, 3_000).unref();

function hear(packet: Buffer): void {
  const command = (packet[0] ?? 0) >> 4;
  const qos = ((packet[0] ?? 0) >> 1) & 3;
  if (command === 1) {
    const id = qos === 0 ? 0 : packet.readUInt16BE(3);
    const isQuestion = packet.readUInt16BE(1) === 3;
    if (!isQuestion && !held.has(id)) show(packet.subarray(qos === 0 ? 3 : 5).toString());
    if (qos === 2) held.add(id);
    // Shown first, acknowledged then, also what is not shown. [RB-60] Behind the id is our answer; type 3 asks for it.
    const answer = Buffer.from(isQuestion ? name : '');
    if (qos > 0) send(Buffer.concat([Buffer.from([qos === 1 ? 0x20 : 0x30, id >> 8, id & 255]), answer]));
  } else if (command === 2) {
    unacknowledged.delete(packet.readUInt16BE(1));
    showAnswer(packet.subarray(3).toString());
  } else if (command === 4) {
    held.delete(packet.readUInt16BE(1));
    send(Buffer.from([0x50, packet[1] ?? 0, packet[2] ?? 0]));
  }
}

/** News as `bob: hello`; other text unchanged. */
function show(text: string): void {
  const {from, text: words} = readJson(text);
  // One may be in the room already when one's own arrival is announced.
  if (from === 'chat' && words === `${name} came`) return;
  if (from === 'chat') console.log(`* ${String(words)}`);
  else if (from !== name) console.log(typeof from === 'string' ? `${from}: ${String(words)}` : text);
}

function showAnswer(text: string): void {
  const {room: itsRoom, here, delivered, error} = readJson(text);
  if (typeof itsRoom === 'string') room = itsRoom;
  if (typeof error === 'string') console.log(`  Not done: ${error}`);
  else if (Array.isArray(here)) console.log(`  In ${room}: ${here.join(', ')}`);
  else if (typeof delivered === 'number') console.log(`  Confirmed by ${delivered}`);
  else if (typeof itsRoom === 'string') console.log(`  You are in ${itsRoom}`);
  else console.log(`  ${text}`);
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Anybody may push anything.
    return {};
  }
}

function begin(): void {
  failures = 0;
  held.clear();
  if (hasOpened) console.error('Connected again.');
  else listen();
  hasOpened = true;
  // To the new connection they are new; each has an id of its own by which the chat knows it.
  for (const packet of unacknowledged.values()) {
    packet[0] = 0x12;
    send(packet);
  }
}

function end(code: number, reason: string): void {
  const why = reason === '' ? String(code) : `${code} ${reason}`;
  if (isLeaving) process.exit(0);
  if (!hasOpened) {
    console.error(`Closed: ${why}. ${base} does not answer, or does not let ${name} in.`);
    process.exit(1);
  }
  if (code === codeReplaced) {
    console.error(`Closed: ${why}. Another client has connected with this identity.`);
    process.exit(1);
  }
  if (code === codeDisconnected) {
    console.error(`Closed: ${why}. The chat has disconnected ${name}.`);
    process.exit(1);
  }
  // At random, so that not all clients of a gateway come back at once.
  const waitMs = Math.min(waitMsMax, 1_000 * 2 ** failures++) * (0.5 + Math.random() / 2);
  console.error(`Closed: ${why}. Connecting again in ${(waitMs / 1_000).toFixed(1)} s.`);
  setTimeout(() => {
    socket = connect();
  }, waitMs);
}

function listen(): void {
  console.log('Write to the room, or: /join ROOM, /who. Ctrl-D ends.');
  const lines = createInterface({input: process.stdin});
  lines.on('line', (line) => {
    if (line.startsWith('/join ')) say(1, {room: line.slice(6).trim()});
    else if (line === '/who') say(3, {});
    else if (line !== '') say(2, {text: line, id: randomUUID(), ...(room !== undefined && {room})});
  });
  lines.on('close', () => {
    isLeaving = true;
    if (socket.readyState !== WebSocket.OPEN) process.exit(0);
    socket.close(1000);
  });
}
