// What the chat's business server remembers, at its bounds.

import test from 'ava';
import {Once} from '../../examples/chat/once.ts';
import {RoomLog} from '../../examples/chat/room-log.ts';

function news(room: string, id: string) {
  return {id, room, from: 'ann', text: id, at: 0};
}

test('a room has its last fifty messages', (t) => {
  const log = new RoomLog();
  for (let index = 0; index < 51; index++) log.add(news('lobby', String(index)));
  const ids = log.lately('lobby').map(({id}) => id);
  t.is(ids.length, 50);
  t.is(ids[0], '1');
  t.is(ids.at(-1), '50');
});

test('of more than a hundred rooms the one that was silent longest is forgotten', (t) => {
  const log = new RoomLog();
  for (let index = 0; index < 100; index++) log.add(news(`room-${index}`, `a${index}`));
  log.add(news('room-0', 'again'));
  log.add(news('one-more', 'new'));
  t.is(log.lately('room-0').length, 2);
  t.deepEqual(log.lately('room-1'), []);
  t.is(log.lately('room-2').length, 1);
});

test('what is asked for twice is done once, at the same time and later; what failed may be done again', async (t) => {
  const once = new Once<number>();
  let count = 0;
  const work = async () => ++count;
  t.deepEqual(await Promise.all([once.do('a', work), once.do('a', work)]), [1, 1]);
  t.is(await once.do('a', work), 1);
  await t.throwsAsync(once.do('b', () => Promise.reject(new Error('no'))));
  t.is(await once.do('b', work), 2);
});

test('of more than ten thousand answers the oldest is forgotten', async (t) => {
  const once = new Once<number>();
  let count = 0;
  const work = async () => ++count;
  for (let index = 0; index <= 10_000; index++) await once.do(String(index), work);
  t.is(await once.do('1', work), 2);
  t.is(await once.do('0', work), 10_002);
});
