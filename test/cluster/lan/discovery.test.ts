import test from 'ava';
import {nodesMax, probesMax} from '../../../src/cluster/lan/discovery.ts';
import {answerHello, type HelloProof} from '../../../src/cluster/lan/hello.ts';
import {prove} from '../../../src/protocol/node-proof.ts';
import {createDiscovery, idOf, keys, otherKeys, ownAddress, self} from './discovery-harness.ts';

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
  const place = {node: idOf(2), origin: 'http://10.0.0.2:1984', isOriginal: false, clockOffsetMs: 0};
  t.deepEqual(lists.at(-1), {places: [place], lost: [], missing: []});
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
  'a page': {isOk: false, said: undefined},
  ok: {isOk: true, said: undefined},
  'another proof': {isOk: true, said: claim({})},
  'another id': {isOk: true, said: claim({node: idOf(3)})},
  'an invalid id': {isOk: true, said: claim({node: 'x'})},
  'the id of this node without a proof': {isOk: true, said: claim({node: self})},
})) {
  test(`who answers ${what} is no node of this cluster`, (t) => {
    const {announce, question, up, counters, events, missing, discovery, clock} = createDiscovery();
    announce(2);
    question().answer(answer);
    t.deepEqual(up(), []);
    t.is(counters.nodesRefused, 1);
    t.deepEqual(events, ['cluster.nodeMissing']);
    t.is(missing().length, 1, 'a node was announced there');
    discovery.stop();
    t.is(clock.pendingCount, 0);
  });
}

function claim(changes: Partial<HelloProof>): HelloProof {
  return {node: idOf(2), wallMs: 0, place: '10.0.0.2:1984', asker: ownAddress, proof: '0'.repeat(64), ...changes};
}

test('a proof made with another token, or for another question, is not valid', (t) => {
  const {announce, question, up, counters, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2), {secret: otherKeys});
  clock.advance(2_000);
  const first = question();
  first.answer(undefined);
  clock.advance(2_000);
  const proofOfFirst = answerHello(keys, first.question, {
    node: idOf(2),
    wallMs: clock.wallNow(),
    path: {place: '10.0.0.2:1984', asker: ownAddress},
  });
  question().answer({isOk: true, said: proofOfFirst});
  t.deepEqual(up(), []);
  t.is(counters.nodesRefused, 2);
});

test('a question that a third party relays is refused: its proof shows other ends of the connection', (t) => {
  for (const seen of [{place: '10.0.0.3:1984'}, {place: '10.0.0.2:1985'}, {asker: '10.0.0.66'}]) {
    const {announce, question, up, causes} = createDiscovery();
    announce(2);
    question().asNode(idOf(2), seen);
    t.deepEqual(up(), []);
    t.regex(causes[0] ?? '', /a relay, or cluster_address is missing/);
  }
});

test('a node behind NAT says where it is reached, and its own questions come from there', (t) => {
  const {discovery, question, up} = createDiscovery({peers: ['198.51.100.2:1984'], clusterAddress: '203.0.113.7:1984'});
  discovery.start();
  question().asNode(idOf(2), {asker: '203.0.113.7'});
  t.deepEqual(up(), ['http://198.51.100.2:1984']);
});

test('a captured announcement from another address leads to no question, and uses up nothing of the real one', (t) => {
  const first = createDiscovery();
  first.discovery.start();
  const captured = first.sent[0] ?? '';
  const {hear, question, questions, missing, counters} = createDiscovery({}, idOf(1));
  hear(captured, '10.0.0.66');
  t.deepEqual(questions, []);
  t.deepEqual(missing(), []);
  t.is(counters.announcementsRefused, 1);
  hear(captured, ownAddress);
  t.is(question().origin, `http://${ownAddress}:1984`);
});

test('who never answers costs one question at a time, each given up after half the peer timeout', (t) => {
  const {announce, question, questions, clock, up, missing} = createDiscovery();
  announce(2);
  const hello = question();
  announce(2);
  clock.advance(999);
  announce(2);
  t.false(hello.isGivenUp);
  t.deepEqual(questions, []);
  clock.advance(1);
  t.true(hello.isGivenUp);
  t.deepEqual(missing(), ['10.0.0.2:1984: no answer to /hello/ within 1 s']);
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
  t.deepEqual(lists.at(-1), {places: [], lost: [], missing: []});
  t.deepEqual(events, ['cluster.nodeJoined', 'cluster.nodeLeft']);
  t.is(counters.nodesLeft, 1);
});

