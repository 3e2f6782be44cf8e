import test from 'ava';
import {filterRows, type LadderRow, searchRows, toRow, toRows} from '../../src/inspector/model/ladder.ts';
import {readFields} from '../../src/inspector/model/packet-fields.ts';
import type {PacketEvent, TraceEvent, TracePacket} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';

const place = {thread: 0, connection: 1, identity: 'ann'};
let seq = 0;

/** A packet of a message; one without is `stray`. */
function packet(at: number, direction: 'in' | 'out', told: TracePacket, payload?: string): PacketEvent {
  const facts = {...place, message: 'p1', direction, packet: told};
  return {kind: 'packet', seq: ++seq, at, ...facts, ...(payload !== undefined && {payload})};
}

function stray(direction: 'in' | 'out', told: TracePacket): PacketEvent {
  return {kind: 'packet', seq: ++seq, at: 1, ...place, direction, packet: told};
}

function send(at: number, direction: 'in' | 'out', qos: 0 | 1 | 2, id: number, isDup = false): PacketEvent {
  return packet(at, direction, {kind: 'send', qos, isDup, type: 7, id, bytes: 2}, btoa('hi'));
}

function step(event: string, from: string, to: string, rule?: string): TraceEvent {
  const chart = 'outboundQos1';
  return {
    kind: 'transition',
    seq: ++seq,
    at: 1,
    ...place,
    chart,
    from,
    event,
    to,
    effects: [],
    ...(rule !== undefined && {rule}),
  };
}

function rows(...events: TraceEvent[]): LadderRow[] {
  return toRows(events.map((event, number) => [number, event]));
}

test('packets are arrows between client and gateway, in their direction, a repeat with its DUP', (t) => {
  const told = rows(
    send(1, 'out', 1, 5),
    send(2, 'out', 1, 5, true),
    packet(3, 'in', {kind: 'ack', id: 5, bytes: 0}),
    packet(4, 'out', {kind: 'close', code: 1008}),
    packet(5, 'in', {kind: 'fault', reason: 'qos'}),
  );
  t.deepEqual(
    told.map(({from, to, text, tone}) => `${from}>${to} ${text} ${tone}`),
    [
      '1>0 SEND q1 id 5 plain',
      '1>0 SEND q1 id 5 DUP dup',
      '0>1 ACK id 5 plain',
      '1>0 close 1008 bad',
      '0>1 no packet: qos bad',
    ],
  );
});

test('a ladder shows all rows, packets and calls alone, or trouble alone', (t) => {
  const told = rows(
    send(1, 'out', 1, 5),
    step('clock.retryDue', 'awaitingAck', 'awaitingAck'),
    send(2, 'out', 1, 5, true),
    packet(3, 'in', {kind: 'ack', id: 5, bytes: 0}),
    stray('in', {kind: 'ack', id: 5, bytes: 0}),
  );
  const shown = (filter: 'all' | 'packets' | 'trouble') => filterRows(told, filter).map(({id}) => id);
  t.deepEqual(shown('all'), [0, 1, 2, 3, 4]);
  t.deepEqual(shown('packets'), [0, 2, 3, 4]);
  t.deepEqual(shown('trouble'), [1, 2, 4]);
});

test('rows are searched in what they say, their rule, client, message and payload', (t) => {
  const told = rows(
    send(1, 'out', 1, 5),
    step('wire.ack', 'awaitingAck', 'confirmed', 'RB-11'),
    packet(2, 'in', {kind: 'ack', id: 5, bytes: 5}, btoa('Taa')),
    stray('in', {kind: 'com', id: 777}),
  );
  const found = (search: string) => searchRows(told, search).map(({id}) => id);
  t.deepEqual(found(' '), [0, 1, 2, 3]);
  t.deepEqual(found('send'), [0]);
  t.deepEqual(found('rb-11'), [1]);
  t.deepEqual(found('HI'), [0]);
  t.deepEqual(found('taa'), [2]);
  t.deepEqual(found('777'), [3]);
  t.deepEqual(found('ANN'), [0, 1, 2, 3]);
  t.false(found('p1').includes(3));
  t.deepEqual(found('nothing of the kind'), []);
});

