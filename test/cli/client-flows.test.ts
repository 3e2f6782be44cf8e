// A client's duties as `rainbow connect` does them, under a simulated clock.

import test from 'ava';
import {ClientFlows, type PacketNote} from '../../src/cli/client-flows.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {messageIdMax, type Packet} from '../../src/protocol/packet.ts';

const payload = Buffer.from('x');

/** Flows, what they sent in hex, and what they showed. */
function begin() {
  const clock = new SimulatedClock();
  const sent: string[] = [];
  const received: [Packet, PacketNote][] = [];
  const owner = {
    send: (bytes: Uint8Array) => void sent.push(Buffer.from(bytes).toString('hex')),
    received: (packet: Packet, note: PacketNote) => void received.push([packet, note]),
    unreadable: () => {},
  };
  const flows = new ClientFlows(clock, owner, {reply: Buffer.from('k')});
  return {
    clock,
    sent,
    received,
    flows,
    take: () => sent.splice(0),
    receive: (hex: string) => flows.receive(Buffer.from(hex, 'hex')),
  };
}

test('an unanswered SEND goes out again with DUP, after 3 s and then after twice as long, until its ACK [RB-09] [RB-11]', (t) => {
  const {clock, flows, take, receive} = begin();
  void flows.submit(5, 1, payload);
  t.deepEqual(take(), ['120005000178']);
  clock.advance(2_999);
  t.deepEqual(take(), []);
  clock.advance(1);
  t.deepEqual(take(), ['1a0005000178']);
  clock.advance(5_999);
  t.deepEqual(take(), []);
  clock.advance(1);
  t.deepEqual(take(), ['1a0005000178']);
  t.is(flows.unanswered, 1);
  receive('200001');
  t.is(flows.unanswered, 0);
  clock.advance(60_000);
  t.deepEqual(take(), []);
});

test('after its REC a SEND is never sent again, and the REL is until the COM [RB-14] [RB-16] [RB-17]', (t) => {
  const {clock, flows, take, receive} = begin();
  void flows.submit(5, 2, payload);
  receive('30000161');
  t.is(flows.unanswered, 0);
  clock.advance(6_000);
  t.deepEqual(take(), ['140005000178', '400001', '400001', '400001']);
  receive('30000161');
  t.deepEqual(take(), ['400001']);
  receive('500001');
  clock.advance(60_000);
  t.deepEqual(take(), []);
});

test('an answer is reported with its message and its time, and only once', (t) => {
  const {clock, flows, received, receive} = begin();
  void flows.submit(5, 1, payload);
  void flows.submit(6, 2, payload);
  clock.advance(40);
  for (const hex of ['200001', '200001', '300002', '300002', '200063']) receive(hex);
  t.deepEqual(
    received.map(([, {answers}]) => answers),
    [{type: 5, tookMs: 40}, undefined, {type: 6, tookMs: 40}, undefined, undefined],
  );
});

test('ids are taken in turn and around, past those in flight [RB-03] [RB-04]', (t) => {
  const {flows, sent, receive} = begin();
  void flows.submit(5, 1, payload);
  for (let id = 2; id <= messageIdMax; id++) {
    void flows.submit(5, 1, payload);
    receive(`20${id.toString(16).padStart(4, '0')}`);
  }
  void flows.submit(5, 1, payload);
  t.is(sent.at(-1), '120005000278');
});

test('with 1,000 messages open the next one waits for room, and quiet waits for all [RB-47]', async (t) => {
  const {flows, receive} = begin();
  for (let count = 0; count < 999; count++) void flows.submit(5, 1, payload);
  await flows.room();
  void flows.submit(5, 1, payload);
  let hasRoom = false;
  const room = flows.room().then(() => {
    hasRoom = true;
  });
  await Promise.resolve();
  t.false(hasRoom);
  receive('200007');
  await room;
  const quiet = flows.quiet();
  for (let id = 1; id <= 1_000; id++) receive(`20${id.toString(16).padStart(4, '0')}`);
  await quiet;
  t.is(flows.unanswered, 0);
});

test('nothing is repeated after the end of the connection [RB-57]', (t) => {
  const {clock, flows, take} = begin();
  void flows.submit(5, 1, payload);
  take();
  flows.stop();
  clock.advance(60_000);
  t.deepEqual(take(), []);
});

test('a message settles with whether it was answered: at its ACK or REC, or at the end of the connection', async (t) => {
  const {flows, receive} = begin();
  const submitted = ([0, 1, 2, 1, 2] as const).map((qos) => flows.submit(5, qos, payload));
  receive('200001');
  receive('300002');
  flows.stop();
  t.deepEqual(await Promise.all(submitted), [true, true, true, false, false]);
});