test('a node that is not heard is asked after 20 s, and stays while it answers, however long it is not heard', (t) => {
  const {announce, question, questions, up, clock, discovery, counters} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  for (let count = 0; count < 10; count++) {
    clock.advance(19_999);
    t.deepEqual(questions, []);
    clock.advance(1);
    question().asNode(idOf(2));
    t.is(up().length, 1);
  }
  t.is(counters.nodesLost + counters.nodesLeft, 0);
  discovery.stop();
  t.is(clock.pendingCount, 0);
});

test('30 s with neither an announcement nor an answer end it; until then answers are partial', (t) => {
  const {announce, question, questions, up, clock, lists, missing, counters, discovery} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  clock.advance(20_000);
  question().answer(undefined);
  t.deepEqual(up(), []);
  t.deepEqual(lists.at(-1)?.lost, [idOf(2)]);
  t.is(counters.nodesLost, 1);
  const cause = ['10.0.0.2:1984: the connection is refused: no server listens there'];
  t.deepEqual(missing(), cause);
  for (let count = 0; count < 4; count++) {
    clock.advance(2_000);
    question().answer(undefined);
    t.deepEqual(missing(), cause);
  }
  clock.advance(1_999);
  t.deepEqual(missing(), cause);
  clock.advance(1);
  t.deepEqual(missing(), []);
  clock.advance(60_000);
  t.deepEqual(questions, []);
  t.is(clock.pendingCount, 0);
  discovery.stop();
});

test('a node whose clock is far off is taken in, with the offset measured, and the log names it once a minute', (t) => {
  for (const [skewMs, says] of [
    [15_200, 'its clock is 15.2 s ahead'],
    [-15_200, 'its clock is 15.2 s behind'],
    [86_400_000, 'its clock is 86400.0 s ahead'],
  ] as const) {
    const {announce, question, questions, up, lists, causes, missing, clock} = createDiscovery();
    announce(2, {skewMs});
    question().asNode(idOf(2), {skewMs});
    t.deepEqual(up(), ['http://10.0.0.2:1984']);
    t.is(lists.at(-1)?.places[0]?.clockOffsetMs, skewMs);
    t.deepEqual(missing(), []);
    for (let count = 0; count < 5; count++) {
      clock.advance(9_000);
      announce(2, {skewMs});
    }
    t.deepEqual(causes, [`cluster.clockSkew: ${says}`]);
    t.deepEqual(questions, [], 'an announcement that fits the measured clock asks nothing');
  }
});

