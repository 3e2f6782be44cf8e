import test from 'ava';
import fc from 'fast-check';
import {Permissions, permissionsMax, readPermissions} from '../../src/protocol/permissions.ts';

const later = 1_767_225_600_000;

for (const grant of [
  {},
  {send: []},
  {send: ['0', '65535', '0-65535', '7-7', '1000-1999']},
  {join: []},
  {join: ['lobby', 'room:*', '*', 'комната*']},
  {expiresAt: later},
  {send: ['7'], join: ['a'], expiresAt: later},
]) {
  test(`permissions ${JSON.stringify(grant)} are read as they are`, (t) => {
    t.deepEqual(readPermissions(grant), {grant});
  });
}

for (const [value, fault] of [
  [null, /^permissions is not an object$/],
  ['all', /^permissions is not an object$/],
  [[], /^permissions is not an object$/],
  [{sends: ['7']}, /unknown member/],
  [{Send: ['7']}, /unknown member/],
  [{send: '7'}, /^send is not a list$/],
  [{send: null}, /^send is not a list$/],
  [{send: [7]}, /^send\[0\] is not a type/],
  [{send: ['7', '']}, /^send\[1\] is not a type/],
  [{send: ['65536']}, /^send\[0\]/],
  [{send: ['07']}, /^send\[0\]/],
  [{send: ['-1']}, /^send\[0\]/],
  [{send: ['1.5']}, /^send\[0\]/],
  [{send: ['2-1']}, /^send\[0\]/],
  [{send: ['1-65536']}, /^send\[0\]/],
  [{send: ['1-2-3']}, /^send\[0\]/],
  [{send: ['1 - 2']}, /^send\[0\]/],
  [{send: ['*']}, /^send\[0\]/],
  [{send: new Array(permissionsMax + 1).fill('1')}, /^send has 257 entries, at most 256/],
  [{join: 'room'}, /^join is not a list$/],
  [{join: ['']}, /^join\[0\] is not a channel/],
  [{join: ['a*b']}, /^join\[0\]/],
  [{join: ['**']}, /^join\[0\]/],
  [{join: ['a;;b']}, /^join\[0\]/],
  [{join: [1]}, /^join\[0\]/],
  [{expiresAt: 1_767_225_600}, /^expiresAt is not a whole number of Unix milliseconds$/],
  [{expiresAt: String(later)}, /^expiresAt/],
  [{expiresAt: later + 0.5}, /^expiresAt/],
  [{expiresAt: null}, /^expiresAt/],
  [{expiresAt: 1e300}, /^expiresAt/],
] as const) {
  test(`permissions ${JSON.stringify(value)?.slice(0, 50)} are refused, whatever else is right`, (t) => {
    const read = readPermissions(value);
    t.true('fault' in read);
    if ('fault' in read) t.regex(read.fault, fault);
  });
}

test('a type may be sent if one of the ranges has it', (t) => {
  const permissions = new Permissions({send: ['7', '1000-1999', '65535']});
  for (const type of [7, 1_000, 1_500, 1_999, 65_535]) t.true(permissions.maySend(type), String(type));
  for (const type of [0, 6, 8, 999, 2_000, 65_534]) t.false(permissions.maySend(type), String(type));
  t.false(new Permissions({send: []}).maySend(0));
  t.true(new Permissions({}).maySend(0));
  const ranges = fc.array(fc.tuple(fc.nat(65_535), fc.nat(65_535)), {maxLength: 5});
  fc.assert(
    fc.property(ranges, fc.nat(65_535), (pairs, type) => {
      const sorted = pairs.map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);
      const may = new Permissions({send: sorted.map(([first, last]) => `${first}-${last}`)}).maySend(type);
      return may === sorted.some(([first, last]) => type >= first && type <= last);
    }),
  );
});

test('a channel may be joined if a name is its own, or a beginning followed by * is', (t) => {
  const permissions = new Permissions({join: ['lobby', 'room:*']});
  for (const channel of ['lobby', 'room:', 'room:1', 'room:*']) t.true(permissions.mayJoin(channel), channel);
  for (const channel of ['lobby2', 'room', 'Room:1', 'a room:1']) t.false(permissions.mayJoin(channel), channel);
  t.false(new Permissions({join: []}).mayJoin('lobby'));
  t.true(new Permissions({}).mayJoin('lobby'));
  t.true(new Permissions({join: ['*']}).mayJoin('lobby'));
});
