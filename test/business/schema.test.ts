// Messages checked by a schema, with zod and with one written by hand.

import test from 'ava';
import {z} from 'zod';
import {checked, describeIssues, type StandardSchema} from '../../src/business/index.ts';
import {call, make} from './harness.ts';

const room = z.object({room: z.string().min(1), seats: z.coerce.number().default(4)});

test('a message that fits comes as the schema makes it', async (t) => {
  const app = make<{room: string}>({
    on: {
      1: checked(room, ({data, context, channels, bytes}) => {
        // The types are the schema's and the context's.
        context.room = data.room;
        channels.join(data.room);
        return {seats: data.seats + 1, bytes: bytes().length};
      }),
    },
  });
  const {json, context, headers} = await call(app, '/message/1/', {body: '{"room":"den"}'});
  t.deepEqual(json, {seats: 5, bytes: 14});
  t.deepEqual(context, {room: 'den'});
  t.is(headers.get('RAINBOWCLIENTCHANNEL'), 'den');
});

test('one that does not fit is answered 400 with what is wrong and where', async (t) => {
  let runs = 0;
  const app = make({on: {1: checked(room, () => ++runs)}});
  for (const body of ['{"room":7}', '{}', 'no JSON', '', '[]', 'null']) {
    const {status, json} = await call(app, '/message/1/', {body});
    t.is(status, 400, body);
    t.like(json, {error: 'the message does not fit its schema'});
  }
  const {json} = await call(app, '/message/1/', {body: '{"room":7}'});
  t.regex(String((json as {readonly issues: readonly string[]}).issues[0]), /^room: .*expected string/);
  t.is(runs, 0);
});

test('an answer of one’s own takes the place of the 400, and is remembered as any', async (t) => {
  let runs = 0;
  const app = make({
    on: {
      1: checked(
        room,
        () => 'fits',
        ({text}, issues) => ({no: text(), issues: issues.length, runs: ++runs}),
      ),
    },
  });
  for (const _ of ['first', 'again']) {
    const {status, json} = await call(app, '/message/1/', {body: 'junk', headers: {RAINBOWMESSAGEID: 'm1'}});
    t.is(status, 200);
    t.deepEqual(json, {no: 'junk', issues: 1, runs: 1});
  }
});

test('a schema of any library will do, one that takes its time too', async (t) => {
  const even: StandardSchema<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) =>
        typeof value === 'number' && value % 2 === 0
          ? {value: value / 2}
          : {issues: [{message: 'expected an even number', path: [{key: 'a'}, 0, Symbol.iterator]}]},
    },
  };
  const app = make({on: {1: checked(even, ({data}) => data)}});
  t.is((await call(app, '/message/1/', {body: '84'})).text, '42');
  t.deepEqual((await call(app, '/message/1/', {body: '3'})).json, {
    error: 'the message does not fit its schema',
    issues: ['a.0.Symbol(Symbol.iterator): expected an even number'],
  });
  t.deepEqual(describeIssues([{message: 'no'}]), ['no']);
});
