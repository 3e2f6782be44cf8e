// A survey of connections is complete whatever becomes of those that were asked.

import test from 'ava';
import type {SessionMessage} from '../../src/actors/messages.ts';
import {StatsQuery} from '../../src/actors/stats-query.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

async function isDone(stats: StatsQuery): Promise<boolean> {
  let isOver = false;
  void stats.done.then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return isOver;
}

test('a survey is complete when the last connection has answered, and at once without connections', async (t) => {
  const kit = simulateGateway();
  const clients = [kit.connect('room'), kit.connect('room'), kit.connect('room')];
  const stats = new StatsQuery(2);
  stats.start(clients.map(({actor}) => actor));
  t.false(await isDone(stats));
  kit.run();
  t.true(await isDone(stats));
  t.is(stats.asked, 3);
  t.is(stats.rows.length, 2, 'as many rows as were asked for');
  const nobody = new StatsQuery(2);
  nobody.start([]);
  t.true(await isDone(nobody));
});

test('a survey does not wait for connections that have ended, end meanwhile, or have no room for the question', async (t) => {
  const kit = simulateGateway();
  const [ended, ending, staying] = [kit.connect('room'), kit.connect('room'), kit.connect('room')];
  ended.tell({kind: 'socketClosed'});
  kit.run();
  const asked: SessionMessage[] = [];
  const full = {
    name: 'full',
    depth: 1,
    isStopped: false,
    tell(message: SessionMessage) {
      asked.push(message);
      return false;
    },
  };
  ending.tell({kind: 'socketClosed'});
  const stats = new StatsQuery(10);
  stats.start([ended.actor, ending.actor, full, staying.actor]);
  kit.run();
  t.true(await isDone(stats));
  t.is(asked.length, 1);
  t.is(stats.asked, 4);
  t.is(stats.rows.length, 1);
});
