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

test('the client that had its turn least lately is next, and one of which nothing is known before all others', (t) => {
  const turns = new Turns();
  const [first, second] = [take(turns, 'a'), take(turns, 'b')];
  t.deepEqual([first.order, second.order], [0, 0]);
  t.is(take(turns, 'b').order, second.sequence);
  t.is(take(turns, 'a').order, first.sequence);
  t.is(take(turns, 'c').order, 0);
});

test('a call that was not made gives its turn back, unless its client has had a later one', (t) => {
  const turns = new Turns();
  const first = take(turns, 'a');
  const second = take(turns, 'a');
  turns.giveBack(second);
  t.is(take(turns, 'a').order, first.sequence, 'as if the second had not been');
  const third = take(turns, 'b');
  const fourth = take(turns, 'b');
  turns.giveBack(third);
  t.is(take(turns, 'b').order, fourth.sequence, 'the later one stands');
});

test('clients are remembered up to a bound; beyond, all are forgotten and equal again', (t) => {
  const turns = new Turns();
  const first = take(turns, 'client 0');
  for (let client = 1; client < clientsMax; client++) take(turns, `client ${client}`);
  const again = take(turns, 'client 0');
  t.is(again.order, first.sequence, 'at the bound all are known');
  // The bound is looked at before each is remembered.
  t.is(take(turns, 'client 1').order, 0);
  t.is(take(turns, 'client 2').order, 0);
});