test('an answer has how long it took since the packet was first sent; the answer to a REL since the REL', (t) => {
  const told = rows(
    send(10, 'out', 2, 5),
    send(3_010, 'out', 2, 5, true),
    // The client's own message under the same id is another matter.
    send(3_011, 'in', 1, 5),
    packet(3_020, 'in', {kind: 'rec', id: 5, bytes: 0}),
    packet(3_021, 'out', {kind: 'rel', id: 5}),
    packet(3_050, 'in', {kind: 'com', id: 5}),
    packet(3_060, 'out', {kind: 'ack', id: 5, bytes: 0}),
    packet(3_070, 'in', {kind: 'com', id: 5}),
  );
  t.deepEqual(
    told.map(({tookMs}) => tookMs),
    [undefined, undefined, undefined, 3_010, undefined, 29, 49, undefined],
  );
});

test('a call has its answer, by its number', (t) => {
  const call = {seq: 1, ...place, call: 'message', bytes: 1} as const;
  const told = rows(
    {kind: 'call', ...call, at: 1, number: 3, type: 9},
    {kind: 'call', ...call, at: 2, number: 4, type: 9},
    {kind: 'callAnswered', ...call, at: 8, number: 4, outcome: 'failed', reason: 'timeout'},
    {kind: 'callAnswered', ...call, at: 21, number: 3, outcome: 'accepted'},
  );
  t.deepEqual(
    told.map(({text, tone, tookMs}) => [text, tone, tookMs]),
    [
      ['message type 9', 'call', undefined],
      ['message type 9', 'call', undefined],
      ['failed (timeout)', 'bad', 6],
      ['accepted', 'good', 20],
    ],
  );
});

test('a call and its answer have their bodies, where these were kept', (t) => {
  const call = {seq: 1, ...place, call: 'message', bytes: 1, number: 3} as const;
  const failed = {kind: 'callAnswered', ...call, at: 8, outcome: 'failed', status: 500} as const;
  const told = rows(
    {kind: 'call', ...call, at: 1, type: 9, payload: btoa('up')},
    {...failed, payload: btoa('<h1>')},
    failed,
  );
  t.deepEqual(
    told.map(({body}) => body),
    ['up', '<h1>', undefined],
  );
});

test('a time without a watcher is a note, and no answer is measured over it', (t) => {
  const told = toRows([
    [0, send(1, 'out', 1, 5)],
    [1, {kind: 'header', version: 1, source: '', at: 50, wallMs: 50, threads: 1, selection: emptySelection}],
    [2, packet(60, 'in', {kind: 'ack', id: 5, bytes: 0})],
  ]);
  t.like(told[1], {text: 'watched again: what was between is not known', tone: 'bad'});
  t.is(told[2]?.tookMs, undefined);
});

test('a row has the bytes that were on the wire, as far as they were kept', (t) => {
  const kept = toRow(0, send(1, 'out', 2, 258, true));
  t.deepEqual(Buffer.from(kept.bytes ?? []).toString('hex'), '1c000701026869');
  t.is(kept.bytesMissing, undefined);
  const notKept = toRow(1, packet(1, 'in', {kind: 'rec', id: 9, bytes: 12}));
  t.deepEqual(Buffer.from(notKept.bytes ?? []).toString('hex'), '300009');
  t.is(notKept.bytesMissing, 12);
  t.is(toRow(2, packet(1, 'out', {kind: 'ping'})).bytes, undefined);
});

test('a payload reads as it is, and as JSON where something in it cannot be read', (t) => {
  const meaning = (hex: string): string | undefined => readFields(Buffer.from(hex, 'hex')).at(-1)?.meaning;
  t.is(meaning('100001226122'), '“"a"”');
  t.is(meaning('10000141000a'), String.raw`"A\u0000\n"`);
  t.is(meaning('100001'), 'empty');
});
