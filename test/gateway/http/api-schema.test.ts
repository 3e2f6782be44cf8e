// The schemas of the documents against the functions that read real calls.

import test from 'ava';
import fc from 'fast-check';
import {traceQuerySchema} from '../../../src/gateway/admin/trace-schema.ts';
import {parameterNames, parseQuery} from '../../../src/gateway/http/api-query.ts';
import {readPublish, readSubscription} from '../../../src/gateway/http/api-request.ts';
import {sendQuerySchema, subscribeBodySchema, unsubscribeBodySchema} from '../../../src/gateway/http/api-schema.ts';
import {serverinfoQuerySchema} from '../../../src/gateway/http/serverinfo-schema.ts';
import {emptyBytes} from '../../../src/protocol/packet.ts';
import {feedParameterNames} from '../../inspect/feed-parameters.ts';

const digits = fc.integer({min: -1, max: 70_000}).map(String);
const odd = fc.constantFrom('', ' ', '1.5', '-1', '1e3', '0x1', '00001', '000001', 'all', '999999999', '1e999', '٣');
const value = fc.oneof(
  fc.constantFrom('0', '1', '2', 'all', 'room', 'user-17'),
  digits,
  odd,
  fc.string(),
  fc.string({unit: 'binary'}),
  fc.string({minLength: 250, maxLength: 260}),
);
const names = [
  'channel',
  'identity',
  'user',
  'broadcast',
  'except',
  'msgtype',
  'qos',
  'timeout',
  'ttl',
  'replies',
] as const;
const queries = fc.dictionary(fc.constantFrom(...names), value, {maxKeys: 3});

test('the schema of a send takes what a send is read as, with the same values, and nothing else', (t) => {
  let accepted = 0;
  const property = fc.property(queries, (given) => {
    // What is no Unicode cannot come out of a query.
    fc.pre(Object.values(given).every((text) => text.isWellFormed()));
    const query = parseQuery(new URLSearchParams(given).toString());
    const read = readPublish(query, emptyBytes);
    const byName = Object.fromEntries(Object.entries(query).filter(([, text]) => text !== undefined));
    const {success, data} = sendQuerySchema.safeParse(byName);
    // That a recipient is needed, and who excludes whom, is said in words.
    const named = [given.channel, given.identity, given.user].filter((text) => text !== undefined);
    const isEverybody = ['', '1', 'true'].includes(given.broadcast ?? '0');
    const isAddressed = named.length > 0 !== isEverybody;
    t.is(!('code' in read), success && isAddressed, JSON.stringify(given));
    if ('code' in read || data === undefined) return;
    accepted++;
    const {channel, identity, audience, type, qos, timeoutMs, wantsReplies} = read;
    t.deepEqual({type: data.msgtype, qos: data.qos, timeoutMs: data.timeout}, {type, qos, timeoutMs});
    const listed = (text: string | string[] | undefined) => (text === undefined ? [] : [text].flat());
    t.deepEqual(
      [listed(data.channel), listed(data.identity), listed(data.user), [...new Set(data.except)], isEverybody],
      audience === undefined
        ? [listed(channel), listed(identity), [], [], false]
        : [audience.channels, audience.identities, audience.users, audience.except, audience.isEverybody],
    );
    t.is(data.replies === 'all', wantsReplies);
  });
  fc.assert(property, {numRuns: 5_000});
  t.true(accepted > 200, `${accepted} accepted`);
});

test('the schema of a subscription takes what a subscription is read as', (t) => {
  const texts = fc.oneof(fc.constantFrom('news', 'user-17', 'a b', ''), fc.string());
  const bodies = fc.oneof(
    fc.record({identity: texts, channel: texts, occupy: fc.jsonValue()}, {requiredKeys: []}),
    fc.jsonValue(),
  );
  const property = fc.property(bodies, (body) => {
    const read = readSubscription('sub', parseQuery(''), Buffer.from(JSON.stringify(body)));
    const {success, data} = subscribeBodySchema.safeParse(JSON.parse(JSON.stringify(body)));
    t.is(!('code' in read), success, JSON.stringify(body));
    if ('code' in read || data === undefined) return;
    t.deepEqual(read.subscription, unsubscribeBodySchema.parse(data));
    t.is(read.occupy, Boolean(data.occupy));
  });
  fc.assert(property, {numRuns: 2_000});
});

test('every parameter that is read is in a schema, or signs', (t) => {
  const described = new Set([
    ...Object.keys(sendQuerySchema.shape),
    ...Object.keys(serverinfoQuerySchema.shape),
    ...Object.keys(traceQuerySchema.shape),
    ...['timestamp', 'nonce', 'signature'],
  ]);
  const read = new Set([...parameterNames, ...feedParameterNames]);
  t.deepEqual([...read].toSorted(), [...described].toSorted());
});
