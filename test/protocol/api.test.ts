import test from 'ava';
import fc from 'fast-check';
import {
  apiPaths,
  isChannelName,
  isIdentity,
  parseMessageType,
  parseQos,
  parseTimeoutMs,
  sendQuery,
} from '../../src/protocol/api.ts';

test('every documented path ends with a slash', (t) => {
  for (const path of Object.values(apiPaths)) t.regex(path, /^(?:\/[a-z]+)+\/$/);
});

const messageTypes: readonly (readonly [text: string, type: number | undefined])[] = [
  ['0', 0],
  ['1', 1],
  ['65534', 65_534],
  ['65535', 65_535],
  ['65536', undefined],
  ['99999', undefined],
  ['100000', undefined],
  ['00001', 1],
  ['-1', undefined],
  ['+1', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
  ['0x1', undefined],
  [' 1', undefined],
  ['1\n', undefined],
  ['١', undefined],
  ['', undefined],
];

for (const [text, type] of messageTypes) {
  test(`msgtype ${JSON.stringify(text)} is ${type ?? 'refused'}`, (t) => t.is(parseMessageType(text), type));
}

for (const text of ['0', '1', '2', '3', '9', '-1', '', '00', '1.0', ' 1', 'two']) {
  const qos = ['0', '1', '2'].includes(text) ? Number(text) : undefined;
  test(`qos ${JSON.stringify(text)} is ${qos ?? 'refused'}`, (t) => t.is(parseQos(text), qos as 0 | 1 | 2 | undefined));
}

const timeouts: readonly (readonly [text: string, timeoutMs: number | undefined])[] = [
  ['10', 10_000],
  ['1', 1_000],
  ['0.5', 500],
  ['2.25', 2_250],
  ['0.0001', 1],
  ['0', 10_000],
  ['-1', 10_000],
  ['-0.5', 10_000],
  ['0.0', 10_000],
  ['299', 299_000],
  ['299.999', 299_999],
  ['300', 300_000],
  ['300.001', 300_000],
  ['301', 300_000],
  ['999999999', 300_000],
  ['1e2', undefined],
  ['Infinity', undefined],
  ['NaN', undefined],
  ['.5', undefined],
  ['5.', undefined],
  [' 5', undefined],
  ['', undefined],
];

for (const [text, timeoutMs] of timeouts) {
  test(`timeout ${JSON.stringify(text)} is ${timeoutMs === undefined ? 'refused' : `${timeoutMs} ms`}`, (t) => {
    t.is(parseTimeoutMs(text), timeoutMs);
  });
}

const channels: readonly (readonly [title: string, name: string, isFit: boolean])[] = [
  ['a plain name', 'room', true],
  ['one byte', 'r', true],
  ['no byte', '', false],
  ['255 bytes', 'r'.repeat(255), true],
  ['256 bytes', 'r'.repeat(256), true],
  ['257 bytes', 'r'.repeat(257), false],
  ['255 bytes in 85 characters', '房'.repeat(85), true],
  ['256 bytes in 86 characters', `${'房'.repeat(85)}r`, true],
  ['258 bytes in 86 characters', '房'.repeat(86), false],
  ['256 bytes in 64 characters beyond the basic plane', '😀'.repeat(64), true],
  ['257 bytes in 65 characters', `${'😀'.repeat(64)}r`, false],
  ['a blank inside', 'my room', true],
  ['one semicolon', 'a;b', true],
  ['two semicolons apart', 'a;b;c', true],
  ['two semicolons together', 'a;;b', false],
  ['a line feed', 'a\nb', false],
  ['a null', 'a\u0000', false],
  ['a delete', 'a\u007f', false],
  ['a control character beyond ASCII', 'a\u0085', false],
  ['half a surrogate pair', 'a\ud83d', false],
];

for (const [title, name, isFit] of channels) {
  test(`a channel name with ${title} is ${isFit ? 'accepted' : 'refused'}`, (t) => t.is(isChannelName(name), isFit));
}

const identities: readonly (readonly [title: string, identity: string, isFit: boolean])[] = [
  ['64 hex digits', 'a1'.repeat(32), true],
  ['one character', '!', true],
  ['no character', '', false],
  ['256 characters', 'i'.repeat(256), true],
  ['257 characters', 'i'.repeat(257), false],
  ['a blank', 'a b', false],
  ['a tilde', '~', true],
  ['a delete', '\u007f', false],
  ['a letter beyond ASCII', 'é', false],
  ['a line feed at its end', 'a\n', false],
];

for (const [title, identity, isFit] of identities) {
  test(`an identity with ${title} is ${isFit ? 'accepted' : 'refused'}`, (t) => t.is(isIdentity(identity), isFit));
}

test('a send query holds what was given, encoded, and leaves out what was not', (t) => {
  t.is(sendQuery({channel: 'a b&c=d', qos: 1}), 'channel=a%20b%26c%3Dd&qos=1');
  t.is(
    sendQuery({identity: 'x', msgtype: 7, timeout: 2.5, replies: 'all'}),
    'identity=x&msgtype=7&timeout=2.5&replies=all',
  );
  t.is(sendQuery({}), '');
});

test('any channel comes out of its query as it went in', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), (channel) => {
      t.is(new URLSearchParams(sendQuery({channel})).get('channel'), channel);
    }),
  );
  t.pass();
});
