import test from 'ava';
import {nearest} from '../../src/core/nearest.ts';

test('the nearest word is meant, of several equally near ones the first', (t) => {
  t.is(nearest('cat', ['dog', 'bat', 'hat']), 'bat');
  t.is(nearest('cat', ['hat', 'bat']), 'hat');
  t.is(nearest('cats', ['bat', 'cat']), 'cat');
  t.is(nearest('bat', ['cat', 'bat']), 'bat');
});

test('a word of which more than a third would change is not meant, nor one beyond the bound', (t) => {
  t.is(nearest('abcxyz', ['abcdef']), undefined);
  t.is(nearest('abcdxy', ['abcdef']), 'abcdef');
  t.is(nearest('abcdxy', ['abcdef'], 1), undefined);
  t.is(nearest('a'.repeat(49), ['a'.repeat(48)]), undefined);
});
