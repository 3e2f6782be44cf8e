import test from 'ava';
import {createDiscovery, idOf, self} from './discovery-kit.ts';

test('a node announces itself at its start, then each 10 s, and says goodbye', (t) => {
  const {discovery, clock, sent} = createDiscovery();
  discovery.start();
  t.like(JSON.parse(sent[0] ?? ''), {msgtype: 'online', port: 1984, node: self});
  clock.advance(9_999);
  t.is(sent.length, 1);
  clock.advance(20_001);
  t.is(sent.length, 4);
  discovery.stop();
  t.like(JSON.parse(sent.at(-1) ?? ''), {msgtype: 'offline', port: 1984, node: self});
  clock.advance(60_000);
  t.is(sent.length, 5);
  t.is(clock.pendingCount, 0);
});

test('nothing is sent while udp_ports is empty', (t) => {
  const {discovery, clock, sent} = createDiscovery({udpPorts: [], peers: ['10.0.0.2:1984']});
  discovery.start();
  clock.advance(60_000);
  discovery.stop();
  t.deepEqual(sent, []);
});

test('a node that announces itself counts once it has answered /hello/, and then hears of us at once', (t) => {
  const {discovery, clock, announce, question, up, sent, counters, lists} = createDiscovery();
  discovery.start();
  clock.advance(2_000);
  announce(2);
  const hello = question();
  t.is(hello.origin, 'http://10.0.0.2:1984');
  t.deepEqual(up(), []);
  hello.asNode(idOf(2));
  t.deepEqual(lists, [{places: [{node: idOf(2), origin: 'http://10.0.0.2:1984', isOriginal: false}], lost: []}]);
  t.is(counters.nodesJoined, 1);
  t.is(sent.length, 1);
  clock.advance(1_000);
  t.is(sent.length, 2);
});

test('further announcements ask nothing more', (t) => {
  const {announce, question, questions, clock} = createDiscovery();
  announce(2);
  announce(2);
  question().asNode(idOf(2));
  for (let count = 0; count < 5; count++) {
    clock.advance(10_000);
    announce(2);
  }
  t.deepEqual(questions, []);
});

for (const [what, answer] of Object.entries({
  'a page': {isOk: false, node: undefined, proof: undefined},
  ok: {isOk: true, node: undefined, proof: undefined},
  'another id': {isOk: true, node: idOf(3), proof: undefined},
  'an id without proof': {isOk: true, node: idOf(2), proof: undefined},
  'an id that is none': {isOk: true, node: 'x', proof: undefined},
})) {
  test(`who answers ${what} is no node of this cluster`, (t) => {
    const {announce, question, up, counters, events} = createDiscovery();
    announce(2);
    question().answer(answer);
    t.deepEqual(up(), []);
    t.is(counters.nodesRefused, 1);
    t.deepEqual(events, ['cluster.nodeRefused']);
  });
}

test('a proof made with another token, or for another question, is none', (t) => {
  const {announce, question, up, counters, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2), 'another token');
  clock.advance(10_000);
  announce(2);
  question().answer({isOk: true, node: idOf(2), proof: '0'.repeat(64)});
  t.deepEqual(up(), []);
  t.is(counters.nodesRefused, 2);
});

test('who never answers costs one question at a time, each given up after half the peer timeout', (t) => {
  const {announce, question, questions, clock, up} = createDiscovery();
  announce(2);
  const hello = question();
  announce(2);
  clock.advance(999);
  announce(2);
  t.false(hello.isGivenUp);
  t.deepEqual(questions, []);
  clock.advance(1);
  t.true(hello.isGivenUp);
  hello.asNode(idOf(2));
  t.deepEqual(up(), []);
  announce(2);
  t.is(questions.length, 1);
});

test('an address that answers no node is asked again once a second at most', (t) => {
  const {announce, question, questions, clock} = createDiscovery();
  announce(2);
  question().answer(undefined);
  for (let count = 0; count < 9; count++) {
    clock.advance(100);
    announce(2);
  }
  t.deepEqual(questions, []);
  clock.advance(100);
  announce(2);
  t.is(questions.length, 1);
});

