import test from 'ava';
import {Inbox} from '../../src/cli/conformance/inbox.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';

function createInbox(): {inbox: Inbox<string>; clock: SimulatedClock} {
  const clock = new SimulatedClock();
  return {inbox: new Inbox('a packet', clock), clock};
}

test('what has come is read in order, what was put back first, and a wait takes one item', async (t) => {
  const {inbox, clock} = createInbox();
  inbox.push('b');
  inbox.putBack(['a']);
  t.is(await inbox.next(1_000), 'a');
  t.is(await inbox.next(1_000), 'b');
  const waiting = inbox.next(1_000);
  inbox.push('c');
  inbox.push('d');
  t.is(await waiting, 'c');
  t.deepEqual(inbox.take(), ['d']);
  t.is(clock.pendingCount, 0);
});

test('a wait ends with its patience, and what comes later is kept', async (t) => {
  const {inbox, clock} = createInbox();
  const waiting = t.throwsAsync(inbox.next(1_500), {message: 'expected a packet, got nothing within 1.5 s'});
  clock.advance(1_499);
  t.is(clock.pendingCount, 1);
  clock.advance(1);
  await waiting;
  inbox.push('a');
  t.is(await inbox.next(1_500), 'a');
});

test('where nothing more will come a wait ends at once with the first reason, and so does each later one', async (t) => {
  const {inbox, clock} = createInbox();
  const message = 'expected a packet, got the close code 1002';
  const waiting = t.throwsAsync(inbox.next(1_000), {message});
  inbox.end('the close code 1002');
  inbox.end('a failure of the socket');
  await waiting;
  inbox.push('a');
  t.is(await inbox.next(1_000), 'a', 'what had come before the end');
  await t.throwsAsync(inbox.next(1_000), {message});
  t.is(clock.pendingCount, 0);
});
