// What every front has to do: messages down and up at each QoS, their repeats, the window, the end. Each test runs once for
// each of them; docs/adding-a-front.md asks for a new one to be added to the list.

import test from 'ava';
import type {EncodedForm} from '../../src/actors/content.ts';
import {emptyBytes, type Packet} from '../../src/protocol/packet.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {type FrontClient, openClient, wires} from '../support/front-clients.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const up = (qos: 0 | 1 | 2, id: number, words: string, isDup = false): Packet => {
  return {kind: 'send', qos, id, isDup, type: 7, payload: text(words)};
};

for (const [name, open] of Object.entries(wires)) {
  test(`${name}: a message at QoS 0 reaches the client, and the caller does not wait for it`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    t.like(await kit.publish({qos: 0, payload: text('hi')}), {connections: 0});
    t.deepEqual(await wire.take(), ['SEND q0 "hi"']);
  });

  test(`${name}: a QoS 1 message is confirmed by its ACK, with the reply [RB-11]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    const outcome = kit.publish({qos: 1, payload: text('hi')});
    t.deepEqual(await wire.take(), ['SEND q1 id 1 "hi"']);
    await wire.send({kind: 'ack', id: 1, reply: text('ok')});
    const {connections, lastReply} = await outcome;
    t.deepEqual([connections, Buffer.from(lastReply ?? []).toString()], [1, 'ok']);
  });

  test(`${name}: a QoS 2 message is confirmed by its REC, which is answered with REL until COM [RB-15] [RB-16]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    const outcome = kit.publish({qos: 2, payload: text('hi')});
    t.deepEqual(await wire.take(), ['SEND q2 id 1 "hi"']);
    await wire.send({kind: 'rec', id: 1, reply: emptyBytes});
    t.is((await outcome).connections, 1);
    t.deepEqual(await wire.take(), ['REL id 1']);
    kit.advance(3_000);
    t.deepEqual(await wire.take(), ['REL id 1']);
    await wire.send({kind: 'com', id: 1});
    kit.advance(60_000);
    t.deepEqual(await wire.take(), []);
  });

  test(`${name}: a message is traced as it was sent and confirmed, down and up`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    kit.context.tracer.watch('all', {...emptySelection, rate: 1}, Number.POSITIVE_INFINITY);
    void kit.publish({qos: 2, payload: text('hi')});
    await wire.take();
    await wire.send({kind: 'rec', id: 1, reply: emptyBytes});
    await wire.send({kind: 'com', id: 1});
    await wire.send(up(1, 5, 'up'));
    kit.transport.accept('message', {text: 'yes'});
    kit.run();
    await wire.take();
    const {events} = kit.context.tracer.read(0, 1_000, 'all');
    const packets = events.flatMap((event) =>
      event.kind === 'packet' ? [`${event.direction} ${event.packet.kind} ${event.flow}`] : [],
    );
    t.deepEqual(packets, ['out send 1', 'in rec 1', 'out rel 1', 'in com 1', 'in send 5', 'out ack 5']);
  });

  test(`${name}: a SEND that is not confirmed is sent again with DUP, and a REC for an unknown id gets its REL [RB-09] [RB-19]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    const outcome = kit.publish({qos: 1, payload: text('hi'), timeoutMs: 5_000});
    await wire.take();
    kit.advance(3_000);
    t.deepEqual(await wire.take(), ['SEND q1 id 1 DUP "hi"']);
    kit.advance(2_000);
    t.like(await outcome, {connections: 0, isTimedOut: true});
    await wire.send({kind: 'rec', id: 9, reply: emptyBytes});
    t.deepEqual(await wire.take(), ['REL id 9']);
  });

  test(`${name}: at most a window is unacknowledged, and the rest waits in order [RB-45] [RB-47]`, async (t) => {
    const kit = simulateGateway({window: 2});
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    for (const words of ['a', 'b', 'c', 'd']) void kit.publish({qos: 1, payload: text(words)});
    t.deepEqual(await wire.take(), ['SEND q1 id 1 "a"', 'SEND q1 id 2 "b"']);
    await wire.send({kind: 'ack', id: 2, reply: emptyBytes});
    await wire.send({kind: 'ack', id: 1, reply: emptyBytes});
    t.deepEqual(await wire.take(), ['SEND q1 id 3 "c"', 'SEND q1 id 4 "d"']);
  });

  test(`${name}: messages wait while the client does not read, and QoS 0 is dropped`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    await wire.read(false);
    // More than a stream without a reader holds.
    for (let count = 0; count < 10; count++) void kit.publish({qos: 1, payload: new Uint8Array(1_000)});
    void kit.publish({qos: 0, payload: text('lost')});
    await wire.read(true);
    const packets = await wire.take();
    t.deepEqual(
      packets.map((written) => written.replace(/ 0x0+$/, '')),
      Array.from({length: 10}, (_, place) => `SEND q1 id ${place + 1}`),
    );
    t.is(kit.context.counters.framesDropped, 1);
  });

  test(`${name}: a message of the client is acknowledged once the business server has answered [RB-12] [RB-20]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit));
    for (const packet of [up(0, 0, 'none'), up(1, 5, 'once'), up(2, 5, 'twice')]) await wire.send(packet);
    t.deepEqual(await wire.take(), []);
    for (const reply of ['', 'one', 'two']) {
      kit.transport.accept('message', {text: reply});
      kit.run();
    }
    t.deepEqual(await wire.take(), ['ACK id 5 "one"', 'REC id 5 "two"']);
    t.is(kit.transport.calls.length, 0);
  });

  test(`${name}: a repeat before REL gets the same REC and is not forwarded; REL is answered with COM [RB-21] [RB-24]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit));
    await wire.send(up(2, 5, 'm'));
    kit.transport.accept('message', {text: 'ok'});
    kit.run();
    await wire.send(up(2, 5, 'm', true));
    await wire.send({kind: 'rel', id: 5});
    await wire.send({kind: 'rel', id: 6});
    t.deepEqual(await wire.take(), ['REC id 5 "ok"', 'REC id 5 "ok"', 'COM id 5', 'COM id 6']);
    t.is(kit.transport.calls.length, 0);
  });

  test(`${name}: what a client that leaves has not confirmed is counted as gone, and its end is reported once [RB-64]`, async (t) => {
    const kit = simulateGateway();
    const {wire} = await openClient(kit, open(kit), {join: 'room'});
    const outcome = kit.publish({qos: 1, payload: text('hi')});
    await wire.leave();
    t.like(await outcome, {connections: 0, isTimedOut: false});
    t.deepEqual(
      kit.transport.calls.map((call) => call.kind === 'close' && call.reason),
      ['client'],
    );
    kit.transport.accept('close');
    kit.run();
    t.is(kit.context.alive.size + kit.context.sessions.size + kit.context.channels.size, 0);
  });

  test(`${name}: a client whose identity is given to another is closed, and reported before the newer one is admitted [RB-67]`, async (t) => {
    const kit = simulateGateway();
    const former = await openClient(kit, open(kit), {identity: 'ann'});
    const latter = open(kit);
    const opening = openClient(kit, latter, {identity: 'ann', join: 'room'});
    t.true(await former.wire.isClosed());
    await former.wire.leave();
    void kit.publish({qos: 0, identity: 'ann', channel: undefined, payload: text('early')});
    kit.transport.accept('close');
    kit.run();
    await opening;
    void kit.publish({qos: 0, identity: 'ann', channel: undefined, payload: text('hi')});
    t.deepEqual(await latter.take(), ['SEND q0 "hi"']);
  });

  test(`${name}: a client is closed when the gateway stops`, async (t) => {
    const kit = simulateGateway();
    const {wire, session} = await openClient(kit, open(kit));
    session.tell({kind: 'stopping'});
    kit.run();
    t.true(await wire.isClosed());
  });
}

test('a publication to clients of several fronts is encoded once for each codec', async (t) => {
  const kit = simulateGateway();
  const clients: FrontClient[] = [];
  for (const open of [...Object.values(wires), ...Object.values(wires)]) {
    clients.push(await openClient(kit, open(kit), {join: 'room'}));
  }
  const forms = new Set<EncodedForm>();
  for (const {wire} of clients) {
    const deliver = wire.front.deliver.bind(wire.front);
    wire.front.deliver = (delivery, isRepeat) => {
      deliver(delivery, isRepeat);
      for (let {form} = delivery.publication; form !== undefined; form = form.next) forms.add(form);
    };
  }
  const outcome = kit.publish({qos: 2, payload: text('hi')});
  for (const {wire} of clients) t.deepEqual(await wire.take(), ['SEND q2 id 1 "hi"']);
  kit.advance(3_000);
  for (const {wire} of clients) t.deepEqual(await wire.take(), ['SEND q2 id 1 DUP "hi"']);
  t.is(forms.size, Object.keys(wires).length);
  for (const {wire} of clients) await wire.send({kind: 'rec', id: 1, reply: emptyBytes});
  t.is((await outcome).connections, clients.length);
  for (const {wire} of clients) t.deepEqual(await wire.take(), ['REL id 1']);
});
