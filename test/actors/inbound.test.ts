import test from 'ava';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('a QoS 1 message is acknowledged after the business server answered, with its answer [RB-12] [RB-05]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q1 id 2 "hi"');
  t.deepEqual(client.link.take(), []);
  kit.transport.accept('message', {text: 'ok'});
  kit.run();
  t.deepEqual(client.link.take(), ['ACK id 2 "ok"']);
});

test('after its ACK a SEND with that id is a new message, whatever its DUP bit [RB-13]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const messages = ['SEND q1 id 2', 'SEND q1 id 2', 'SEND q1 id 2 DUP'].map((hex) => {
    client.receive(hex);
    const call = kit.transport.accept('message');
    kit.run();
    return call.kind === 'message' ? call.message : '';
  });
  t.is(new Set(messages).size, 3, 'each under its own message id [RB-63]');
  t.deepEqual(client.link.take(), ['ACK id 2', 'ACK id 2', 'ACK id 2']);
});

test('a first SEND with DUP is not swallowed as already known', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q2 id 7 DUP');
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), ['REC id 7']);
});

test('a repeat that comes while the first call runs joins it, at QoS 1 and at QoS 2 [RB-22]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  for (const hex of ['SEND q1 id 1', 'SEND q1 id 1 DUP', 'SEND q2 id 2', 'SEND q2 id 2', 'SEND q2 id 2 DUP'])
    client.receive(hex);
  kit.transport.accept('message');
  kit.run();
  kit.transport.accept('message');
  kit.run();
  t.is(kit.transport.calls.length, 0);
  t.deepEqual(client.link.take(), ['ACK id 1', 'REC id 2']);
});

test('two QoS 1 SENDs with one id, both without DUP, are two messages', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q1 id 1 "a"');
  client.receive('SEND q1 id 1 "b"');
  kit.transport.accept('message', {text: 'A'});
  kit.run();
  kit.transport.accept('message', {text: 'B'});
  kit.run();
  t.deepEqual(client.link.take(), ['ACK id 1 "A"', 'ACK id 1 "B"']);
});

test('until REL each repeat gets the same REC and no call is made, the hundredth too [RB-20] [RB-21] [RB-28]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q2 id 7');
  kit.transport.accept('message', {text: 'once'});
  kit.run();
  kit.advance(40_000);
  for (let repeat = 0; repeat < 100; repeat++) client.receive(repeat % 2 === 0 ? 'SEND q2 id 7' : 'SEND q2 id 7 DUP');
  t.deepEqual(client.link.take(), new Array(101).fill('REC id 7 "once"'));
  t.is(kit.transport.calls.length, 0);
});

test('REL is answered with COM, known or not, as often as it comes; then the id is new [RB-24] [RB-25]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('REL id 7');
  client.receive('SEND q2 id 7');
  kit.transport.accept('message');
  kit.run();
  for (let repeat = 0; repeat < 3; repeat++) client.receive('REL id 7');
  t.deepEqual(client.link.take(), ['COM id 7', 'REC id 7', 'COM id 7', 'COM id 7', 'COM id 7']);
  client.receive('SEND q2 id 7');
  t.is(kit.transport.calls.length, 1);
});

test('a failed call sends nothing; a repeat is forwarded under the same message id, a new SEND under another [RB-63]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const messages: string[] = [];
  for (const hex of [
    'SEND q2 id 7',
    'SEND q2 id 7 DUP',
    'SEND q2 id 7 DUP',
    'SEND q2 id 7',
    'SEND q1 id 7',
    'SEND q1 id 7 DUP',
    'SEND q1 id 7',
  ]) {
    client.receive(hex);
    const call = kit.transport.fail('message');
    if (call.kind === 'message') messages.push(call.message);
    kit.run();
  }
  t.deepEqual(client.link.take(), []);
  const [first, again, third, fresh, qos1, qos1Again, qos1Fresh] = messages;
  t.deepEqual([again, third, qos1Again], [first, first, qos1]);
  t.is(new Set([first, fresh, qos1, qos1Fresh]).size, 4);
});

test('calls of one client run one at a time in the order of arrival, and so go the answers [RB-43] [RB-46]', (t) => {
  const kit = simulateGateway();
  const [client, other] = [kit.connect(), kit.connect()];
  for (const hex of ['SEND q1 id 1', 'SEND q0', 'SEND q2 id 2']) client.receive(hex);
  other.receive('SEND q1 id 1');
  t.is(kit.transport.calls.length, 2, 'one for each client');
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), ['ACK id 1']);
  kit.transport.fail('message');
  for (let call = 0; call < 2; call++) {
    kit.transport.accept('message');
    kit.run();
  }
  t.deepEqual(client.link.take(), ['REC id 2']);
});

