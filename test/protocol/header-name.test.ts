import test from 'ava';
import fc from 'fast-check';
import * as headerNames from '../../src/protocol/header-name.ts';

const {channelSeparator, splitChannels} = headerNames;

test('the header names are those of the contract', (t) => {
  t.is(headerNames.headerIdentity, 'RAINBOWCLIENTIDENTITY');
  t.is(headerNames.headerCookie, 'RAINBOWCLIENTCOOKIE');
  t.is(headerNames.headerJoin, 'RAINBOWCLIENTCHANNEL');
  t.is(headerNames.headerLeave, 'RAINBOWCLIENTCHANNELUNSUB');
  t.is(headerNames.headerMessage, 'RAINBOWMESSAGEID');
  t.is(headerNames.headerInvalid, 'RAINBOWREQUESTINVALID');
  t.is(headerNames.headerDevice, 'X-DEVICEID');
  t.is(headerNames.headerPlatform, 'X-CLIENT-OS');
});

test('several channels are joined by ;;, one channel is its own name', (t) => {
  t.is(channelSeparator, ';;');
  t.deepEqual(splitChannels('room'), ['room']);
  t.deepEqual(splitChannels('a;;b'), ['a', 'b']);
  t.deepEqual(splitChannels('a;b,c'), ['a;b,c']);
});

test('an absent or empty header names no channel', (t) => {
  t.deepEqual(splitChannels(undefined), []);
  t.deepEqual(splitChannels(''), []);
  t.deepEqual(splitChannels(' '), []);
});

test('blanks around names and empty names are dropped', (t) => {
  t.deepEqual(splitChannels(' a ;;b;;'), ['a', 'b']);
  t.deepEqual(splitChannels(';;;;a;; ;;b b'), ['a', 'b b']);
});

test('names joined are split again', (t) => {
  const name = fc.string({minLength: 1}).filter((text) => !text.includes(';') && text.trim() === text);
  fc.assert(
    fc.property(fc.array(name), (names) => {
      t.deepEqual(splitChannels(names.join(channelSeparator)), names);
    }),
  );
  t.pass();
});
