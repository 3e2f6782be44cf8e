import test from 'ava';
import type {OwedFacts} from '../../../src/actors/owed-close.ts';
import {Ledger, LedgerWriter} from '../../../src/gateway/shard/close-ledger.ts';

/** A writer whose notes go, copied as between threads, into a ledger. */
function connect(): {readonly writer: LedgerWriter; readonly ledger: Ledger; readonly posted: () => number} {
  const ledger = new Ledger();
  let posted = 0;
  const writer = new LedgerWriter((notes) => {
    posted++;
    ledger.note(structuredClone(notes));
  });
  return {writer, ledger, posted: () => posted};
}

test('what a shard owes is known in the main thread, with cookie and reason as they were noted last [RB-64]', (t) => {
  const {writer, ledger, posted} = connect();
  writer.owed('c1', 'ann', 0, undefined);
  writer.owed('c2', 'ben', 7, 'a=1');
  writer.cookieChanged('c1', 'b=2');
  writer.cookieChanged('c2', undefined);
  writer.owed('c3', 'cleo', 0, undefined);
  t.is(ledger.size, 0, 'nothing before the turn ends');
  writer.turnEnds();
  writer.turnEnds();
  t.is(posted(), 1, 'one message a turn, none for a turn without changes');
  writer.ended('c2', 'client');
  writer.settled('c3');
  writer.turnEnds();
  t.deepEqual(ledger.take(), [
    {identity: 'ann', cookie: 'b=2', fencingToken: 0, message: 'c1', reason: 'crashed'},
    {identity: 'ben', cookie: undefined, fencingToken: 7, message: 'c2', reason: 'client'},
  ]);
  t.is(ledger.size, 0, 'taken by one owner');
});

test('what is noted of a close call that was settled before changes nothing', (t) => {
  const {writer, ledger} = connect();
  writer.owed('c1', 'ann', 0, undefined);
  writer.settled('c1');
  writer.cookieChanged('c1', 'late');
  writer.ended('c1', 'client');
  writer.turnEnds();
  t.is(ledger.size, 0);
});

test('what a shard takes over is owed by it from then on', (t) => {
  const facts: OwedFacts = {identity: 'ann', cookie: 'a=1', fencingToken: 3, message: 'cdead1', reason: 'timeout'};
  const {writer, ledger} = connect();
  ledger.add([facts]);
  t.deepEqual(ledger.take(), [facts]);
  ledger.add([facts]);
  writer.settled('cdead1');
  writer.turnEnds();
  t.is(ledger.size, 0);
});
