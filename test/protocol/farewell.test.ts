import test from 'ava';
import {farewellClose, isFarewellCode, readReconnectAfter} from '../../src/protocol/farewell.ts';

for (const [reason, reconnectAfterMs, text] of [
  ['disconnected', undefined, 'disconnected'],
  ['', undefined, ''],
  ['maintenance', 30_000, 'maintenance; reconnectAfterMs=30000'],
  ['', 0, 'reconnectAfterMs=0'],
  ['a; b', 86_400_000, 'a; b; reconnectAfterMs=86400000'],
] as const) {
  test(`the close frame of ${JSON.stringify(reason)} and ${reconnectAfterMs} ms says ${JSON.stringify(text)}, and is read back`, (t) => {
    t.deepEqual(farewellClose({code: 4152, reason, reconnectAfterMs}), {code: 4152, text});
    t.is(readReconnectAfter(text), reconnectAfterMs);
  });
}

for (const reason of [
  'reconnectAfterMs=',
  'reconnectAfterMs=-1',
  'reconnectAfterMs=01',
  'reconnectAfterMs=1.5',
  'reconnectAfterMs=5 ',
  'xreconnectAfterMs=5',
  'reconnectAfterMs=5; more',
  'reconnectAfterMs=100000000000',
]) {
  test(`a reason of ${JSON.stringify(reason)} has no time`, (t) => {
    t.is(readReconnectAfter(reason), undefined);
  });
}

test('a time beyond a day is read as a day', (t) => {
  t.is(readReconnectAfter('reconnectAfterMs=99999999'), 86_400_000);
});

test('the API closes with 1000, 1001 and 4000 to 4999, and with no other code', (t) => {
  for (const code of [1000, 1001, 4000, 4152, 4999]) t.true(isFarewellCode(code), String(code));
  for (const code of [0, 999, 1002, 1005, 1006, 1008, 1011, 1015, 3000, 3999, 5000, 4000.5, Number.NaN, -4000]) {
    t.false(isFarewellCode(code), String(code));
  }
});
