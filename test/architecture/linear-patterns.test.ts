// No regular expression of the source takes more than linear time for any input: one line of 16 KB from outside must
// not block all clients.

import test from 'ava';
import {superlinear} from './pattern-growth.ts';
import {lineAt, readFiles, type SourceFile} from './source.ts';

interface Literal {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

const files = readFiles('src/', /(?<!\.d)\.tsx?$/);

/** The regular expressions of a file: what stands between two slashes, blanked in one text and not in the other. */
function literalsOf({path, text, code, bareCode}: SourceFile): readonly Literal[] {
  const literals: Literal[] = [];
  for (const {0: whole, index} of bareCode.matchAll(/\/ +\/[dgimsuvy]*(?!\w)/g)) {
    const end = index + whole.lastIndexOf('/');
    const source = code.slice(index + 1, end);
    if (source.trim() === '' && source.length > 1) continue;
    literals.push({
      place: `${path}:${lineAt(text, index)}`,
      source,
      flags: bareCode.slice(end + 1, index + whole.length),
    });
  }
  return literals;
}

const literals = files.flatMap(literalsOf);

const growing: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\s*,\s*/, 'blanks around a comma'],
  [/\s+$/, 'blanks at the end'],
  [/\/+$/, 'slashes at the end'],
  [/\?.*$/, 'to the end of the line'],
  [/^(?:a+)+$/, 'a loop in a loop'],
  [/^(?:a|a)*$/, 'two ways through one turn'],
  [/^(?:a*)*b/, 'a loop of what may be nothing'],
  [/^(?:a|ab|b)*c/, 'two ways through several turns'],
  [/^a*a*$/, 'a loop beside a loop'],
  [/^([\w-]+): *(\P{Cc}*)$/u, 'blanks before anything'],
  [/^\d+\d{1,3}x?\d*$/, 'digits before digits'],
  [/(\d+)\/?$/, 'a number at the end'],
  [/x(?=\s*\s*y)/, 'in a look-ahead'],
  [/^(?:\d{1,4},?)*$/, 'bounded turns in a loop'],
];
for (const [pattern, what] of growing) {
  test(`${pattern.source} takes more than linear time: ${what}`, (t) => {
    t.not(superlinear(pattern.source, pattern.flags), undefined);
  });
}

const linear: readonly RegExp[] = [
  /,/,
  /[,\n]/,
  /^\s*$/,
  /^\s+/,
  /\?.*/s,
  /[?#].*$/s,
  /^[^?#]*/,
  /^Bearer +(\S+) *$/i,
  /^(?:a,)*b$/,
  /^(?:\d+,)*\d+$/,
  /^[+/0-9A-Za-z]{22}==$/,
  /^https?:\/\/[^/]+(?:\/|$)/i,
  /\p{Cc}/u,
  /a*/,
  /^(?:x|y(?:z|w))+$/,
];
for (const pattern of linear) {
  test(`${String(pattern)} takes linear time`, (t) => {
    t.is(superlinear(pattern.source, pattern.flags), undefined);
  });
}

test('every regular expression of the source takes linear time', (t) => {
  t.true(literals.length > 120, `${literals.length} found`);
  const verdicts = new Map<string, string | undefined>();
  for (const {place, source, flags} of literals) {
    const key = `/${source}/${flags}`;
    if (!verdicts.has(key)) verdicts.set(key, superlinear(source, flags));
    const fault = verdicts.get(key);
    t.is(fault, undefined, `${place} ${key}: ${fault}`);
  }
});

test('no regular expression is built from a text at run time, where it cannot be checked', (t) => {
  for (const {path, bareCode} of files) t.notRegex(bareCode, /\bRegExp\(/, path);
});
