// What calls of /trace/ ask for: read as it was written, or refused with the parameter's name.

import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {
  readFeedQuery,
  readStory,
  readSwitch,
  selectorsMax,
  switchSecondsDefault,
  switchSecondsMax,
} from '../../src/gateway/trace-request.ts';
import {emptySelection, type FeedQuery, feedQuery} from '../../src/protocol/trace-feed.ts';

const identity = fc.stringMatching(/^[!-~]{1,64}$/);
const channel = fc.string({minLength: 1, maxLength: 40}).filter((name) => /^[^\p{C};]+$/u.test(name));
const connection = fc.tuple(fc.nat(999), fc.nat()).map(([thread, number]) => `${thread}:${number}`);
const queries: fc.Arbitrary<FeedQuery> = fc.record({
  selection: fc.record({
    rate: fc.double({min: 0, max: 1, noNaN: true}).map(Math.abs),
    identities: fc.array(identity, {maxLength: 5}),
    channels: fc.array(channel, {maxLength: 5}),
    types: fc.array(fc.nat(65_535), {maxLength: 5}),
    connections: fc.array(connection, {maxLength: 5}),
    payloads: fc.boolean(),
  }),
  snapshots: fc.boolean(),
  roster: fc.boolean(),
  past: fc.oneof(fc.nat(999_999_999), fc.constant(Number.POSITIVE_INFINITY)),
});

test('the query of a feed is read as it was written', (t) => {
  const property = fc.property(queries, (query) => {
    const read = readFeedQuery(`/trace/?${feedQuery(query)}&follow=1&timestamp=1&nonce=2&signature=3`);
    if (!isDeepStrictEqual(read, structuredClone(query))) throw new Error(JSON.stringify(read));
  });
  t.notThrows(() => fc.assert(property, {numRuns: 500}));
  t.deepEqual(readFeedQuery('/trace/'), {selection: emptySelection, snapshots: false, roster: false, past: 0});
  for (const past of ['', '-1', '1e3', 'yes', '1234567890']) {
    const refusal = readFeedQuery(`/trace/?follow=1&past=${past}`);
    t.true('code' in refusal && /past/.test(refusal.detail ?? ''), past);
  }
});

function switchOf(body: unknown): ReturnType<typeof readSwitch> {
  return readSwitch(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

test('the switch of the trace is read, with what is not named left out', (t) => {
  t.deepEqual(switchOf({}), {selection: emptySelection, seconds: switchSecondsDefault});
  t.deepEqual(switchOf({seconds: 0, unknown: true}), {selection: emptySelection, seconds: 0});
  const body = {
    rate: 0.5,
    identities: ['ann'],
    channels: ['a', 'b'],
    types: [0, 65_535],
    connections: ['0:1'],
    seconds: 1,
  };
  const {seconds, ...selection} = body;
  t.deepEqual(switchOf(body), {selection: {...emptySelection, ...selection}, seconds});
});

test('a switch that is wrong is refused by the name of what is wrong', (t) => {
  for (const [body, detail] of [
    ['', /body to be a JSON object/],
    ['[]', /body to be a JSON object/],
    ['null', /body to be a JSON object/],
    ['{', /body to be a JSON object/],
    [{rate: -0.1}, /rate/],
    [{rate: 1.1}, /rate/],
    [{rate: '1'}, /rate/],
    [{seconds: -1}, /seconds/],
    [{seconds: switchSecondsMax + 1}, /seconds/],
    [{seconds: null}, /seconds/],
    [{identities: 'ann'}, /identities/],
    [{identities: [1]}, /identities/],
    [{identities: ['a b']}, /identity/],
    [{channels: ['']}, /channel/],
    [{channels: ['a\nb']}, /channel/],
    [{types: 7}, /types/],
    [{types: [65_536]}, /type/],
    [{types: [-1]}, /type/],
    [{types: [1.5]}, /type/],
    [{connections: ['0']}, /connection/],
    [{connections: ['0:1', '0:x']}, /connection/],
  ] as const) {
    const read = switchOf(body);
    t.true('code' in read, JSON.stringify(body));
    if (!('code' in read)) continue;
    t.is(read.code, 'RB_PARAMETERS');
    t.regex(read.detail ?? '', detail);
  }
});

test(`${selectorsMax} criteria are taken, and one more is refused`, (t) => {
  const channels = Array.from({length: selectorsMax - 1}, (_, number) => `c${number}`);
  t.false('code' in switchOf({channels, types: [1]}));
  t.true('code' in switchOf({channels, types: [1, 2]}));
});

test('a story is that of a message, of a client, or of both', (t) => {
  t.is(readStory(undefined, undefined), undefined);
  t.deepEqual(readStory('p5f3a81c21', undefined), {message: 'p5f3a81c21', identity: undefined});
  t.deepEqual(readStory('m1', 'ann'), {message: 'm1', identity: 'ann'});
  for (const [message, client] of [
    ['x1', undefined],
    ['p', undefined],
    [`p${'0'.repeat(65)}`, undefined],
    ['p1 ', undefined],
    ['', undefined],
    [undefined, ''],
    [undefined, 'a b'],
    ['p1', 'a\nb'],
  ] as const) {
    const read = readStory(message, client);
    t.is(read !== undefined && 'code' in read ? read.code : undefined, 'RB_PARAMETERS', `${message} ${client}`);
  }
});
