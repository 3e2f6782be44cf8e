// A chat client for the terminal on Node's own WebSocket: `node examples/chat/client.ts NAME [URL]`. It packs and
// unpacks the packets by hand, to show how little a client needs; docs/protocol.md describes them.

import {createInterface} from 'node:readline';

const [name, base = 'ws://127.0.0.1:1984'] = process.argv.slice(2);
if (name === undefined) {
  console.error('Usage: node examples/chat/client.ts NAME [ws://HOST:PORT]');
  process.exit(2);
}
const socket = new WebSocket(`${base}/connect/?name=${encodeURIComponent(name)}`);
socket.binaryType = 'arraybuffer';

// Messages of ours by id until their ACK; each goes out again after 3 s with DUP set.
const unacknowledged = new Map<number, NodeJS.Timeout>();
// Ids of QoS 2 messages that we showed and whose REL has not come: a repeat is answered, and shown no more.
const held = new Set<number>();
let lastId = 0;

function say(type: number, value: object): void {
  do lastId = (lastId % 65_534) + 1;
  while (unacknowledged.has(lastId));
  const packet = Buffer.concat([
    Buffer.from([0x12, 0, type, lastId >> 8, lastId & 255]),
    Buffer.from(JSON.stringify(value)),
  ]);
  socket.send(packet);
  const repeat = (): void => {
    packet[0] = 0x1a;
    socket.send(packet);
  };
  unacknowledged.set(lastId, setInterval(repeat, 3_000));
}

function hear(packet: Buffer): void {
  const command = (packet[0] ?? 0) >> 4;
  const qos = ((packet[0] ?? 0) >> 1) & 3;
  if (command === 1) {
    const id = qos === 0 ? 0 : packet.readUInt16BE(3);
    const isQuestion = packet.readUInt16BE(1) === 3;
    if (!isQuestion && !held.has(id)) console.log(packet.subarray(qos === 0 ? 3 : 5).toString());
    if (qos === 2) held.add(id);
    // Shown first, acknowledged then, also what is not shown. [RB-60] Behind the id is our answer; type 3 asks for it.
    const answer = Buffer.from(isQuestion ? (name ?? '') : '');
    if (qos > 0) socket.send(Buffer.concat([Buffer.from([qos === 1 ? 0x20 : 0x30, id >> 8, id & 255]), answer]));
  } else if (command === 2) {
    clearInterval(unacknowledged.get(packet.readUInt16BE(1)));
    unacknowledged.delete(packet.readUInt16BE(1));
    console.log(`  ${packet.subarray(3).toString()}`);
  } else if (command === 4) {
    held.delete(packet.readUInt16BE(1));
    socket.send(Buffer.from([0x50, packet[1] ?? 0, packet[2] ?? 0]));
  }
}

socket.addEventListener('message', ({data}) => hear(Buffer.from(data as ArrayBuffer)));
socket.addEventListener('close', ({code, reason}) => {
  console.error(`Closed: ${code} ${reason}`);
  process.exit(code === 1000 ? 0 : 1);
});
socket.addEventListener('open', () => {
  console.log('Write to the room, or: /join ROOM, /who. Ctrl-D ends.');
  const lines = createInterface({input: process.stdin});
  lines.on('line', (line) => {
    if (line.startsWith('/join ')) say(1, {room: line.slice(6).trim()});
    else if (line === '/who') say(3, {});
    else if (line !== '') say(2, {text: line});
  });
  lines.on('close', () => socket.close(1000));
});
