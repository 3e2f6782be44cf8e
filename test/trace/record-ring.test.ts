// The ring holds the latest records and no more, and each is what was put there, however often the ring has gone round.

import test from 'ava';
import fc from 'fast-check';
import {RecordRing} from '../../src/trace/record-ring.ts';
import {TraceMark} from '../../src/trace/trace-mark.ts';

const seed = process.env.RAINBOW_SEQUENCES_SEED;
const sequences = Number(process.env.RAINBOW_SEQUENCES ?? '500');

/** What was put into a record. */
interface Put {
  readonly code: number;
  readonly connection: number;
  readonly message: string;
  readonly payload: Uint8Array | undefined;
}

/** One record to put: of a new message, of one that there is, so many before the latest, or of none. */
interface Wish {
  readonly code: number;
  readonly connection: number;
  readonly about: 'new' | 'none' | number;
  readonly payload: Uint8Array | undefined;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  code: fc.nat(0x7f),
  connection: fc.nat(1_000),
  about: fc.oneof(
    {weight: 5, arbitrary: fc.constant('new' as const)},
    {weight: 3, arbitrary: fc.nat(7)},
    {weight: 1, arbitrary: fc.constant('none' as const)},
  ),
  payload: fc.option(fc.uint8Array({minLength: 1, maxLength: 16}), {freq: 2, nil: undefined}),
});

function fill(events: number, wishes: readonly Wish[]): void {
  const turn = {now: 0};
  const ring = new RecordRing(events, turn);
  const kept: Put[] = [];
  const messages: TraceMark[] = [];
  for (const {code, connection, about, payload} of wishes) {
    if (about === 'new') messages.push(new TraceMark(`p${messages.length}`));
    // Of the latest ones, and of old ones that come back.
    const message =
      about === 'none' ? undefined : about === 'new' ? messages.at(-1) : messages[messages.length - 1 - about];
    turn.now = kept.length;
    const place = ring.add(code, 1, new TraceMark(`client-${connection}`, connection), message, connection + 1);
    ring.endTurn();
    if (payload !== undefined) ring.keep(place, payload);
    kept.push({code, connection, message: message?.name ?? '', payload});
    check(ring, kept);
  }
}

// Thrown, for fast-check to shrink.
function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`Expected ${what} to be ${wanted}, got ${got}`);
}

function check(ring: RecordRing, kept: readonly Put[]): void {
  expectSame(ring.count, kept.length, 'the count');
  expectSame(ring.first, Math.max(0, kept.length - ring.capacity), 'the first');
  for (let number = ring.first; number < ring.count; number++) {
    const {code, connection, message, payload} = kept[number] as Put;
    const place = ring.placeOf(number);
    const found = {
      code: ring.codeAt(place) & 0x7f,
      connection: ring.connectionAt(place),
      at: ring.momentOf(number),
      identity: ring.identityAt(place),
      value: ring.valueAt(place),
      message: ring.messageAt(place),
      payload: ring.keptAt(place, payload?.length ?? 0),
    };
    const wanted = {
      ...{code, connection, at: number, identity: `client-${connection}`},
      ...{value: connection + 1, message, payload},
    };
    expectSame(found, wanted, `record ${number} of ${ring.count}`);
  }
}

test(`a ring has the latest records, each with its message and payload, in ${sequences} sequences`, (t) => {
  const property = fc.property(
    fc.constantFrom(2, 3, 4, 8),
    fc.array(wish, {maxLength: 60, size: 'max'}),
    (events, wishes) => fill(events, wishes),
  );
  const details = fc.check(property, {numRuns: sequences, ...(seed !== undefined && {seed: Number(seed)})});
  t.false(details.failed, `RAINBOW_SEQUENCES_SEED=${details.seed}\n${String(details.errorInstance)}`);
});

test('a ring is as large as the power of two that its events need, and never grows', (t) => {
  for (const [events, capacity] of [
    [0, 2],
    [2, 2],
    [3, 4],
    [1_024, 1_024],
    [1_025, 2_048],
  ] as const) {
    const ring = new RecordRing(events, {now: 0});
    t.is(ring.capacity, capacity);
    for (let count = 0; count < 3 * capacity; count++) ring.add(0, 1, undefined, undefined, count);
    t.is(ring.count - ring.first, capacity);
  }
});

test('payloads share a memory with a bound: the latest are there, whole, and the oldest go', (t) => {
  const ring = new RecordRing(8_192, {now: 0});
  const bytes = 1_024;
  // A kilobyte less one, so that the end of the memory comes in the middle of one.
  const payloadOf = (number: number): Buffer => Buffer.alloc(bytes - 1, number % 251);
  const count = 6_000;
  for (let number = 0; number < count; number++) ring.keep(ring.add(0, 1, undefined, undefined, 0), payloadOf(number));
  const there = Array.from({length: count}, (_, number) => ring.keptAt(ring.placeOf(number), bytes - 1));
  const oldest = there.findIndex((payload) => payload !== undefined);
  t.true(count - oldest >= 4_000 && count - oldest <= 4_194_304 / (bytes - 1), `${count - oldest} are there`);
  for (const [number, payload] of there.entries()) {
    if (number < oldest) t.is(payload, undefined);
    else t.true(payload !== undefined && payloadOf(number).equals(payload), String(number));
  }
});
