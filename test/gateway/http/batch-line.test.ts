import test from 'ava';
import {parameterNames, parseQuery} from '../../../src/gateway/http/api-query.ts';
import {readSend, sendParameters} from '../../../src/gateway/http/api-request.ts';
import {readBatchLine} from '../../../src/gateway/http/batch-line.ts';

const read = (line: string | object, payloadBytesMax = 1_000) =>
  readBatchLine(Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)), payloadBytesMax);

test('a line is read as /send/ reads the same parameters and the same payload', (t) => {
  const payload = Buffer.from('hé\0llo');
  for (const [line, query] of [
    [{channel: 'lobby'}, 'channel=lobby'],
    [
      {channel: 'a b&c=d%', qos: 1, msgtype: 65_535, timeout: 2.5},
      'channel=a+b%26c%3Dd%25&qos=1&msgtype=65535&timeout=2.5',
    ],
    [{channel: 'lobby', qos: '0', replies: 'all'}, 'channel=lobby&qos=0&replies=all'],
    [{identity: '房间', dry: true}, 'identity=%E6%88%BF%E9%97%B4&dry=true'],
    [{identity: 17, timeout: -1}, 'identity=17&timeout=-1'],
    [{qos: 1}, 'qos=1'],
    [{channel: 'lobby', qos: 3}, 'channel=lobby&qos=3'],
    [{channel: ''}, 'channel='],
    [{channel: 'a', identity: 'b'}, 'channel=a&identity=b'],
  ] as const) {
    const expected = readSend(parseQuery(query), new Uint8Array(payload));
    t.deepEqual(read({...line, payload: payload.toString()}), expected, query);
    const inBase64 = read({...line, payload_base64: payload.toString('base64')});
    if ('publish' in inBase64) t.deepEqual(Buffer.from(inBase64.publish.payload), payload);
    else t.deepEqual(inBase64, expected);
  }
});

test('every parameter of /send/ is one of a line, but what marks a call of another node', (t) => {
  for (const name of parameterNames) {
    const answer = read({channel: 'lobby', [name]: '1'});
    const isUnknown = 'code' in answer && answer.detail?.includes('is unknown') === true;
    t.is(isUnknown, name === 'cluster' || !sendParameters.includes(name), name);
  }
});

test('a payload is bytes: text, base64, or nothing', (t) => {
  for (const [given, bytes] of [
    [{}, ''],
    [{payload: ''}, ''],
    [{payload: '\u{feff}ä\0'}, '\u{feff}ä\0'],
    [{payload_base64: ''}, ''],
  ] as const) {
    const line = read({channel: 'lobby', ...given});
    t.true('publish' in line && Buffer.from(line.publish.payload).toString() === bytes, JSON.stringify(given));
  }
  const all = Uint8Array.from({length: 256}, (_, value) => value);
  const line = read({channel: 'lobby', payload_base64: Buffer.from(all).toString('base64')});
  t.true('publish' in line && Buffer.from(all).equals(Buffer.from(line.publish.payload)));
});

test('a payload of payload_max is sent, one of a byte more is not, however it is written', (t) => {
  for (const [length, code] of [
    [10, undefined],
    [11, 'RB_BODY_TOO_LARGE'],
  ] as const) {
    const bytes = Buffer.alloc(length, 'x');
    for (const given of [{payload: bytes.toString()}, {payload_base64: bytes.toString('base64')}]) {
      const line = read({channel: 'lobby', ...given}, 10);
      t.is('code' in line ? line.code : undefined, code, JSON.stringify(given));
    }
  }
});

const faults: readonly (readonly [line: string | object, detail: RegExp])[] = [
  ['{"channel":', /^The line is not JSON in UTF-8\. Send a JSON object on one line\.$/],
  ['hello', /not JSON/],
  ['[]', /^The line is an array\./],
  ['null', /^The line is null\./],
  ['"a"', /^The line is a string\./],
  ['{"channel":"a","channel":"b"}', /^The member channel is given several times\. Send it once\.$/],
  [{chanel: 'a'}, /^The member "chanel" is unknown\. Did you mean channel\?$/],
  [{Channel: 'a'}, /Did you mean channel\?/],
  [{channel: 'a', payload64: ''}, /Did you mean payload\?/],
  [{channel: 'a', cluster: 1}, /"cluster" is unknown/],
  [{channel: 'a', signature: 'x'}, /"signature" is unknown/],
  ['{"channel":"a","__proto__":{}}', /"__proto__" is unknown/],
  [{channel: null}, /^channel is null\. Send a string or a number, or leave it out\.$/],
  [{channel: {}}, /^channel is an object\./],
  [{channel: [[]]}, /^channel is an array\./],
  [{channel: 'a', qos: [1, 2]}, /^The member qos is given several times\./],
  ['{"channel":"\\ud800"}', /^channel is "\\ud800"\. Send valid Unicode\.$/],
  [{channel: 'a', payload: 1}, /^payload is a number\. Send a string; for JSON, its text\.$/],
  [{channel: 'a', payload: {}}, /^payload is an object\./],
  [{channel: 'a', payload: null}, /^payload is null\./],
  ['{"channel":"a","payload":"\\ud800"}', /^payload is not valid Unicode\. Send its bytes as payload_base64\.$/],
  [{channel: 'a', payload: '', payload_base64: ''}, /^The line has both payload and payload_base64\./],
  [{channel: 'a', payload_base64: 'YQ'}, /^payload_base64 is not base64 /],
  [{channel: 'a', payload_base64: 'YQ=='.repeat(2)}, /^payload_base64 is not base64 /],
  [{channel: 'a', payload_base64: '-_-_'}, /^payload_base64 is not base64 /],
  [{channel: 'a', payload_base64: ' YQ='}, /^payload_base64 is not base64 /],
];

for (const [line, detail] of faults) {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  test(`the line ${text} is refused, and says why`, (t) => {
    const refusal = read(line);
    t.true('code' in refusal && refusal.code === 'RB_PARAMETERS', JSON.stringify(refusal));
    t.regex('code' in refusal ? (refusal.detail ?? '') : '', detail);
  });
}

test('bytes that are not UTF-8 are no line', (t) => {
  const line = Buffer.concat([Buffer.from('{"channel":"'), Buffer.of(0xff), Buffer.from('"}')]);
  t.like(readBatchLine(line, 1_000), {code: 'RB_PARAMETERS'});
});
