import test from 'ava';
import {charts, findStep} from '../../src/inspector/model/chart-graph.ts';
import {listConnections, sortBy} from '../../src/inspector/model/connection-list.ts';
import {listMessages} from '../../src/inspector/model/message-list.ts';
import {readFields} from '../../src/inspector/model/packet-fields.ts';
import {Store} from '../../src/inspector/model/store.ts';
import {Timeline} from '../../src/inspector/model/timeline.ts';
import type {TraceEvent, TransitionEvent} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {allTables} from '../machines/tables.ts';

const path = ['queued', 'awaitingRec', 'awaitingCom', 'completed'] as const;
const events = ['window.opened', 'wire.rec', 'wire.com'] as const;

/** The steps of QoS 2 deliveries, one after the other, each on a connection of its own. */
function deliveries(count: number): TransitionEvent[] {
  return Array.from({length: count * 3}, (_, place): TransitionEvent => {
    const number = Math.floor(place / 3);
    const step = place % 3;
    const from = path[step] ?? 'queued';
    const event = events[step] ?? 'window.opened';
    return {
      kind: 'transition',
      seq: place + 1,
      at: place,
      thread: 0,
      connection: number + 1,
      identity: `client ${number}`,
      message: `p${number}`,
      flow: number + 1,
      chart: 'outboundQos2',
      from,
      event,
      to: path[step + 1] ?? 'completed',
      effects: step === 1 ? ['confirm', 'sendRel'] : [],
    };
  });
}

test('every step of every chart that is drawn is one of its table, and none is missing', (t) => {
  for (const {chart} of charts) {
    const table = allTables.find(({machine}) => machine.id === chart);
    if (table === undefined) {
      t.fail(chart);
      continue;
    }
    const {states, events: names} = table.vocabulary;
    for (const [state, from] of states.entries()) {
      for (const [event, name] of names.entries()) {
        const isHandled = table.isHandled[state * names.length + event] === 1;
        t.is(findStep(chart, from, name) !== undefined, isHandled, `${chart} ${from} ${name}`);
      }
    }
  }
});

test('the world at any line is the fold of the lines before it, also after the oldest were let go', (t) => {
  const lines = deliveries(4_000);
  const timeline = new Timeline(6_000);
  for (const line of lines) timeline.push(line);
  t.true(timeline.first > 0);
  for (const position of [timeline.first, timeline.first + 1, timeline.end - 2_500, timeline.end - 1, timeline.end]) {
    const whole = new Timeline(100_000);
    for (const line of lines.slice(0, position)) whole.push(line);
    const {flows, ended} = timeline.at(position);
    t.deepEqual([...flows.values()], [...whole.head.flows.values()], `flows at ${position}`);
    t.deepEqual([...ended.values()], [...whole.head.ended.values()], `ended at ${position}`);
  }
});

test('stepping back shows the state before, and the latest is followed again', (t) => {
  const store = new Store();
  store.push(deliveries(2));
  store.select({message: 'p1'});
  const stateNow = (): string | undefined =>
    [...store.world.flows.values(), ...store.world.ended.values()].find(({message}) => message === 'p1')?.state;
  t.is(stateNow(), 'completed');
  store.step(-1);
  t.is(stateNow(), 'awaitingCom');
  store.step(-1);
  t.is(stateNow(), 'awaitingRec');
  t.is(store.matches.length, 1);
  store.step(1);
  t.is(stateNow(), 'awaitingCom');
  store.togglePause();
  t.is(stateNow(), 'completed');
});

test('messages are listed with the states of their deliveries, those that wait for something first', (t) => {
  const store = new Store();
  const lines = deliveries(3);
  // The second one has no COM yet, and goes to another client as well, who has not answered.
  const elsewhere = lines.slice(3, 4).map((line) => ({...line, connection: 9, identity: 'client 9'}));
  store.push([...lines.slice(0, 5), ...elsewhere, ...lines.slice(6)]);
  const list = (max: number) =>
    listMessages(store.world, max).messages.map(({id, open, states}) => `${id} ${open} ${JSON.stringify([...states])}`);
  t.deepEqual(list(9), [
    'p1 2 [["awaitingCom",1],["awaitingRec",1]]',
    'p2 0 [["completed",1]]',
    'p0 0 [["completed",1]]',
  ]);
  t.is(list(2).length, 2);
  t.is(listMessages(store.world, 2).total, 3);
});

