import test from 'ava';
import {NodePeers} from '../../src/cluster/node-peers.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {SeededRandom} from '../../src/core/random.ts';
import {requestOf, token} from './node-kit.ts';

test('at the end nobody waits any more for a node that had said goodbye and then answered nothing [RB-61]', async (t) => {
  let closed = 0;
  const peers = new NodePeers({
    securityToken: token,
    clock: new SimulatedClock(),
    random: new SeededRandom(5),
    counters: createCounters(),
    peerTimeoutMs: 2_000,
    connect: () => ({send: () => () => {}, close: () => closed++}),
    onDoubt: () => {},
  });
  const place = {node: 'b'.repeat(32), origin: 'http://10.0.0.2:1984', isOriginal: false};
  peers.update({places: [place], lost: []});
  const [peer] = peers.all;
  if (peer === undefined) return t.fail();
  const outcome = peer.publish(requestOf({qos: 1, timeoutMs: 10_000}));
  peers.update({places: [], lost: []});
  t.is(closed, 0);
  peers.close();
  t.like(await outcome, {connections: 0, isPartial: true});
  t.is(closed, 1);
});
