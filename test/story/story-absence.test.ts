import test from 'ava';
import {tellAbsence} from '../../src/story/story-absence.ts';
import type {MembershipEvent, PublicationStarted, TraceEvent, TransitionEvent} from '../../src/story/trace.ts';

const place = {seq: 1, thread: 0, connection: 1, identity: 'ann'};
const published: PublicationStarted = {
  kind: 'published',
  seq: 1,
  at: 1_000,
  thread: 0,
  message: 'p1',
  channel: 'room',
  qos: 1,
  type: 0,
  bytes: 0,
  timeoutMs: 0,
  recipients: 0,
};

function step(at: number, event: string, to: string): TransitionEvent {
  return {kind: 'transition', ...place, at, chart: 'connection', from: 'checking', event, to, effects: []};
}

function opened(at: number): TransitionEvent {
  return step(at, 'upstream.allowed', 'open.fresh');
}

function member(at: number, change: MembershipEvent['change'], channel = 'room', identity = 'ann'): MembershipEvent {
  return {kind: 'membership', ...place, at, change, channel, identity};
}

function reasonOf(...events: readonly TraceEvent[]): string {
  return tellAbsence('ann', events, published).text;
}

test('of a publication that is not known, or was for another client, that is the reason', (t) => {
  t.is(tellAbsence('ann', [], undefined).text, 'nothing is known of it and this message');
  const {channel: _, ...rest} = published;
  t.is(tellAbsence('ann', [opened(1)], {...rest, to: 'bob'}).text, 'did not get it: the message was for bob alone');
});

test('a client that connected or joined later says so, one that did at the same time does not', (t) => {
  t.is(reasonOf(opened(1_001), member(1_002, 'joined')), 'did not get it: it connected 1 ms later');
  t.is(reasonOf(opened(1_000), member(1_250, 'joined')), 'did not get it: it joined room 250 ms later');
  t.is(reasonOf(opened(1_000)), 'did not get it: it was not in room when the message was sent');
});

test('what last became of its membership before is the reason, in this channel and of this client', (t) => {
  const others = [member(999, 'left', 'attic'), member(999, 'left', 'room', 'bob'), member(1_001, 'evicted')];
  for (const [change, text] of [
    ['left', 'it had left room 200 ms before'],
    ['evicted', 'another client had occupied room 200 ms before'],
    ['refused', 'it could not join room 200 ms before'],
  ] as const) {
    t.is(reasonOf(opened(10), member(20, 'joined'), member(800, change), ...others), `did not get it: ${text}`);
    const sameMs = text.replace('200', '0');
    t.is(reasonOf(opened(10), member(1_000, change)), `did not get it: ${sameMs}`);
  }
});

test('an end of its connection before is the reason, one after it is not', (t) => {
  t.is(
    reasonOf(opened(10), step(700, 'socket.closed', 'closed')),
    'did not get it: its connection had ended 300 ms before',
  );
  t.is(
    reasonOf(opened(10), step(1_001, 'socket.closed', 'closed')),
    'did not get it: it was not in room when the message was sent',
  );
});