test('a node never becomes its own peer, by its announcement or by the configuration', (t) => {
  const {discovery, announce, question, questions, clock, up, counters} = createDiscovery({peers: ['localhost:1984']});
  discovery.start();
  announce(0, {id: self});
  question().asNode(self);
  clock.advance(60_000);
  t.deepEqual(questions, []);
  t.deepEqual(up(), []);
  t.is(counters.announcementsRefused, 0);
});

test('a node that is heard by two ways is one peer', (t) => {
  const {discovery, announce, question, up, clock} = createDiscovery({peers: ['node-b:1984']});
  announce(2);
  question().asNode(idOf(2));
  announce(2, {address: '10.1.0.2'});
  question().asNode(idOf(2));
  discovery.start();
  question().asNode(idOf(2));
  t.deepEqual(up(), ['http://10.0.0.2:1984']);
  clock.advance(5_000);
  announce(2, {msgtype: 'offline'});
  t.deepEqual(up(), []);
});

test('goodbye ends it at once, and what is under way may end', (t) => {
  const {announce, question, up, lists, events, counters} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  announce(2, {msgtype: 'offline'});
  t.deepEqual(up(), []);
  t.deepEqual(lists.at(-1), {places: [], lost: []});
  t.deepEqual(events, ['cluster.nodeJoined', 'cluster.nodeLeft']);
  t.is(counters.nodesLeft, 1);
});

test('30 s of silence end it, also where nobody else announces anything', (t) => {
  const {announce, question, up, clock, lists, counters} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  clock.advance(29_999);
  t.is(up().length, 1);
  clock.advance(1);
  t.deepEqual(up(), []);
  t.deepEqual(lists.at(-1)?.lost, [idOf(2)]);
  t.is(counters.nodesLeft, 1);
  t.is(clock.pendingCount, 0);
});

test('a doubted node stays while it answers, is left out when it does not, and comes back when it does', (t) => {
  const {discovery, announce, question, questions, up, clock, lists, counters} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  discovery.doubt(idOf(2));
  discovery.doubt(idOf(2));
  t.is(up().length, 1);
  question().asNode(idOf(2));
  t.is(up().length, 1);
  discovery.doubt(idOf(2));
  const hello = question();
  clock.advance(1_000);
  t.true(hello.isGivenUp);
  t.deepEqual(lists.at(-1), {places: [], lost: [idOf(2)]});
  t.is(counters.nodesLost, 1);
  discovery.doubt(idOf(2));
  t.deepEqual(questions, []);
  clock.advance(9_000);
  announce(2);
  question().asNode(idOf(2));
  t.is(up().length, 1);
});

