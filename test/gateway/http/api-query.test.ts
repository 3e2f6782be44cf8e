import test from 'ava';
import fc from 'fast-check';
import {ignoredBy, parseQuery} from '../../../src/gateway/http/api-query.ts';

test('a query without parameters has none', (t) => {
  for (const text of ['', '&', '&&', '=', '=x']) {
    for (const value of Object.values(parseQuery(text))) t.is(value, undefined, text);
  }
});

test('a parameter given twice counts as the last one says', (t) => {
  t.is(parseQuery('channel=a&channel=b').channel, 'b');
  t.is(parseQuery('channel=a&channel=').channel, '');
});

test('a parameter without a value is empty, not absent', (t) => {
  t.is(parseQuery('cluster').cluster, '');
  t.is(parseQuery('cluster=').cluster, '');
});

test('names and values are percent-decoded, and a plus is a blank', (t) => {
  t.is(parseQuery('channel=%E6%88%BF%20a+b%2B').channel, '房 a b+');
  t.is(parseQuery('ch%61nnel=a').channel, 'a');
  t.is(parseQuery('channel=a=b').channel, 'a=b');
});

for (const value of ['%', '%a', '%zz', '%E6%88', '%FF', '%C0%AF', '%ED%A0%80']) {
  test(`the value ${JSON.stringify(value)} is malformed, and its parameter is named`, (t) => {
    const query = parseQuery(`qos=1&channel=${value}&msgtype=%`);
    t.is(query.malformed, 'channel');
    t.is(query.qos, '1');
  });
}

test('a malformed value is no fault where its parameter means nothing', (t) => {
  t.is(parseQuery('other=%zz').malformed, undefined);
});

test('names of every object, and of our own fields, are unknown parameters', (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'malformed', 'unknown', 'repeated', 'hasOwnProperty'];
  const query = parseQuery(names.map((name, index) => `${name}=${index}`).join('&'));
  t.deepEqual(query, {...parseQuery(''), unknown: names});
  t.is(({} as {readonly polluted?: unknown}).polluted, undefined);
});

test('of unknown names 16 different ones are kept, each of at most 64 characters', (t) => {
  const many = Array.from({length: 1_000}, (_, index) => `x${index % 500}=1`).join('&');
  const {unknown} = parseQuery(`${'y'.repeat(10_000)}=1&${many}`);
  t.is(unknown?.length, 16);
  t.is(unknown?.[0], `${'y'.repeat(64)}…`);
  t.deepEqual(unknown?.slice(1, 3), ['x0', 'x1']);
});

test('for a call of the original the names that mean nothing in it are reported, each once', (t) => {
  const ignored = ignoredBy(['channel', 'qos']);
  t.is(ignored(parseQuery('channel=a&timestamp=1&nonce=2&signature=3')), undefined);
  t.deepEqual(ignored(parseQuery('channel=a&format=json&ocupy=1&ocupy=2&Channel=b&qos=1&qos=2&channel=c&format=x')), [
    'format',
    'ocupy',
    'Channel',
    'qos',
  ]);
});

test('what a URL encodes is decoded again', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), fc.string({unit: 'grapheme'}), (channel, identity) => {
      const query = parseQuery(new URLSearchParams({channel, identity}).toString());
      t.is(query.channel, channel);
      t.is(query.identity, identity);
      t.is(query.malformed, undefined);
    }),
  );
  t.pass();
});

test('no text makes the parser throw', (t) => {
  fc.assert(fc.property(fc.string({unit: 'binary'}), (text) => typeof parseQuery(`channel=${text}`) === 'object'));
  t.pass();
});
