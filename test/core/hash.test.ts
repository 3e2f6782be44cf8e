import test from 'ava';
import {fnv1a} from '../../src/core/hash.ts';

test('the hash is FNV-1a of 32 bits', (t) => {
  // Published test vectors of the algorithm.
  t.is(fnv1a('') >>> 0, 0x811c9dc5);
  t.is(fnv1a('a') >>> 0, 0xe40c292c);
  t.is(fnv1a('foobar') >>> 0, 0xbf9cf968);
});