test('a message has its channel, type and client, and is found by each of them', (t) => {
  const store = new Store();
  const published = {
    kind: 'published',
    seq: 1,
    at: 0,
    thread: 0,
    qos: 2,
    bytes: 1,
    timeoutMs: 1,
    recipients: 1,
  } as const;
  const [down, up] = [deliveries(1), deliveries(2).slice(3)];
  const send = {kind: 'send', qos: 2, isDup: false, type: 41, id: 2, bytes: 0} as const;
  const place = {seq: 1, at: 3, thread: 0, connection: 2, identity: 'client 1', message: 'p1'};
  store.push([
    {...published, message: 'p0', channel: 'lobby', type: 7},
    ...down,
    {kind: 'packet', ...place, direction: 'in', packet: send},
    ...up,
  ]);
  const find = (search: string): readonly string[] =>
    listMessages(store.world, 9, search).messages.map(
      ({id, channel, type, identity}) => `${id} ${channel} ${type} ${identity}`,
    );
  const [p0, p1] = ['p0 lobby 7 client 0', 'p1 undefined 41 client 1'];
  t.deepEqual(find(''), [p1, p0]);
  for (const search of ['p0', 'LOBB', '7', 'client 0']) t.deepEqual(find(search), [p0], search);
  for (const search of ['p1', '41', 'client 1']) t.deepEqual(find(search), [p1], search);
  t.deepEqual(find('4'), []);
});

test('the first press on a number shows the most first, on a name the first of the alphabet; the next turns it round', (t) => {
  const wish = {search: '', column: 'identity', isDescending: false} as const;
  for (const column of ['heard', 'channels', 'inFlight', 'queued', 'inbound', 'rate', 'strays'] as const) {
    const first = sortBy(wish, column);
    t.like(first, {column, isDescending: true}, column);
    t.like(sortBy(first, column), {column, isDescending: false}, column);
  }
  t.like(sortBy(wish, 'state'), {column: 'state', isDescending: false});
  t.like(sortBy(wish, 'identity'), {column: 'identity', isDescending: true});
});

test('a rate taken from a share of the events before the first counts is not the rate of the gateway, and is removed', (t) => {
  const count = (rate: number): number => {
    const store = new Store();
    const times = {at: 0, wallMs: 0, threads: 1};
    store.push([
      {kind: 'header', version: 1, source: '', ...times, selection: {...emptySelection, rate}},
      ...deliveries(200),
      {kind: 'snapshot', at: 700, states: {}, steps: {}, counters: {}, connections: 0},
    ]);
    return store.world.series.samples.length;
  };
  t.true(count(1) > 1);
  t.is(count(0.1), 1);
});

test('packets that no message has are counted at their connection', (t) => {
  const store = new Store();
  const place = {seq: 1, at: 3, thread: 0, connection: 2, identity: 'ann', direction: 'in'} as const;
  store.push([
    {kind: 'packet', ...place, message: 'p1', packet: {kind: 'ack', id: 1, bytes: 0}},
    {kind: 'packet', ...place, packet: {kind: 'ack', id: 1, bytes: 0}},
    {kind: 'packet', ...place, packet: {kind: 'rel', id: 1}},
    {kind: 'packet', ...place, direction: 'out', packet: {kind: 'com', id: 1}},
    {kind: 'packet', ...place, packet: {kind: 'heard'}},
  ]);
  t.is(store.world.connections.get('0:2')?.strays, 2);
});

test('a selection has the lines of its connection, as they come', (t) => {
  const store = new Store();
  const lines: TraceEvent[] = deliveries(3);
  store.push(lines.slice(0, 4));
  store.select({connection: '0:2'});
  t.deepEqual(store.matches, [3]);
  store.push(lines.slice(4));
  t.deepEqual(store.matches, [3, 4, 5]);
});

test('connections are found by identity, state and channel, and sorted by a column', (t) => {
  const store = new Store();
  const row = {thread: 0, state: 'open.fresh', channelCount: 1, silentMs: 0, queued: 0, inbound: 0, bufferedBytes: 0};
  store.push([
    {
      kind: 'roster',
      at: 5,
      total: 2,
      rows: [
        {...row, connection: 1, identity: 'bob', channels: ['lobby'], inFlight: 1},
        {...row, connection: 2, identity: 'ann', channels: ['den'], inFlight: 9},
      ],
    },
  ]);
  const list = (search: string, column: 'identity' | 'inFlight', isDescending: boolean): readonly string[] =>
    listConnections(store.world.connections.values(), {search, column, isDescending}).map(({identity}) => identity);
  t.deepEqual(list('', 'identity', false), ['ann', 'bob']);
  t.deepEqual(list('', 'inFlight', false), ['bob', 'ann']);
  t.deepEqual(list('LOB', 'identity', false), ['bob']);
  t.deepEqual(list('unknown', 'identity', false), []);
});

test('a packet is read field by field, and an invalid one is reported', (t) => {
  t.deepEqual(
    readFields(Buffer.from('1c0001000768', 'hex')).map(({name, hex, meaning}) => `${name}|${hex}|${meaning}`),
    ['command, DUP, QoS|1c|SEND, QoS 2, DUP: sent before', 'type|00 01|1', 'id|00 07|7', 'payload|68|“h”'],
  );
  t.deepEqual(
    readFields(Buffer.from('500007', 'hex')).map(({meaning}) => meaning),
    ['COM', '7'],
  );
  t.deepEqual(
    readFields(Buffer.from('16', 'hex')).map(({name, meaning}) => `${name}: ${meaning}`),
    ['no packet: qos'],
  );
});
