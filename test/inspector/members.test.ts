// What is in a state, as the page knows it, and where the charts obey a rule.

import test from 'ava';
import {charts} from '../../src/inspector/model/chart-graph.ts';
import {countIn, membersOf} from '../../src/inspector/model/members.ts';
import {usesOf} from '../../src/inspector/model/rule-uses.ts';
import {World} from '../../src/inspector/model/world.ts';
import type {TransitionEvent} from '../../src/story/trace.ts';

let seq = 0;

function step(at: number, connection: number, chart: string, from: string, event: string, to: string): TransitionEvent {
  const message = chart === 'connection' ? {} : {message: 'p1', flow: connection};
  const effects: string[] = [];
  return {
    kind: 'transition',
    seq: ++seq,
    at,
    thread: 0,
    connection,
    identity: `c${connection}`,
    ...message,
    chart,
    from,
    event,
    to,
    effects,
  };
}

function worldOf(...steps: readonly TransitionEvent[]): World {
  const world = new World();
  for (const one of steps) world.apply(one);
  return world;
}

test('the members of a state are the longest there first; of an end, the latest first', (t) => {
  const chart = 'outboundQos1';
  const begin = [3, 1, 2].map((connection, at) =>
    step(at, connection, chart, 'queued', 'window.opened', 'awaitingAck'),
  );
  const world = worldOf(...begin);
  const namesIn = (state: string, selection = {}) =>
    membersOf(world, selection, chart, state).map(({identity}) => identity);
  t.deepEqual(namesIn('awaitingAck'), ['c3', 'c1', 'c2']);
  t.deepEqual(namesIn('awaitingAck', {connection: '0:1'}), ['c1']);
  t.deepEqual(namesIn('awaitingAck', {message: 'p1'}), ['c3', 'c1', 'c2']);
  t.deepEqual(namesIn('awaitingAck', {message: 'p2'}), []);
  for (const connection of [1, 2])
    world.apply(step(10 + connection, connection, chart, 'awaitingAck', 'wire.ack', 'confirmed'));
  t.deepEqual(namesIn('awaitingAck'), ['c3']);
  t.deepEqual(namesIn('confirmed'), ['c2', 'c1']);
  t.deepEqual(membersOf(world, {}, 'outboundQos2', 'awaitingRec'), [], 'of another chart');
});

test('a state around others has the members and the counts of these', (t) => {
  const world = worldOf(
    step(1, 1, 'connection', 'checking', 'upstream.allowed', 'open.fresh'),
    step(2, 2, 'connection', 'open.fresh', 'clock.pingDue', 'open.suspect'),
    step(3, 3, 'connection', 'open.fresh', 'wire.close', 'draining'),
  );
  const namesIn = (state: string, selection = {}) =>
    membersOf(world, selection, 'connection', state).map(({identity}) => identity);
  t.deepEqual(
    namesIn('open').toSorted((left, right) => left.localeCompare(right)),
    ['c1', 'c2'],
  );
  t.deepEqual(namesIn('open.suspect'), ['c2']);
  t.deepEqual(namesIn('open', {connection: '0:3'}), []);
  t.is(countIn({'open.fresh': 4, 'open.suspect': 1, draining: 2, opened: 9}, 'open'), 5);
  t.is(countIn({'open.fresh': 4}, 'draining'), 0);
});

test('a rule is found wherever a chart cites it', (t) => {
  const cited = new Set(
    charts.flatMap(({nodes, edges}) => [
      ...nodes.map(({rule}) => rule),
      ...edges.flatMap(({steps}) => steps.map(({rule}) => rule)),
    ]),
  );
  cited.delete(undefined);
  t.true(cited.size > 10);
  for (const rule of cited) t.true(usesOf(rule ?? '').length > 0, rule);
  t.deepEqual(
    usesOf('RB-16').map(({chart, what}) => `${chart}: ${what}`),
    ['Down, QoS 2: awaitingCom on wire.com', 'Down, QoS 2: awaitingCom on clock.retryDue'],
  );
  t.deepEqual(usesOf('no rule'), []);
});
