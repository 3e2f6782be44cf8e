import test from 'ava';
import {receivingCharts} from '../../src/machines/receiving-half.ts';
import {sendingCharts} from '../../src/machines/sending-half.ts';
import type {Steps} from '../../src/machines/step.ts';
import {packetText, readEvent, stepTone} from '../../src/story/reading.ts';
import type {PacketEvent, TraceEvent, TracePacket} from '../../src/story/trace.ts';

const place = {seq: 1, at: 1, thread: 0, connection: 1, identity: 'ann'};

function packet(direction: 'in' | 'out', told: TracePacket, message = 'p1'): PacketEvent {
  return {kind: 'packet', ...place, message, direction, packet: told};
}

function stray(direction: 'in' | 'out', told: TracePacket): PacketEvent {
  return {kind: 'packet', ...place, direction, packet: told};
}

const send = {kind: 'send', qos: 1, isDup: false, type: 7, id: 5, bytes: 2} as const;
const answered = {kind: 'answered', ...place, message: 'p1', recipients: 3, refused: 0, open: 0} as const;
const call = {...place, call: 'message', number: 3} as const;

const readings: readonly (readonly [TraceEvent, string])[] = [
  [packet('out', send), 'gateway > client: SEND q1 id 5| type 7, 2 B [plain]'],
  [packet('in', {...send, isDup: true}), 'client > gateway: SEND q1 id 5 DUP| type 7, 2 B [dup]'],
  [packet('in', {kind: 'rec', id: 5, bytes: 3}), 'client > gateway: REC id 5|, 3 B [plain]'],
  [stray('in', {kind: 'ack', id: 5, bytes: 0}), 'client > gateway: ACK id 5: no such message| [stray]'],
  [stray('in', {kind: 'rec', id: 6, bytes: 1}), 'client > gateway: REC id 6: no such message|, 1 B [stray]'],
  [stray('out', {kind: 'rel', id: 6}), 'gateway > client: REL id 6| [quiet]'],
  [stray('in', {kind: 'rel', id: 7}), 'client > gateway: REL id 7: no such message| [stray]'],
  [stray('out', {kind: 'com', id: 7}), 'gateway > client: COM id 7| [quiet]'],
  [stray('in', {kind: 'com', id: 8}), 'client > gateway: COM id 8: no such message| [stray]'],
  [packet('in', {kind: 'fault', reason: 'qos'}), 'client > gateway: no packet: qos| [bad]'],
  [packet('out', {kind: 'close', code: 1008}), 'gateway > client: close 1008| [bad]'],
  [packet('in', {kind: 'heard'}), 'client > gateway: ping or pong| [quiet]'],
  [packet('out', {kind: 'ping'}), 'gateway > client: ping| [quiet]'],
  [
    {
      kind: 'published',
      ...place,
      message: 'p1',
      channel: 'room',
      qos: 2,
      type: 7,
      bytes: 2,
      timeoutMs: 1,
      recipients: 0,
    },
    'business > gateway: /send/ QoS 2 to room|: publication p1, type 7, 2 B, recipients 0 [call]',
  ],
  [{...answered, confirmed: 3, isTimedOut: false}, 'gateway > business: confirmed 3 of 3|: publication p1 [good]'],
  [{...answered, confirmed: 2, isTimedOut: false}, 'gateway > business: confirmed 2 of 3|: publication p1 [bad]'],
  [
    {...answered, confirmed: 0, refused: 1, open: 2, isTimedOut: true},
    'gateway > business: confirmed 0 of 3, timed out|, 1 refused, 2 open: publication p1 [bad]',
  ],
  [{kind: 'delivery', ...place, fate: 'queued'}, 'gateway: delivery queued| [quiet]'],
  [{kind: 'delivery', ...place, fate: 'refused'}, 'gateway: delivery refused| [bad]'],
  [{kind: 'call', ...call, type: 7, bytes: 2}, 'gateway > business: message type 7|, call 3, 2 B [call]'],
  [{kind: 'call', ...call, call: 'connect', bytes: 0}, 'gateway > business: connect|, call 3 [call]'],
  [{kind: 'callAnswered', ...call, outcome: 'accepted', bytes: 2}, 'business > gateway: accepted|, call 3, 2 B [good]'],
  [
    {kind: 'callAnswered', ...call, outcome: 'failed', reason: 'status', status: 500, bytes: 0},
    'business > gateway: failed (500)|, call 3 [bad]',
  ],
  [{kind: 'membership', ...place, change: 'joined', channel: 'room'}, 'gateway: joined room| [quiet]'],
  [{kind: 'membership', ...place, change: 'refused', channel: 'room'}, 'gateway: refused room| [bad]'],
  [{kind: 'apiRefused', ...place, path: '/sub/', code: 'RB_X'}, 'gateway > business: /sub/ refused: RB_X| [bad]'],
  [
    {kind: 'transition', ...place, chart: 'outboundQos1', from: 'a', event: 'wire.ack', to: 'b', effects: ['x', 'y']},
    'gateway: a → b|, wire.ack: x, y [quiet]',
  ],
  [
    {kind: 'transition', ...place, chart: 'outboundQos1', from: 'a', event: 'clock.retryDue', to: 'a', effects: []},
    'gateway: no answer in time: a|, clock.retryDue [dup]',
  ],
];

for (const [event, expected] of readings) {
  test(`an event is read the same for every ladder: ${expected}`, (t) => {
    const {from, to, text, detail, tone} = readEvent(event);
    t.is(`${from === to ? from : `${from} > ${to}`}: ${text}|${detail} [${tone}]`, expected);
  });
}

test('a packet is named as in docs/protocol.md', (t) => {
  t.is(packetText({kind: 'send', qos: 0, id: 0, isDup: false}), 'SEND q0');
  t.is(packetText({kind: 'send', qos: 1, id: 9, isDup: true}), 'SEND q1 id 9 DUP');
  t.is(packetText({kind: 'rel', id: 9}), 'REL id 9');
});

test('of the steps of a message those stand out that end it well, leave it without an end, or repeat it', (t) => {
  const tones = new Map<string, Set<string>>();
  const charts: readonly Steps<string, string, string>[] = [
    sendingCharts[1],
    sendingCharts[2],
    receivingCharts[1],
    receivingCharts[2],
  ];
  for (const chart of charts) {
    for (const events of Object.values(chart)) {
      for (const [event, [to = ''] = []] of Object.entries(events)) {
        const tone = stepTone({from: '', event, to});
        tones.set(tone, (tones.get(tone) ?? new Set()).add(tone === 'dup' ? event : to));
      }
    }
  }
  t.deepEqual([...(tones.get('bad') ?? [])].toSorted(), ['expired', 'lost', 'overdue', 'unanswered']);
  t.deepEqual([...(tones.get('good') ?? [])].toSorted(), ['acknowledged', 'completed', 'confirmed', 'released']);
  t.deepEqual([...(tones.get('dup') ?? [])], ['clock.retryDue']);
});
