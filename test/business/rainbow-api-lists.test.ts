// RainbowApi: recipients, lists and disconnecting, what it asks for and what it makes of the answers.

import test from 'ava';
import {RainbowApi, type RainbowApiError} from '../../src/business/index.ts';
import {answer, refusal, startScripted} from './gateway-scripted.ts';

const token = 'a token for tests';
const confirmed = answer(200, {status: 0, connections: 3, data: '', message: 'p1'});
const row = (identity: string): object => ({identity, state: 'open.fresh', since: 1, channelCount: 0, inFlight: 0});

/** A query without what signs it. */
function without(query: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !/^(?:timestamp|nonce|signature)$/.test(name)));
}

test('several recipients are repeated parameters, and one exception with a comma is no list', async (t) => {
  const {url, calls} = await startScripted(t, confirmed);
  const api = new RainbowApi({url, token});
  await api.send({channel: ['a', 'b'], identity: 'c', user: ['d'], except: ['e,f', 'g']}, 1, '', {qos: 0});
  await api.send({broadcast: true, except: ['e,f']}, 1, '', {qos: 0});
  await api.send({broadcast: true, except: ['e']}, 1, '', {qos: 0});
  t.deepEqual(
    calls.map(({search}) => search.replace(/&msgtype.*/, '')),
    [
      '?channel=a&channel=b&identity=c&user=d&except=e%2Cf&except=g',
      '?broadcast=1&except=e%2Cf&except=e%2Cf',
      '?broadcast=1&except=e',
    ],
  );
});

test('a message without a recipient, and a misspelt one, are refused before any call', async (t) => {
  const {url, calls} = await startScripted(t, confirmed);
  const api = new RainbowApi({url, token});
  await t.throwsAsync(api.send({}, 1), {instanceOf: TypeError, message: /^A message has no recipient/});
  await t.throwsAsync(api.send({except: ['a']}, 1), {instanceOf: TypeError});
  const misspelt = {chanel: 'lobby'} as object;
  await t.throwsAsync(api.send(misspelt, 1), {instanceOf: TypeError, message: /did you mean channel/});
  t.deepEqual(calls, []);
});

test('a list is read page by page, and only as far as its reader goes', async (t) => {
  const {url, calls} = await startScripted(
    t,
    answer(200, {status: 0, connections: [row('a'), row('b')], total: 3, cursor: 'x+y/='}),
    answer(200, {status: 0, connections: [row('c')], total: 3, partial: true}),
  );
  const list = new RainbowApi({url, token}).connections({channel: 'lobby & hall'}, {pageSize: 2});
  t.is(list.total, undefined);
  const seen: string[] = [];
  for await (const {identity} of list) {
    seen.push(identity);
    if (identity === 'b') t.is(calls.length, 1);
    t.is(list.isPartial, identity === 'c');
  }
  t.deepEqual(seen, ['a', 'b', 'c']);
  t.is(list.total, 3);
  t.deepEqual(
    calls.map(({path, query}) => [path, without(query)]),
    [
      ['/connections/', {limit: '2', channel: 'lobby & hall'}],
      ['/connections/', {limit: '2', channel: 'lobby & hall', cursor: 'x+y/='}],
    ],
  );
});

test('channels and members are lists as well; what is no entry is left out', async (t) => {
  const {url, calls} = await startScripted(
    t,
    answer(200, {status: 0, channels: [{name: 'a', connections: 2}, 7, null, {connections: 1}], total: 1}),
    answer(200, {status: 0, members: [{identity: 'ann', connections: 1, since: 5}], total: 1}),
    answer(200, {status: 0, members: 'none'}),
  );
  const api = new RainbowApi({url, token});
  t.deepEqual(await api.channels({prefix: 'a'}).all(), [{name: 'a', connections: 2}]);
  t.deepEqual(await api.presence('a').all(), [{identity: 'ann', connections: 1, since: 5}]);
  t.deepEqual(await api.presence('a').all(), []);
  t.deepEqual(
    calls.map(({path, query}) => [path, without(query)]),
    [
      ['/channels/', {limit: '100', prefix: 'a'}],
      ['/presence/', {limit: '100', channel: 'a'}],
      ['/presence/', {limit: '100', channel: 'a'}],
    ],
  );
});

test('a page that is refused ends the list with the error; invalid options are refused at once', async (t) => {
  const {url} = await startScripted(
    t,
    answer(200, {status: 0, channels: [{name: 'a', connections: 2}], cursor: 'x'}),
    refusal(400, 'RB_PARAMETERS', 'cursor'),
  );
  const api = new RainbowApi({url, token});
  const error = await t.throwsAsync<RainbowApiError>(api.channels().all());
  t.is(error.code, 'RB_PARAMETERS');
  t.throws(() => api.channels({}, {pageSize: 0}), {instanceOf: RangeError});
  t.throws(() => api.channels({}, {pageSize: 1_001}), {instanceOf: RangeError});
  t.throws(() => api.connections({identify: 'a'} as object), {message: /did you mean identity/});
});

test('disconnect names its target and how, and counts', async (t) => {
  const {url, calls} = await startScripted(
    t,
    answer(200, {status: 0, connections: 4, partial: true}),
    answer(200, {status: 0, connections: 0}),
  );
  const api = new RainbowApi({url, token});
  const how = {code: 4001, reason: 'moved', reconnectAfterMs: 5_000};
  t.deepEqual(await api.disconnect({channel: 'lobby'}, how), {connections: 4, isPartial: true});
  t.deepEqual(await api.disconnect({identity: 'ann'}), {connections: 0, isPartial: false});
  t.deepEqual(
    calls.map(({path, body}) => [path, JSON.parse(body) as unknown]),
    [
      ['/disconnect/', {channel: 'lobby', ...how}],
      ['/disconnect/', {identity: 'ann'}],
    ],
  );
});

test('wants, recipients and a reduction are asked for, and read', async (t) => {
  const {url, calls} = await startScripted(
    t,
    answer(200, {
      status: 0,
      connections: 1,
      data: '3',
      message: 'p1',
      want: 1,
      reached: true,
      reduced: 3,
      recipients: [
        {identity: 'a', outcome: 'confirmed', reply: 'AP8=', encoding: 'base64', ms: 12},
        {identity: 'b', outcome: 'open', ms: 12},
        'no recipient',
      ],
    }),
    confirmed,
  );
  const api = new RainbowApi({url, token});
  const result = await api.send('lobby', 1, '', {want: 'majority', detail: 'recipients', reduce: 'max'});
  t.like(calls[0]?.query, {want: 'majority', detail: 'recipients', reduce: 'max'});
  t.like(result, {isReached: true, reduced: 3});
  t.deepEqual(
    result.recipients?.map(({identity, outcome, reply, ms}) => [identity, outcome, reply?.bytes().length, ms]),
    [
      ['a', 'confirmed', 2, 12],
      ['b', 'open', undefined, 12],
      ['', 'open', undefined, 0],
    ],
  );
  const plain = await api.send('lobby', 1);
  t.like(plain, {isReached: undefined, recipients: undefined, reduced: undefined});
});
