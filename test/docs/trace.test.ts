// The figures of docs/trace.md against the run that they are of.

import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {readDocument, root} from './documents.ts';

/** The cells of the rows of a table that begin as these do, without padding. */
function rowsOf(text: string): readonly string[] {
  const rows = text.match(/^\| *(?:down|up|all rounds) *\|.*$/gm) ?? [];
  return rows.map((row) => row.replace(/ *\| */g, '|'));
}

test('the table of the cost of a trace is that of a result, with its marks', (t) => {
  const folder = join(root, 'bench/results');
  const results = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const tables = results.map((name) => rowsOf(readFileSync(join(folder, name), 'utf8').split('\n## Trace\n')[1] ?? ''));
  const rows = rowsOf(readDocument('docs/trace.md').text);
  t.is(rows.length, 10);
  t.true(
    tables.some((table) => table.join('\n') === rows.join('\n')),
    rows.join('\n'),
  );
});
