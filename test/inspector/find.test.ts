import test from 'ava';
import {selectNamed} from '../../src/inspector/model/find.ts';
import {Timeline} from '../../src/inspector/model/timeline.ts';
import type {TransitionEvent} from '../../src/story/trace.ts';

function step(connection: number, identity: string, message: string | undefined, to = 'awaitingAck'): TransitionEvent {
  const chart = message === undefined ? 'connection' : 'outboundQos1';
  const place = {seq: connection, at: connection, thread: 0, connection, identity};
  const what = {chart, from: 'queued', event: 'window.opened', to, effects: []};
  return {kind: 'transition', ...place, ...(message !== undefined && {message}), ...what};
}

test('a message is found by its id, a client by its identity, one that has gone too', (t) => {
  const timeline = new Timeline();
  timeline.push(step(1, 'ann', undefined, 'open.fresh'));
  timeline.push(step(1, 'ann', 'p1'));
  timeline.push(step(2, 'bob', 'p2'));
  timeline.push(step(2, 'bob', undefined, 'closed'));
  t.deepEqual(selectNamed('p1', timeline), {message: 'p1'});
  t.deepEqual(selectNamed('ann', timeline), {connection: '0:1'});
  t.false(timeline.head.connections.has('0:2'));
  t.deepEqual(selectNamed('bob', timeline), {connection: '0:2'});
});

test('a name that nothing has is looked for as a message, which then has no row', (t) => {
  t.deepEqual(selectNamed('pffffffffff', new Timeline()), {message: 'pffffffffff'});
});
