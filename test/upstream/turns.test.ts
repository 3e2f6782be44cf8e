// Whose call is next while calls wait. [RB-72]

import test from 'ava';
import type {Call} from '../../src/upstream/call.ts';
import {clientsMax, Turns} from '../../src/upstream/turns.ts';

const message = {
  call: 1,
  cookie: undefined,
  message: 'm',
  type: 1,
  standing: 'prompt',
  payload: new Uint8Array(0),
} as const;

function turnOf(identity: string) {
  const call: Call = {...message, kind: 'message', identity};
  return {call, order: -1, sequence: -1, place: 0};
}

/** What is taken next by `identity`. */
function take(turns: Turns, identity: string) {
  const turn = turnOf(identity);
  turns.take(turn);
  return turn;
}

test('a client that was served is behind those that were not, and one of which nothing is known is equal to these', (t) => {
  const turns = new Turns();
  const [first, second] = [take(turns, 'a'), take(turns, 'b')];
  t.is(first.order, second.order);
  turns.serve(first);
  const again = take(turns, 'a');
  t.is(again.order, first.order + 1);
  t.is(take(turns, 'c').order, second.order);
  turns.serve(again);
  t.is(take(turns, 'd').order, again.order, 'the turns have gone on');
});

test('a call that was not made gives its turn back, unless its client has had a later one', (t) => {
  const turns = new Turns();
  const first = take(turns, 'a');
  const second = take(turns, 'a');
  turns.giveBack(second);
  t.is(take(turns, 'a').order, first.order + 1, 'as if the second had not been');
  const third = take(turns, 'b');
  const fourth = take(turns, 'b');
  turns.giveBack(third);
  t.is(take(turns, 'b').order, fourth.order + 1, 'the later one stands');
});

test('a client that missed its turn is owed one, and not all those before it', (t) => {
  const turns = new Turns();
  for (let count = 0; count < 10; count++) turns.serve(take(turns, 'busy'));
  const busy = take(turns, 'busy');
  turns.serve(busy);
  const late = take(turns, 'late');
  turns.giveBack(late);
  t.true(late.order >= busy.order - 1);
  t.true(late.order < take(turns, 'busy').order);
});

test('clients are remembered up to a bound; beyond, all are forgotten and equal again', (t) => {
  const turns = new Turns();
  const first = take(turns, 'client 0');
  for (let client = 1; client < clientsMax; client++) take(turns, `client ${client}`);
  // The bound is looked at before each is remembered, and behind the look-up.
  t.is(take(turns, 'client 0').order, first.order + 1, 'at the bound all are known');
  t.is(take(turns, 'client 1').order, first.order);
  t.is(take(turns, 'client 2').order, first.order);
});
