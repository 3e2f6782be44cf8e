import test from 'ava';
import fc from 'fast-check';
import {ownerOf} from '../../src/core/rendezvous.ts';

const names = fc.uniqueArray(fc.string({maxLength: 8}), {minLength: 1, maxLength: 8});

test('all that know the same names agree, in whatever order they know them', (t) => {
  const property = fc.property(names, fc.string(), (known, key) => {
    const owner = ownerOf(key, known);
    t.true(known.includes(owner));
    t.is(ownerOf(key, known.toReversed()), owner);
  });
  fc.assert(property);
});

test('when one comes or goes, only the keys that it owns move', (t) => {
  const property = fc.property(names, fc.string(), (known, key) => {
    const [comer = '', ...others] = known;
    if (others.length === 0) return;
    const before = ownerOf(key, others);
    const after = ownerOf(key, known);
    t.true(after === before || after === comer);
  });
  fc.assert(property);
});

test('keys are spread over the names', (t) => {
  const counts = new Map<string, number>();
  for (let key = 0; key < 3_000; key++) {
    const owner = ownerOf(`key-${key}`, ['a', 'b', 'c']);
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  for (const count of counts.values()) t.true(count > 900 && count < 1_100, `${count}`);
});
