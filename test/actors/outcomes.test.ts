// What a publication reports of its recipients: each is counted once, by its outcome.

import test from 'ava';
import {simulateGateway} from '../support/simulated-gateway.ts';

for (const qos of [1, 2] as const) {
  test(`at QoS ${qos} each recipient is counted once, by its outcome [RB-61] [RB-62]`, async (t) => {
    const kit = simulateGateway({window: 1, queue: 1});
    const full = kit.connect('other');
    // One in flight, one that waits: there is no room for a third.
    for (let count = 0; count < 2; count++) void kit.publish({channel: 'other', timeoutMs: 60_000});
    const [quick, leaving, , late] = ['room', 'room', 'room', 'room'].map((name) => kit.connect(name));
    const joined = kit.router.subscribe({identity: full.actor.name, channel: 'room', occupy: false});
    kit.run();
    await joined;
    const outcome = kit.publish({qos, timeoutMs: 10_000});
    const answer = `${qos === 1 ? 'ACK' : 'REC'} id`;
    const idOf = (client: typeof quick) => /id (\d+)/.exec(client?.link.take().at(-1) ?? '')?.[1] ?? '';
    quick?.receive(`${answer} ${idOf(quick)}`);
    leaving?.tell({kind: 'socketClosed'});
    kit.advance(10_000);
    late?.receive(`${answer} ${idOf(late)}`);
    const counts = {connections: 1, isTimedOut: true, refused: 1, gone: 1, late: 2, open: 0, failed: 0, queued: 0};
    t.like(await outcome, counts);
  });
}

test('where every recipient has confirmed or gone nothing is late', async (t) => {
  const kit = simulateGateway();
  const [quick, leaving] = [kit.connect('room'), kit.connect('room')];
  const outcome = kit.publish({qos: 1});
  leaving.tell({kind: 'socketClosed'});
  quick.receive('ACK id 1');
  t.like(await outcome, {connections: 1, isTimedOut: false, refused: 0, gone: 1, late: 0, open: 0});
});
