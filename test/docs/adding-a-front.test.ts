// docs/adding-a-front.md against the code: its blocks stand in the example that it is about, and it names every member of the port.

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {codeBlocks, readDocument, root} from './documents.ts';

const guide = readDocument('docs/adding-a-front.md');

/** The same but for blanks and ends of lines. */
const dense = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();

test('its code is that of the front and the clients of the tests, which run it', (t) => {
  const sources = ['lines-front', 'front-clients'].map((name) =>
    dense(readFileSync(join(root, `test/support/${name}.ts`), 'utf8')),
  );
  const blocks = codeBlocks(guide).filter(({language}) => language === 'ts');
  t.is(blocks.length, 2);
  for (const {code} of blocks)
    t.true(
      sources.some((source) => source.includes(dense(code))),
      code,
    );
});

test('it says of every member of the port when it is called', (t) => {
  const port = readFileSync(join(root, 'src/actors/front.ts'), 'utf8');
  const members = [...port.matchAll(/^ {2}(?:readonly )?(\w+)(?:\(.*\): void|: \w+.*);$/gm)].map(
    ([, name = '']) => name,
  );
  const own = new Set(['front', 'subject', 'state', 'silentMs', 'bufferedBytes']);
  t.true(members.length > 15);
  for (const name of members) if (!own.has(name)) t.regex(guide.text, new RegExp(`\\b${name}\\b`), name);
});
