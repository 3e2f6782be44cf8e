import test from 'ava';
import {QuarantinedIds} from '../../src/actors/quarantined-ids.ts';
import {messageIdMax} from '../../src/protocol/packet.ts';

test('an id is held until every answer that is owed under it has come, and no longer [RB-05]', (t) => {
  const owed = new QuarantinedIds(10);
  for (const answers of [1, 2, 3]) {
    owed.expect(7, answers);
    for (let answer = 0; answer < answers; answer++) {
      t.true(owed.has(7), `${answer} of ${answers}`);
      owed.answered(7);
    }
    t.false(owed.has(7));
    owed.answered(7);
    t.false(owed.has(7), 'one too many');
  }
});

test('at most a window of ids is held, the oldest is given up first', (t) => {
  const owed = new QuarantinedIds(3);
  for (const id of [1, 2, 3, 4]) owed.expect(id, 1);
  t.deepEqual(
    [1, 2, 3, 4].map((id) => owed.has(id)),
    [false, true, true, true],
  );
});

test('quarantine holds no more ids than leave a whole window free', (t) => {
  const owed = new QuarantinedIds(messageIdMax - 1);
  owed.expect(1, 1);
  owed.expect(2, 1);
  t.deepEqual([owed.has(1), owed.has(2)], [false, true]);
  const none = new QuarantinedIds(messageIdMax);
  none.expect(1, 1);
  t.false(none.has(1));
});
