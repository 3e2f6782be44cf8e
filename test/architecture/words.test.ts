// Runs the word list over the project, and the check over samples.

import test from 'ava';
import {findWords, makeProse, readProseFiles} from './words.ts';

const files = readProseFiles();

test('no document, comment, string or title uses a word of the list', (t) => {
  t.true(files.length > 100);
  t.deepEqual(findWords(files), []);
});

function found(path: string, text: string): readonly string[] {
  return findWords([makeProse(path, text)]).map((sentence) => sentence.replace(/\. Write: .*/, ''));
}

test('the check finds a word in a document, a comment, a string, a template and between tags', (t) => {
  t.deepEqual(found('a.md', 'Plain.\n\nTold twice.\n'), ['a.md:3: "Told"']);
  t.deepEqual(found('a.ini', '# Told once.\nkey = 1\n'), ['a.ini:1: "Told"']);
  t.deepEqual(found('a.ts', 'run(); // anew\n'), ['a.ts:1: "anew"']);
  t.deepEqual(found('a.ts', "test('nobody waits', f);\n"), ['a.ts:1: "nobody"']);
  t.deepEqual(found('a.ts', 'log(`told twice`);\n'), ['a.ts:1: "told"']);
  t.deepEqual(found('a.tsx', 'return <p>Told by {name}</p>;\n'), ['a.tsx:1: "Told"']);
});

test('the check finds a phrase that runs over two lines of a comment', (t) => {
  t.deepEqual(found('a.ts', '// Waits as\n// long as it must.\n'), ['a.ts:1: "as long as"']);
  t.deepEqual(found('a.ts', '/**\n * What\n * is none.\n */\n'), ['a.ts:3: "is none"']);
});

test('identifiers and text in backticks are not searched', (t) => {
  t.deepEqual(found('a.ts', 'const told = actor.tell(anew); // `tell` leaves a message.\n'), []);
  t.deepEqual(found('a.md', '```ts\nactor.tell(now);\n// Told.\n```\n'), ['a.md:3: "Told"']);
  t.deepEqual(found('a.md', 'An actor gets messages by `tell`.\n'), []);
});
