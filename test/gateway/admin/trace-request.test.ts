// What calls of /trace/ ask for: read as it was written, or refused with the parameter's name.

import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {
  readFeedQuery,
  readQuestion,
  readSwitch,
  selectorsMax,
  switchSecondsDefault,
  switchSecondsMax,
} from '../../../src/gateway/admin/trace-request.ts';
import {emptySelection, type FeedQuery, feedQuery} from '../../../src/story/trace-feed.ts';

const identity = fc.stringMatching(/^[!-~]{1,64}$/);
const channel = fc.string({minLength: 1, maxLength: 40}).filter((name) => /^[^\p{C};]+$/u.test(name));
const connection = fc.tuple(fc.nat(999), fc.nat()).map(([thread, number]) => `${thread}:${number}`);
const queries: fc.Arbitrary<FeedQuery> = fc.record({
  selection: fc.record({
    rate: fc.nat(1_000_000_000).map((billionths) => billionths / 1e9),
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
    const read = readFeedQuery(`/inspector/feed/?${feedQuery(query)}`);
    if (!isDeepStrictEqual(read, structuredClone(query))) throw new Error(JSON.stringify(read));
    const asked = readQuestion(`/trace/?${feedQuery(query)}&follow=1&timestamp=1&nonce=2&signature=3`);
    if (!isDeepStrictEqual(asked, {kind: 'feed', query: read})) throw new Error(JSON.stringify(asked));
  });
  t.notThrows(() => fc.assert(property, {numRuns: 500}));
  t.deepEqual(readFeedQuery('/inspector/feed/'), {selection: emptySelection, snapshots: false, roster: false, past: 0});
  for (const past of ['', '-1', '1e3', 'yes', '1234567890']) {
    const refusal = readFeedQuery(`/inspector/feed/?past=${past}`);
    t.true('code' in refusal && /past/.test(refusal.detail ?? ''), past);
  }
});

