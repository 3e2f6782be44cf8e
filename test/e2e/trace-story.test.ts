// The stories that `GET /trace/` returns have the documented form, with all that happened.

import test from 'ava';
import {storySchema, traceSettingsSchema} from '../../src/gateway/admin/trace-schema.ts';
import {answer} from '../support/business-server.ts';
import type {Harness} from '../support/gateway.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {single} from '../support/room.ts';

async function ask(harness: Harness, query: Readonly<Record<string, string>>): Promise<unknown> {
  return JSON.parse((await harness.api.call({method: 'GET', path: '/trace/', query})).text);
}

test('stories of a publication, of a message up, of a client and of both have the form of the documents', async (t) => {
  const {harness, client, identity} = await single(t, {traceRate: 1});
  harness.business.always('message', answer(200, 'done'));
  client.sendMessage({qos: 1, id: 9, type: 7, payload: 'up'});
  await client.packet();
  acknowledgeAll(client, 'yes');
  const up = harness.business.calls('message').at(-1)?.header('RAINBOWMESSAGEID') ?? '';
  const {message: down = ''} = (await harness.api.send({channel: 'room', qos: 2})).json;
  await harness.reaches('deliveriesConfirmed', 1);
  for (const [query, headline] of [
    [{message: down}, /^confirmed by 1 of 1/],
    [{message: up}, /^a QoS 1 message of /],
    [{identity}, /: connected \(open.fresh\), in 1 channels/],
    [{message: down, identity}, /: confirmed after/],
  ] as const) {
    const told = await ask(harness, query);
    const read = storySchema.parse(told);
    t.deepEqual<unknown, unknown>(read, told, 'and nothing besides');
    t.regex(read.headline, headline);
    t.true(read.events.length > 2);
    t.false(read.isCut);
    t.deepEqual(
      read.events.map(({at}) => at),
      read.events.map(({at}) => at).toSorted((left, right) => left - right),
    );
  }
});

test('without a query it returns how the trace is configured', async (t) => {
  const {harness} = await single(t, {traceRate: 0.5, traceEventsMax: 2_048, traceKeepMs: 60_000});
  const told = await ask(harness, {});
  t.deepEqual<unknown, unknown>(traceSettingsSchema.parse(told), told);
  t.deepEqual(told, {status: 0, traceRate: 0.5, traceEventsMax: 2_048, traceKeepMs: 60_000});
});