test('types that opt out of the order do not wait [RB-46]', (t) => {
  const kit = simulateGateway({unorderedTypes: new Set([9])});
  const client = kit.connect();
  for (const hex of ['SEND q1 id 1', 'SEND q1 id 2', 'SEND q1 id 3 type 9', 'SEND q1 id 4 type 9']) client.receive(hex);
  t.deepEqual(
    kit.transport.calls.map((call) => (call.kind === 'message' ? call.type : -1)),
    [1, 9, 9],
  );
});

test('a client over the window is closed 1008; at the window a repeat of a held id is still answered [RB-29]', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  for (const id of [1, 2]) {
    client.receive(`SEND q2 id ${id}`);
    kit.transport.accept('message');
    kit.run();
  }
  client.link.take();
  client.receive('SEND q2 id 1');
  t.deepEqual(client.link.take(), ['REC id 1']);
  t.deepEqual(client.link.events, ['admit']);
  client.receive('SEND q2 id 99');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('QoS 0 messages over the queue are dropped and counted', (t) => {
  const kit = simulateGateway({queue: 3});
  const client = kit.connect();
  for (let message = 0; message < 5; message++) client.receive('SEND q0');
  t.is(kit.context.counters.messagesInDropped, 2);
  t.deepEqual(client.link.events, ['admit']);
});

test('a message that takes the id of another one counts beside it in the window, since the call of that one may run [RB-29]', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  for (const hex of ['SEND q1 id 1 "aa"', 'SEND q1 id 2 "aa"']) client.receive(hex);
  t.deepEqual(client.link.events, ['admit']);
  client.receive('SEND q1 id 1 "bb"');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('message ids of failed calls are forgotten oldest first beyond a window of them', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  const messages: string[] = [];
  for (const hex of ['SEND q2 id 1', 'SEND q2 id 2', 'SEND q2 id 3', 'SEND q2 id 3 DUP', 'SEND q2 id 1 DUP']) {
    client.receive(hex);
    const call = kit.transport.fail('message');
    if (call.kind === 'message') messages.push(call.message);
    kit.run();
  }
  t.is(messages[3], messages[2]);
  t.not(messages[4], messages[0]);
});

test('a whole window of message ids of failed calls is remembered [RB-63]', (t) => {
  const kit = simulateGateway({window: 3});
  const client = kit.connect();
  const messages: string[] = [];
  for (const hex of [
    'SEND q2 id 1',
    'SEND q1 id 2',
    'SEND q2 id 3',
    'SEND q2 id 1 DUP',
    'SEND q1 id 2 DUP',
    'SEND q2 id 3 DUP',
  ]) {
    client.receive(hex);
    const call = kit.transport.fail('message');
    if (call.kind === 'message') messages.push(call.message);
    kit.run();
  }
  t.deepEqual(messages.slice(3), messages.slice(0, 3));
  t.is(new Set(messages).size, 3);
});

test('junk is ignored and counted, and the connection stays', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  for (const hex of ['', '00', '0102', '60', 'ff', '10', '1000', '120001', '16000100016869', '20', '30ff'])
    client.receive(hex);
  t.is(kit.context.counters.packetsFaulty, 11);
  client.receive('SEND q0');
  t.is(kit.transport.calls.length, 1);
  t.deepEqual(client.link.events, ['admit']);
});

test('a message whose id a newer one took is not acknowledged after the end either [RB-57]', (t) => {
  const kit = simulateGateway({queue: 1});
  const client = kit.connect();
  client.receive('SEND q1 id 1');
  client.receive('SEND q1 id 1');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), []);
});

test('a client that makes more than queue_bytes wait at QoS 1 and 2 is closed 1008 [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  for (let id = 1; id <= 5; id++) client.receive(`SEND q1 id ${id} "${'a'.repeat(500)}"`);
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('bytes of calls that ended and of replies after REL are given back: queue_bytes holds again and again [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  const payload = 'a'.repeat(450);
  for (let round = 0; round < 5; round++) {
    client.receive(`SEND q2 id 1 "${payload}"`);
    client.receive(`SEND q1 id 2 "${payload}"`);
    client.receive(`SEND q0 "${payload}"`);
    kit.transport.accept('message', {body: new Uint8Array(500)});
    kit.run();
    kit.transport.fail('message');
    kit.run();
    kit.transport.accept('message');
    kit.run();
    client.receive('REL id 1');
  }
  t.is(kit.context.counters.messagesInDropped, 0);
  t.deepEqual(client.link.events, ['admit']);
});

test('the reply that is held until REL leaves that much less room for messages that wait [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  client.receive('SEND q2 id 1');
  kit.transport.accept('message', {body: new Uint8Array(600)});
  kit.run();
  client.receive(`SEND q0 "${'a'.repeat(500)}"`);
  t.is(kit.context.counters.messagesInDropped, 1);
});