test('the clock of a node is measured again when its announcements stop to fit', (t) => {
  const {announce, question, lists, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  t.is(lists.at(-1)?.places[0]?.clockOffsetMs, 0);
  clock.advance(1_000);
  announce(2, {skewMs: -3_600_000});
  question().asNode(idOf(2), {skewMs: -3_600_000});
  t.is(lists.at(-1)?.places[0]?.clockOffsetMs, -3_600_000);
});

test('a node with a clock 15 s off that does not answer makes answers partial while it announces itself', (t) => {
  const {announce, question, questions, missing, causes, clock} = createDiscovery();
  announce(2, {skewMs: 15_000});
  question().answer(undefined);
  for (let half = 0; half < 120; half++) {
    if (half % 20 === 19) announce(2, {skewMs: 15_000});
    clock.advance(500);
    for (const again of questions.splice(0)) again.answer(undefined);
    t.is(missing().length, 1);
  }
  t.true(causes.length <= 2, causes.join());
  clock.advance(31_000);
  t.deepEqual(missing(), []);
});

test('an announcement from long ago, sent again with a forged source, asks its address once and makes nothing partial', (t) => {
  const {announce, question, questions, missing, clock, discovery} = createDiscovery();
  announce(2, {skewMs: -300_000});
  question().answer(undefined);
  t.deepEqual(missing(), []);
  clock.advance(29_000);
  t.deepEqual(questions, []);
  clock.advance(1_000);
  t.is(clock.pendingCount, 0);
  discovery.stop();
});

test('announcements of a node that has gone, sent again, bring nothing back', (t) => {
  const {announce, question, questions, missing, clock, counters} = createDiscovery();
  for (const sequence of [1, 2, 3]) announce(2, {sequence});
  question().asNode(idOf(2));
  announce(2, {msgtype: 'offline', sequence: 4});
  for (const sequence of [1, 2, 3, 4, 5]) announce(2, {sequence});
  t.is(counters.announcementsRefused, 5, 'who says goodbye never comes back under the same id');
  announce(3, {sequence: 9});
  question().answer(undefined);
  clock.advance(2_000);
  question().answer(undefined);
  clock.advance(28_000);
  t.deepEqual(missing(), []);
  for (const sequence of [1, 5, 9]) announce(3, {sequence});
  t.deepEqual(questions.slice(13), []);
  t.deepEqual(missing(), []);
});

test('an announcement of a predecessor, sent again, drops no node', (t) => {
  const {announce, question, up, missing} = createDiscovery();
  announce(2, {id: idOf(3)});
  question().asNode(idOf(3));
  announce(2, {id: idOf(4)});
  t.is(up().length, 1);
  question().asNode(idOf(3));
  t.is(up().length, 1);
  t.deepEqual(missing(), []);
});

for (const [what, changes, cause] of [
  ['a port that is not listed', {port: 2000}, 'its port 2000 is not in udp_ports'],
] as const) {
  test(`a node with ${what} cannot be called, and answers say so while it announces itself`, (t) => {
    const {announce, missing, questions, causes, clock, discovery} = createDiscovery();
    announce(2, changes);
    const told = [`10.0.0.2:2000: ${cause}`];
    t.deepEqual(missing(), told);
    for (let count = 0; count < 6; count++) {
      clock.advance(10_000);
      announce(2, changes);
    }
    t.deepEqual(missing(), told);
    t.deepEqual(causes, [`cluster.nodeRefused: ${cause}`]);
    t.deepEqual(questions, []);
    clock.advance(30_000);
    t.deepEqual(missing(), []);
    announce(2, changes);
    announce(2, {...changes, msgtype: 'offline'});
    t.deepEqual(missing(), []);
    discovery.stop();
    t.is(clock.pendingCount, 0);
  });
}

test('a node of 0.1.0 with the same token cannot be called, and answers say so', (t) => {
  const {hear, missing, causes, clock, questions} = createDiscovery();
  const nonce = '12345678';
  const timestamp = Math.floor(clock.wallNow() / 1000);
  const parts = ['rainbow announcement', 'online', 1984, idOf(2), timestamp, nonce];
  const signature = prove(keys.former, parts);
  hear(JSON.stringify({msgtype: 'online', port: 1984, node: idOf(2), timestamp, nonce, signature}), '10.0.0.2');
  t.deepEqual(missing(), ['10.0.0.2:1984: it speaks the node protocol of version 0.1.0: update it']);
  t.is(causes.length, 1);
  t.deepEqual(questions, []);
});

test('a node of the configuration that does not answer makes answers partial, while it is configured', (t) => {
  const {discovery, question, questions, missing, clock} = createDiscovery({udpPorts: [], peers: ['node-b:1984']});
  discovery.start();
  question().answer(undefined);
  for (let second = 0; second < 120; second++) {
    clock.advance(1_000);
    for (const again of questions.splice(0)) again.answer(undefined);
    t.deepEqual(missing(), ['node-b:1984: the connection is refused: no server listens there']);
  }
  clock.advance(2_000);
  question().asNode(idOf(2));
  t.deepEqual(missing(), []);
  discovery.stop();
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
  const [gone] = lists.at(-1)?.missing ?? [];
  t.deepEqual(lists.at(-1), {places: [], lost: [idOf(2)], missing: gone === undefined ? [] : [gone]});
  t.is(gone?.server, '10.0.0.2:1984');
  t.is(counters.nodesLost, 1);
  discovery.doubt(idOf(2));
  t.deepEqual(questions, []);
  clock.advance(1_000);
  question().asNode(idOf(2));
  t.is(up().length, 1);
});

test('a restarted node takes its own place', (t) => {
  const {announce, question, up, lists, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  clock.advance(100);
  announce(2, {id: idOf(3)});
  t.is(up().length, 1, 'until it has answered, what was said may be of long ago');
  question().asNode(idOf(3));
  const place = {node: idOf(3), origin: 'http://10.0.0.2:1984', isOriginal: false, clockOffsetMs: 0};
  t.deepEqual(lists.at(-1), {places: [place], lost: [idOf(2)], missing: []});
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

test('forged, repeated, foreign and misplaced announcements are counted, logged once, and lead to no question', (t) => {
  const {announce, hear, questions, counters, events, discovery, clock} = createDiscovery();
  hear('garbage');
  hear('{"msgtype": "online", "port": 1984}');
  hear(
    `{"msgtype":"online","port":1984,"node":"${idOf(2)}","timestamp":1420000000,"nonce":"12345678","signature":"x"}`,
  );
  announce(2, {port: 2000});
  t.is(counters.announcementsRefused, 4);
  t.deepEqual(events, ['cluster.datagramRefused', 'cluster.nodeRefused']);
  clock.advance(60_000);
  t.deepEqual(events, ['cluster.datagramRefused', 'cluster.nodeRefused', 'cluster.datagramsRefused']);
  t.deepEqual(questions, []);
  t.is(counters.announcements, 0);
  discovery.stop();
});

test('an announcement that comes again, from wherever, is refused', (t) => {
  const first = createDiscovery();
  first.discovery.start();
  const captured = first.sent[0] ?? '';
  const {hear, question, questions, counters} = createDiscovery({}, idOf(1));
  hear(captured, ownAddress);
  question();
  hear(captured, ownAddress);
  hear(captured, '10.0.0.66');
  t.deepEqual(questions, []);
  t.is(counters.announcementsRefused, 2);
});

test('a forged goodbye removes no node', (t) => {
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
  hello.answer({isOk: true, said: undefined});
  const origin = 'http://10.0.0.3:1985';
  t.deepEqual(lists.at(-1)?.places, [{node: origin, origin, isOriginal: true, clockOffsetMs: 0}]);
  hear('{"msgtype": "offline", "port": 1985}', '10.0.0.3');
  t.deepEqual(up(), []);
});

test('a node that signs must prove itself also where the cluster is open', (t) => {
  const {announce, question, up} = createDiscovery({clusterOpen: true});
  announce(2);
  question().answer({isOk: true, said: undefined});
  t.deepEqual(up(), []);
});

test('addresses and questions are bounded; who does not answer makes room', (t) => {
  const {hear, questions, up, clock, discovery} = createDiscovery({clusterOpen: true});
  const online = (host: number) => hear('{"msgtype": "online", "port": 1984}', `10.1.${host >> 8}.${host & 255}`);
  for (let host = 0; host < 100; host++) online(host);
  t.is(questions.length, 16);
  for (const question of questions.splice(0)) question.answer({isOk: true, said: undefined});
  t.is(up().length, 16);
  for (let host = 100; host < 600; host++) {
    online(host);
    for (const question of questions.splice(0)) question.answer(undefined);
  }
  t.is(up().length, 16);
  discovery.stop();
  t.is(clock.pendingCount, 0);
});

test('junk from one source, 4,000 datagrams a second, keeps no announcement out and no node is forgotten', (t) => {
  const {hear, announce, question, questions, counters, up, missing, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  const junk = JSON.stringify({msgtype: 'online', port: 1984, node: idOf(7), signature: '0'.repeat(64)});
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 4_000; count++) hear(count % 2 === 0 ? junk : 'flood', '10.0.0.66', 50_000);
    if (second % 10 === 9) announce(2);
    if (second === 30) {
      announce(3);
      question().asNode(idOf(3));
    }
    clock.advance(1_000);
    for (const again of questions.splice(0)) again.asNode(idOf(again.origin.includes('0.2:') ? 2 : 3));
  }
  t.is(up().length, 2);
  t.deepEqual(missing(), []);
  t.is(counters.nodesLost + counters.nodesLeft, 0);
  t.is(counters.announcements, 8);
  t.is(counters.announcementsRefused, 240_000);
});

test('junk with a forged source that spends the whole budget of a node costs it nothing: it answers, and stays', (t) => {
  const {hear, announce, question, questions, up, counters, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  const junk = JSON.stringify({msgtype: 'online', port: 1984, node: idOf(7), signature: '0'.repeat(64)});
  for (let second = 0; second < 120; second++) {
    for (let count = 0; count < 100; count++) hear(junk, '10.0.0.2', 40_000);
    announce(2);
    clock.advance(1_000);
    for (const again of questions.splice(0)) again.asNode(idOf(2));
  }
  t.is(counters.announcements, 1);
  t.is(up().length, 1);
  t.is(counters.nodesLost + counters.nodesLeft, 0);
});

test('of a flood from everywhere at most a thousand datagrams a second are read; those of nodes have their own budget', (t) => {
  const {hear, announce, question, counters, clock} = createDiscovery();
  announce(2);
  question().asNode(idOf(2));
  clock.advance(1_000);
  const junk = JSON.stringify({msgtype: 'online', port: 1984, node: idOf(7), signature: '0'.repeat(64)});
  for (let source = 0; source < 5_000; source++) hear(junk, `10.1.${source >> 8}.${source & 255}`);
  t.is(counters.announcementsRefused, 5_000);
  announce(2);
  t.is(counters.announcements, 2, 'of the node that is up');
  announce(3);
  t.is(counters.announcements, 2, 'a newcomer has to wait for the next second');
  clock.advance(1_000);
  announce(3);
  t.is(question().origin, 'http://10.0.0.3:1984');
});

test('at the end every question is given up, and no timer is left', (t) => {
  const {discovery, announce, question, questions, clock, lists} = createDiscovery({peers: ['10.0.0.9:1984']});
  announce(2);
  question().asNode(idOf(2));
  discovery.start();
  announce(3);
  announce(4);
  t.is(questions.length, 3);
  discovery.stop();
  t.deepEqual(
    questions.map(({isGivenUp}) => isGivenUp),
    [true, true, true],
  );
  const told = lists.length;
  for (const question of questions) question.asNode(idOf(3));
  t.is(clock.pendingCount, 0);
  clock.advance(600_000);
  t.is(lists.length, told);
});

test('more nodes than there is room for make answers partial, and those that are up stay', (t) => {
  const {discovery, announce, questions, up, missing, clock, counters} = createDiscovery();
  const idAt = (place: number) => place.toString(16).padStart(32, '0');
  for (let place = 1; place <= nodesMax; place++) {
    announce(0, {id: idAt(place), address: `10.1.${place >> 8}.${place & 255}`});
    for (const question of questions.splice(0)) question.asNode(idAt(place));
  }
  t.is(up().length, nodesMax);
  for (let place = 1; place <= 400; place++) {
    clock.advance(10);
    announce(0, {id: idAt(1_000 + place), address: `10.2.${place >> 8}.${place & 255}`});
  }
  t.is(up().length, nodesMax);
  t.true(missing().length >= 1 && missing().length <= 256);
  t.regex(missing()[0] ?? '', /there is no room for more than 256 nodes/);
  t.is(counters.nodesLost, 0);
  discovery.stop();
  t.is(clock.pendingCount, 0);
});

test('announced nodes that cannot be asked at once are asked in their turn', (t) => {
  const {announce, questions, up, missing, clock} = createDiscovery();
  const idAt = (place: number) => place.toString(16).padStart(32, '0');
  for (let place = 1; place <= 40; place++) announce(0, {id: idAt(place), address: `10.1.0.${place}`});
  t.is(questions.length, probesMax);
  t.is(missing().length, 40);
  for (let second = 0; second < 4; second++) {
    for (const question of questions.splice(0)) question.asNode(idAt(Number(question.origin.split(/[.:]/).at(-2))));
    clock.advance(1_000);
  }
  t.is(up().length, 40);
  t.deepEqual(missing(), []);
});

test('a node that says goodbye while it is asked, and returns, is asked again: the earlier question is given up', (t) => {
  const {announce, question, up, lists, clock, discovery} = createDiscovery();
  announce(2);
  const earlier = question();
  announce(2, {msgtype: 'offline'});
  announce(2, {id: idOf(3)});
  const later = question();
  t.true(earlier.isGivenUp);
  earlier.asNode(idOf(2));
  t.deepEqual(up(), [], 'its answer says nothing');
  clock.advance(999);
  t.false(later.isGivenUp);
  later.asNode(idOf(3));
  t.is(lists.at(-1)?.places[0]?.node, idOf(3));
  clock.advance(1_000);
  t.is(up().length, 1, 'no deadline of the earlier one is left');
  discovery.stop();
  t.is(clock.pendingCount, 0);
});
