import test from 'ava';
import {Ladder} from '../../src/cli/ladder.ts';
import type {PacketEvent, TraceEvent, TracePacket} from '../../src/story/trace.ts';

const view = {at: 1, wallMs: Date.UTC(2026, 10, 28, 12, 0, 0)};

function draw(events: readonly TraceEvent[], ladder = new Ladder(view)): readonly string[] {
  return ladder.draw(events);
}

function packet(direction: 'in' | 'out', told: TracePacket, message?: string): PacketEvent {
  const place = {seq: 1, at: 1, thread: 0, connection: 1, identity: 'ann'};
  return {kind: 'packet', ...place, direction, packet: told, ...(message !== undefined && {message})};
}

const place = {seq: 1, thread: 0, connection: 1, identity: 'ann'};

test('each row has its time of day to the millisecond and the time since the first, and the heading says the date', (t) => {
  const heard = (at: number): TraceEvent => ({kind: 'packet', ...place, at, direction: 'in', packet: {kind: 'heard'}});
  const day = 86_400_000;
  const lines = draw([heard(1), heard(13.4), heard(2_001), heard(1 + day)]);
  const local = (ms: number): string => {
    const date = new Date(view.wallMs + ms);
    return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  };
  t.is(lines.length, 6);
  t.regex(lines[0] ?? '', /^2026-11-2[789], UTC[+-]\d\d:\d\d +client +gateway +business server$/);
  t.true(lines[1]?.startsWith(`${local(0)}    +0 ms  ann`), lines[1]);
  t.true(lines[2]?.startsWith(`${local(12)}   +12 ms`), lines[2]);
  t.true(lines[3]?.startsWith(`${local(2_000)}     +2 s`), lines[3]);
  t.regex(lines[4] ?? '', /^2026-11-(28|29|30), UTC/);
  t.true(lines[5]?.startsWith(local(day)), lines[5]);
});

test('what was kept of a payload stands behind its arrow, on one line and without control characters', (t) => {
  const base64 = (bytes: string | readonly number[]): string => Buffer.from(bytes as string).toString('base64');
  const call = {...place, at: 1, message: 'm1', call: 'message', number: 1} as const;
  const failed = {kind: 'callAnswered', ...call, outcome: 'failed', reason: 'status', status: 500, bytes: 0} as const;
  const [, ...lines] = draw([
    {...packet('in', {kind: 'send', qos: 0, isDup: false, id: 0, type: 1, bytes: 2}), payload: base64('up')},
    {kind: 'call', ...call, type: 1, bytes: 2, payload: base64('up')},
    {...failed, payload: base64('<h1>\r\n\t Not \x1b[31m found</h1>')},
    {...failed, payload: base64('für Zoë'.repeat(2)).slice(0, 12)},
    {...failed, payload: base64([0xff, 0x00])},
    failed,
  ]);
  t.deepEqual(
    lines.map((line) => line.slice(line.lastIndexOf('|') + 1)),
    ['  up', '  up', '  <h1> Not \\u001b[31m found</h1>', '  für Zoë', '  hex ff00', ''],
  );
});

test('no label breaks the ladder, however long it is', (t) => {
  const longest: TracePacket = {kind: 'send', qos: 2, isDup: true, id: 65_534, type: 65_535, bytes: 268_435_456};
  const call = {...place, at: 1, message: 'm1', call: 'message', number: 4_294_967_295} as const;
  const events: TraceEvent[] = [
    packet('in', {kind: 'ack', id: 1, bytes: 0}),
    packet('out', longest),
    packet('in', longest),
    packet('in', {kind: 'fault', reason: 'command'}),
    {kind: 'call', ...call, type: 65_535, bytes: 268_435_456},
    {kind: 'callAnswered', ...call, outcome: 'failed', reason: 'status', status: 500, bytes: 0},
  ];
  const [heading = '', ...lines] = draw(events);
  for (const line of lines) t.regex(line, /(<-- .*? -*---\||--- .*? -*-->\|)/);
  const right = (line: string): number => line.indexOf('|', line.indexOf('|') + 1);
  t.is(new Set(lines.map(right)).size, 1);
  // The gateway's name stands over its line, also with the widest columns.
  const at = right(lines[0] ?? '');
  t.true(
    heading.indexOf('gateway') <= at && at < heading.indexOf('gateway') + 'gateway'.length,
    `${heading}\n${lines[0]}`,
  );
});

test('a ladder that is drawn as events come keeps its columns, and says so where they grow', (t) => {
  const ladder = new Ladder(view);
  const short = packet('out', {kind: 'rel', id: 1});
  const long = packet('out', {kind: 'send', qos: 2, isDup: true, id: 65_534, type: 65_535, bytes: 268_435_456});
  const counts = [short, short, long, short, long].map((event) => draw([event], ladder));
  t.deepEqual(
    counts.map((lines) => lines.length),
    [2, 1, 2, 1, 1],
  );
  const widths = counts.map((lines) => lines.at(-1)?.trimEnd().length);
  t.is(widths[3], widths[2]);
});