function switchOf(body: unknown): ReturnType<typeof readSwitch> {
  return readSwitch(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

test('the switch of the trace is read, with what is not named left out', (t) => {
  t.deepEqual(switchOf({}), {selection: emptySelection, seconds: switchSecondsDefault});
  t.deepEqual(switchOf({seconds: 0}), {selection: emptySelection, seconds: 0});
  const body = {
    rate: 0.5,
    identities: ['ann'],
    channels: ['a', 'b'],
    types: [0, 65_535],
    connections: ['0:1'],
    payloads: true,
    seconds: 1,
  };
  const {seconds, ...selection} = body;
  t.deepEqual(switchOf(body), {selection: {...emptySelection, ...selection}, seconds});
});

test('a switch that is wrong is refused by the name of what is wrong', (t) => {
  for (const [body, detail] of [
    ['', /^The body is .*\. Send a JSON object\.$/],
    ['[]', /^The body is .*\. Send a JSON object\.$/],
    ['null', /^The body is .*\. Send a JSON object\.$/],
    ['{', /^The body is .*\. Send a JSON object\.$/],
    [{rate: -0.1}, /rate/],
    [{rate: 1.1}, /rate/],
    [{rate: '1'}, /rate/],
    [{seconds: -1}, /seconds/],
    [{seconds: switchSecondsMax + 1}, /seconds/],
    [{seconds: null}, /seconds/],
    [{seconds: '60'}, /seconds/],
    [{identities: 'ann'}, /identities/],
    [{identities: [1]}, /identities/],
    [{identities: ['a b']}, /identity/],
    [{channels: ['']}, /channel/],
    [{channels: ['a\nb']}, /channel/],
    [{types: 7}, /types/],
    [{types: ['7']}, /type/],
    [{types: [[7]]}, /type .*is an array/],
    [{types: [{toString: null, valueOf: null}]}, /type .*is an object/],
    [{types: [{toString: 7}]}, /type/],
    [`{"types":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /type/],
    [{types: [null]}, /type/],
    [{types: [true]}, /type/],
    [{types: null}, /types is null/],
    [{rate: null}, /rate/],
    [{rate: [1]}, /rate/],
    ['{"rate":1e999}', /rate/],
    [{channels: [['a']]}, /channel/],
    [{identities: [{toString: null}]}, /identity/],
    [{channel: 'room'}, /The member "channel" is unknown\. Did you mean channels\?/],
    [{Channels: ['room']}, /The member "Channels" is unknown\. Did you mean channels\?/],
    [{ocupy: true}, /The member "ocupy" is unknown/],
    [{identity: ['ann']}, /Did you mean identities\?/],
    [{payloads: 1}, /payloads is 1\. Send true or false/],
    [{payloads: null}, /payloads is null/],
    [{payload: true}, /Did you mean payloads\?/],
    [{[`x${'y'.repeat(1_000)}`]: 1}, /The member "x.{0,50}…" is unknown\. Known are seconds, rate/],
    ['{"__proto__":{"rate":1}}', /The member "__proto__" is unknown/],
    ['{"constructor":1}', /The member "constructor" is unknown/],
    ['{"rate":0,"rate":1}', /The member rate is given several times\. Send it once/],
    ['{"channels":["a"],"cha\\u006enels":["b"]}', /The member channels is given several times\. Send it once/],
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
  t.deepEqual(readQuestion('/trace/'), {kind: 'settings'});
  t.deepEqual(readQuestion('/trace/?follow=0&signature=x'), {kind: 'settings'});
  const story = {kind: 'story', identity: undefined, payloads: false};
  t.deepEqual(readQuestion('/trace/?message=p5f3a81c21'), {...story, message: 'p5f3a81c21'});
  t.deepEqual(readQuestion('/trace/?message=m1&identity=ann'), {...story, message: 'm1', identity: 'ann'});
  t.deepEqual(readQuestion('/trace/?message=m1&payloads=1'), {...story, message: 'm1', payloads: true});
  for (const query of [
    'message=x1',
    'message=p',
    `message=p${'0'.repeat(65)}`,
    'message=p1+',
    'message=',
    'identity=',
    'identity=a%20b',
    'message=p1&identity=a%0Ab',
  ]) {
    const read = readQuestion(`/trace/?${query}`);
    t.is('code' in read ? read.code : undefined, 'RB_PARAMETERS', query);
  }
});

test('a parameter that is unknown, given twice, malformed or without a meaning is refused by its name', (t) => {
  for (const [query, detail] of [
    ['chanel=room', /The parameter "chanel" is unknown\. Did you mean channel\?/],
    ['follow=1&Channel=room', /Did you mean channel\?/],
    ['follow=1&identities=ann', /Did you mean identity\?/],
    ['follow=1&__proto__=1', /The parameter "__proto__" is unknown/],
    ['follow=1&toString=1', /The parameter "toString" is unknown/],
    ['follow=1&rate=1&rate=0', /The parameter rate is given several times\. Send it once/],
    ['follow=1&follow=1', /The parameter follow is given several times\. Send it once/],
    ['message=p1&message=p2', /The parameter message is given several times\. Send it once/],
    ['identity=a&identity=b', /The parameter identity is given several times\. Send it once/],
    ['nonce=1&nonce=2', /The parameter nonce is given several times\. Send it once/],
    ['follow=1&channel=%FF', /channel is not UTF-8/],
    ['channel=room', /^channel is for follow=1 only/],
    ['message=p1&rate=1', /^rate is for follow=1 only/],
    ['follow=1&message=p1', /^The call has both message and follow/],
    ['follow=yes', /follow is ".*"\. Send 1 or 0/],
    ['follow=1&payloads=no', /payloads is ".*"\. Send 1 or 0/],
    ['follow=1&snapshots=2', /snapshots is ".*"\. Send 1 or 0/],
    ['follow=1&type=7.0', /type/],
    ['follow=1&type=0x7', /type/],
    ['follow=1&type=', /type/],
    ['follow=1&type=65536', /type/],
  ] as const) {
    const read = readQuestion(`/trace/?${query}`);
    t.true('code' in read, query);
    if ('code' in read) t.regex(read.detail ?? '', detail);
  }
});

test('a rate is a decimal number and nothing else', (t) => {
  for (const rate of ['0', '1', '0.5', '0.000000001', '1.0', '00.5']) {
    const read = readQuestion(`/trace/?follow=1&rate=${rate}`);
    t.like(read, {kind: 'feed', query: {selection: {rate: Number(rate)}}}, rate);
  }
  const odd = [
    '0x1',
    '1e0',
    '%20',
    '%201',
    '1%20',
    '+1',
    '',
    '0b1',
    '0o1',
    '-0',
    '-0.5',
    '1.1',
    'NaN',
    'Infinity',
    '.',
    '1.',
  ];
  for (const rate of [...odd, '0,5', '%D9%A1', '1_0', '1n', '0.0000000001']) {
    const read = readQuestion(`/trace/?follow=1&rate=${rate}`);
    t.true('code' in read && /decimal number from 0 to 1/.test(read.detail ?? ''), rate);
  }
});
