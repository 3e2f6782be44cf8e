import test from 'ava';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('a QoS 1 message is acknowledged after the business server answered, with its answer [RB-12] [RB-05]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('12000100026869');
  t.deepEqual(client.link.take(), []);
  kit.transport.accept('message', {text: 'ok'});
  kit.run();
  t.deepEqual(client.link.take(), ['2000026f6b']);
});

test('after its ACK a SEND with that id is a new message, whatever its DUP bit [RB-13]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const messages = ['1200010002', '1200010002', '1a00010002'].map((hex) => {
    client.receive(hex);
    const call = kit.transport.accept('message');
    kit.run();
    return call.kind === 'message' ? call.message : '';
  });
  t.is(new Set(messages).size, 3, 'each under its own message id [RB-63]');
  t.deepEqual(client.link.take(), ['200002', '200002', '200002']);
});

test('a first SEND with DUP is not swallowed as already known', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('1c00010007');
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), ['300007']);
});

test('a repeat that comes while the first call runs joins it, at QoS 1 and at QoS 2 [RB-22]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  for (const hex of ['1200010001', '1a00010001', '1400010002', '1400010002', '1c00010002']) client.receive(hex);
  kit.transport.accept('message');
  kit.run();
  kit.transport.accept('message');
  kit.run();
  t.is(kit.transport.calls.length, 0);
  t.deepEqual(client.link.take(), ['200001', '300002']);
});

test('two QoS 1 SENDs with one id, both without DUP, are two messages', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('120001000161');
  client.receive('120001000162');
  kit.transport.accept('message', {text: 'A'});
  kit.run();
  kit.transport.accept('message', {text: 'B'});
  kit.run();
  t.deepEqual(client.link.take(), ['20000141', '20000142']);
});

test('until REL each repeat gets the same REC and nobody is called, the hundredth too [RB-20] [RB-21] [RB-28]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('1400010007');
  kit.transport.accept('message', {text: 'once'});
  kit.run();
  kit.advance(40_000);
  for (let repeat = 0; repeat < 100; repeat++) client.receive(repeat % 2 === 0 ? '1400010007' : '1c00010007');
  t.deepEqual(client.link.take(), new Array(101).fill(`300007${Buffer.from('once').toString('hex')}`));
  t.is(kit.transport.calls.length, 0);
});

test('REL is answered with COM, known or not, as often as it comes; then the id is new [RB-24] [RB-25]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('400007');
  client.receive('1400010007');
  kit.transport.accept('message');
  kit.run();
  for (let repeat = 0; repeat < 3; repeat++) client.receive('400007');
  t.deepEqual(client.link.take(), ['500007', '300007', '500007', '500007', '500007']);
  client.receive('1400010007');
  t.is(kit.transport.calls.length, 1);
});

test('a failed call sends nothing; a repeat is forwarded under the same message id, a new SEND under another [RB-63]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const messages: string[] = [];
  for (const hex of [
    '1400010007',
    '1c00010007',
    '1c00010007',
    '1400010007',
    '1200010007',
    '1a00010007',
    '1200010007',
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
  for (const hex of ['1200010001', '100001', '1400010002']) client.receive(hex);
  other.receive('1200010001');
  t.is(kit.transport.calls.length, 2, 'one for each client');
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), ['200001']);
  kit.transport.fail('message');
  for (let call = 0; call < 2; call++) {
    kit.transport.accept('message');
    kit.run();
  }
  t.deepEqual(client.link.take(), ['300002']);
});

test('types that opt out of the order do not wait [RB-46]', (t) => {
  const kit = simulateGateway({unorderedTypes: new Set([9])});
  const client = kit.connect();
  for (const hex of ['1200010001', '1200010002', '1200090003', '1200090004']) client.receive(hex);
  t.deepEqual(
    kit.transport.calls.map((call) => (call.kind === 'message' ? call.type : -1)),
    [1, 9, 9],
  );
});

test('a client over the window is closed 1008; at the window a repeat of a held id is still answered [RB-29]', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  for (const id of ['0001', '0002']) {
    client.receive(`140001${id}`);
    kit.transport.accept('message');
    kit.run();
  }
  client.link.take();
  client.receive('1400010001');
  t.deepEqual(client.link.take(), ['300001']);
  t.deepEqual(client.link.events, ['admit']);
  client.receive('1400010063');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('QoS 0 messages over the queue are dropped and counted', (t) => {
  const kit = simulateGateway({queue: 3});
  const client = kit.connect();
  for (let message = 0; message < 5; message++) client.receive('100001');
  t.is(kit.context.counters.messagesInDropped, 2);
  t.deepEqual(client.link.events, ['admit']);
});

test('a message that takes the id of another one counts beside it in the window, since the call of that one may run [RB-29]', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  for (const hex of ['12000100016161', '12000100026161']) client.receive(hex);
  t.deepEqual(client.link.events, ['admit']);
  client.receive('12000100016262');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('message ids of failed calls are forgotten oldest first beyond a window of them', (t) => {
  const kit = simulateGateway({window: 2});
  const client = kit.connect();
  const messages: string[] = [];
  for (const hex of ['1400010001', '1400010002', '1400010003', '1c00010003', '1c00010001']) {
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
  for (const hex of ['1400010001', '1200010002', '1400010003', '1c00010001', '1a00010002', '1c00010003']) {
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
  client.receive('100001');
  t.is(kit.transport.calls.length, 1);
  t.deepEqual(client.link.events, ['admit']);
});

test('a message whose id a newer one took is not acknowledged after the end either [RB-57]', (t) => {
  const kit = simulateGateway({queue: 1});
  const client = kit.connect();
  client.receive('1200010001');
  client.receive('1200010001');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.link.take(), []);
});

test('a client that makes more than queue_bytes wait at QoS 1 and 2 is closed 1008 [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  for (let id = 1; id <= 5; id++) client.receive(`1200010${id.toString(16).padStart(3, '0')}${'61'.repeat(500)}`);
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('bytes of calls that ended and of replies after REL are given back: queue_bytes holds again and again [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  const payload = '61'.repeat(450);
  for (let round = 0; round < 5; round++) {
    client.receive(`1400010001${payload}`);
    client.receive(`1200010002${payload}`);
    client.receive(`100001${payload}`);
    kit.transport.accept('message', {body: new Uint8Array(500)});
    kit.run();
    kit.transport.fail('message');
    kit.run();
    kit.transport.accept('message');
    kit.run();
    client.receive('400001');
  }
  t.is(kit.context.counters.messagesInDropped, 0);
  t.deepEqual(client.link.events, ['admit']);
});

test('the reply that is held until REL leaves that much less room for messages that wait [RB-29]', (t) => {
  const kit = simulateGateway({queueBytesMax: 1_000});
  const client = kit.connect();
  client.receive('1400010001');
  kit.transport.accept('message', {body: new Uint8Array(600)});
  kit.run();
  client.receive(`100001${'61'.repeat(500)}`);
  t.is(kit.context.counters.messagesInDropped, 1);
});
