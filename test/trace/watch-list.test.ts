// Who watches what: each criterion, the bounds, and the share that is drawn.

import test from 'ava';
import fc from 'fast-check';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {isSampled, WatchList, watchersMax} from '../../src/trace/watch-list.ts';

const forever = Number.POSITIVE_INFINITY;

test('a connection is watched by its identity, by its number in its thread, or in its share', (t) => {
  const list = new WatchList(3);
  const own = list.set('identity', {...emptySelection, identities: ['ann', 'bob']}, forever);
  const numbered = list.set('number', {...emptySelection, connections: ['3:7', '2:8']}, forever);
  const all = list.set('all', {...emptySelection, rate: 1}, forever);
  list.set('elsewhere', {...emptySelection, channels: ['room'], types: [7]}, forever);
  t.is(list.ofConnection(1, 'ann'), own | all);
  t.is(list.ofConnection(7, 'cid'), numbered | all);
  t.is(list.ofConnection(8, 'cid'), all, 'a number of another thread');
  t.is(list.ofConnection(7, 'bob'), own | numbered | all);
});

test('a message is watched by its channel, its type, the client that it is for, or in its share', (t) => {
  const list = new WatchList(0);
  const channel = list.set('channel', {...emptySelection, channels: ['room']}, forever);
  const type = list.set('type', {...emptySelection, types: [0, 7]}, forever);
  const client = list.set('client', {...emptySelection, identities: ['ann']}, forever);
  t.is(list.ofMessage('p1', 1, 'room', undefined), channel);
  t.is(list.ofMessage('p1', 7, 'room', undefined), channel | type);
  t.is(list.ofMessage('p1', 0, 'other', undefined), type);
  t.is(list.ofMessage('p1', 1, undefined, 'ann'), client);
  t.is(list.ofMessage('p1', 1, undefined, 'bob'), 0);
  t.is(list.ofMessage('m1', 1, undefined, undefined), 0);
  list.set('all', {...emptySelection, rate: 1}, forever);
  t.is(list.ofMessage('m1', 1, undefined, undefined), list.bitOf('all'));
});

test('single watches are skipped only while each watcher watches everything', (t) => {
  const list = new WatchList(0);
  t.is(list.everythingMask, 0);
  const all = list.set('all', {...emptySelection, rate: 1}, forever);
  t.is(list.everythingMask, all);
  const more = list.set('more', {...emptySelection, rate: 1, payloads: true}, forever);
  t.is(list.everythingMask, all | more);
  t.is(list.payloadMask, more);
  for (const selection of [{rate: 0.999}, {rate: 0}, {types: [1]}]) {
    list.set('some', {...emptySelection, ...selection}, forever);
    t.is(list.everythingMask, 0, JSON.stringify(selection));
  }
  list.remove('some');
  t.is(list.everythingMask, all | more);
  list.remove('more');
  t.is(list.everythingMask, all);
  t.is(list.payloadMask, 0);
});

test('a share of all is the same in every thread, grows with its rate, and is about as large as it says', (t) => {
  const property = fc.property(
    fc.string(),
    fc.double({min: 0, max: 1}),
    fc.double({min: 0, max: 1}),
    (id, one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      return (!isSampled(id, low) || isSampled(id, high)) && !isSampled(id, 0) && isSampled(id, 1);
    },
  );
  fc.assert(property, {numRuns: 1_000});
  const selection = {...emptySelection, rate: 0.25};
  const lists = [new WatchList(0), new WatchList(5)];
  for (const list of lists) list.set('share', selection, forever);
  let watched = 0;
  for (let number = 0; number < 10_000; number++) {
    // Ids that follow each other, as the gateway gives them.
    const message = `p5f3a81${number.toString(36)}`;
    const masks = lists.map((list) => list.ofMessage(message, 1, 'room', undefined));
    t.is(masks[0], masks[1]);
    if (masks[0] !== 0) watched++;
  }
  t.true(watched > 2_200 && watched < 2_800, `${watched} of 10000`);
});

test(`there are ${watchersMax} watchers at most, each with its own bit; one that leaves makes room`, (t) => {
  const list = new WatchList(0);
  const selection = {...emptySelection, rate: 1};
  let bits = 0;
  for (let number = 0; number < watchersMax; number++) {
    const bit = list.set(`watcher ${number}`, selection, forever);
    t.is(bits & bit, 0);
    t.true(bit > 0);
    bits |= bit;
  }
  t.is(list.all, bits);
  t.is(list.set('one more', selection, forever), 0);
  t.is(list.bitOf('one more'), 0);
  t.is(list.size, watchersMax);
  const freed = list.bitOf('watcher 4');
  list.remove('watcher 4');
  t.is(list.all, bits & ~freed);
  t.is(list.set('one more', selection, forever), freed);
});

test('a watch that is not renewed ends; a renewal changes nothing for the connections that are known', (t) => {
  const list = new WatchList(0);
  const selection = {...emptySelection, channels: ['room']};
  list.set('first', selection, 1_000);
  list.set('second', selection, 2_000);
  t.is(list.nextEnd, 1_000);
  const {epoch} = list;
  list.set('first', {...selection}, 3_000);
  t.is(list.epoch, epoch);
  t.is(list.nextEnd, 2_000);
  list.expire(1_999);
  t.is(list.size, 2);
  list.expire(2_000);
  t.is(list.bitOf('second'), 0);
  t.true(list.epoch > epoch, 'what was found out before holds no longer');
  list.expire(3_000);
  t.is(list.size, 0);
  t.is(list.nextEnd, forever);
});

test('another selection of the same watcher keeps its bit, and payloads are kept for those that ask for them', (t) => {
  const list = new WatchList(0);
  const bit = list.set('one', {...emptySelection, channels: ['room']}, forever);
  const other = list.set('other', {...emptySelection, rate: 1}, forever);
  t.is(list.payloadMask, 0);
  const {epoch} = list;
  t.is(list.set('one', {...emptySelection, types: [7], payloads: true}, forever), bit);
  t.true(list.epoch > epoch);
  t.is(list.payloadMask, bit);
  t.is(list.ofMessage('p1', 1, 'room', undefined), other);
  t.is(list.ofMessage('p1', 7, 'room', undefined), bit | other);
  list.remove('one');
  t.is(list.payloadMask, 0);
});