test('a node that was started anew takes its own place', (t) => {
  const {announce, question, up, lists, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  clock.advance(100);
  announce(2, {id: idOf(3)});
  t.deepEqual(up(), []);
  question().asNode(idOf(3));
  t.deepEqual(lists.at(-1)?.places, [{node: idOf(3), origin: 'http://10.0.0.2:1984', isOriginal: false}]);
  announce(2, {msgtype: 'offline'});
  t.is(up().length, 1, 'the goodbye of the one before says nothing of it');
});

test('a node of the configuration is asked each 10 s while it is up, and each 2 s while it is not', (t) => {
  const {discovery, question, questions, up, clock, sent} = createDiscovery({udpPorts: [], peers: ['node-b:1984']});
  discovery.start();
  question().answer(undefined);
  for (let count = 0; count < 5; count++) {
    clock.advance(1_999);
    t.deepEqual(questions, []);
    clock.advance(1);
    if (count < 4) question().answer(undefined);
  }
  question().asNode(idOf(2));
  t.deepEqual(up(), ['http://node-b:1984']);
  clock.advance(9_999);
  t.deepEqual(questions, []);
  clock.advance(1);
  question().answer(undefined);
  t.deepEqual(up(), []);
  clock.advance(2_000);
  question().asNode(idOf(3));
  t.is(up().length, 1, 'it may be another by then');
  t.deepEqual(sent, []);
  discovery.stop();
  t.is(clock.pendingCount, 0);
});

test('forged, repeated, foreign and misplaced announcements are counted, logged once, and ask nobody', (t) => {
  const {announce, hear, questions, counters, events, discovery, clock} = createDiscovery();
  hear('garbage');
  hear('{"msgtype": "online", "port": 1984}');
  hear(
    `{"msgtype":"online","port":1984,"node":"${idOf(2)}","timestamp":1420000000,"nonce":"12345678","signature":"x"}`,
  );
  announce(2, {port: 2000});
  t.is(counters.announcementsRefused, 4);
  t.deepEqual(events, ['cluster.datagramRefused']);
  clock.advance(60_000);
  t.deepEqual(events, ['cluster.datagramRefused', 'cluster.datagramsRefused']);
  t.deepEqual(questions, []);
  t.is(counters.announcements, 0);
  discovery.stop();
});

test('an announcement that comes again, from wherever, is refused', (t) => {
  const first = createDiscovery();
  first.discovery.start();
  const captured = first.sent[0] ?? '';
  const {hear, question, questions, counters} = createDiscovery({}, idOf(1));
  hear(captured, '10.0.0.2');
  question();
  hear(captured, '10.0.0.2');
  hear(captured, '10.0.0.66');
  t.deepEqual(questions, []);
  t.is(counters.announcementsRefused, 2);
});

test('a forged goodbye removes nobody', (t) => {
  const {announce, hear, question, up, counters} = createDiscovery({clusterOpen: true});
  announce(2);
  question().asNode(idOf(2));
  hear('{"msgtype": "offline", "port": 1984}', '10.0.0.2');
  hear(
    `{"msgtype":"offline","port":1984,"node":"${idOf(2)}","timestamp":1420000000,"nonce":"12345678","signature":"x"}`,
  );
  t.is(up().length, 1);
  t.is(counters.announcementsRefused, 2);
});

test('with cluster_open a node of the original is taken in by its /hello/ alone, and goes by its word', (t) => {
  const {hear, question, lists, up} = createDiscovery({clusterOpen: true});
  hear('{"msgtype": "online", "port": 1985}', '10.0.0.3');
  const hello = question();
  t.is(hello.origin, 'http://10.0.0.3:1985');
  hello.answer({isOk: true, node: undefined, proof: undefined});
  const origin = 'http://10.0.0.3:1985';
  t.deepEqual(lists.at(-1)?.places, [{node: origin, origin, isOriginal: true}]);
  hear('{"msgtype": "offline", "port": 1985}', '10.0.0.3');
  t.deepEqual(up(), []);
});

test('a node that signs must prove itself also where the cluster is open', (t) => {
  const {announce, question, up} = createDiscovery({clusterOpen: true});
  announce(2);
  question().answer({isOk: true, node: undefined, proof: undefined});
  t.deepEqual(up(), []);
});

test('addresses and questions are bounded; who does not answer makes room', (t) => {
  const {hear, questions, up, clock, discovery} = createDiscovery({clusterOpen: true});
  const online = (host: number) => hear('{"msgtype": "online", "port": 1984}', `10.1.${host >> 8}.${host & 255}`);
  for (let host = 0; host < 100; host++) online(host);
  t.is(questions.length, 16);
  for (const question of questions.splice(0)) question.answer({isOk: true, node: undefined, proof: undefined});
  t.is(up().length, 16);
  for (let host = 100; host < 600; host++) {
    online(host);
    for (const question of questions.splice(0)) question.answer(undefined);
  }
  t.is(up().length, 16);
  discovery.stop();
  t.is(clock.pendingCount, 0);
});

test('of a flood at most a thousand datagrams a second are read', (t) => {
  const {hear, announce, counters, question, clock} = createDiscovery();
  for (let count = 0; count < 5_000; count++) hear('flood');
  announce(2);
  t.is(counters.announcementsRefused, 5_001);
  clock.advance(1_000);
  announce(2);
  t.is(question().origin, 'http://10.0.0.2:1984');
});
