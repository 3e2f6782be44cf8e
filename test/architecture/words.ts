// The word list: turns of phrase that make a text hard to read, each with what to write instead. `npm run check` and
// words.test.ts search comments, strings and documents for them; identifiers and text in backticks are not searched.

import {readdirSync, readFileSync} from 'node:fs';
import {lineAt, makeFile, root} from './source.ts';

interface Word {
  readonly pattern: RegExp;
  readonly instead: string;
}

const words: readonly Word[] = [
  {pattern: /\b(?:whence|thence|wherein|whereby|thereof|therein|thereby|lest)\b/gi, instead: 'where from, in which, …'},
  {pattern: /\banew\b/gi, instead: 'again'},
  {pattern: /\bbef[ae]ll(?:s|en)?\b/gi, instead: 'happen'},
  {pattern: /\bas long as\b/gi, instead: 'while'},
  {pattern: /\bby chance\b/gi, instead: 'randomly, at random'},
  {pattern: /\b(?:go|goes|going|went) round\b/gi, instead: 'repeat, loop'},
  {pattern: /\bmend(?:s|ed|ing)?\b/gi, instead: 'fix, repair'},
  {pattern: /\b(?:whoever|whomever|whosoever|those whom)\b/gi, instead: 'the noun: the client, the caller, the reader'},
  {pattern: /\b(?:nobody|somebody)\b/gi, instead: 'the noun: no client, a caller'},
  {pattern: /\b(?:tell|tells|told|telling)\b/gi, instead: 'return, report, notify, log, show, print'},
  {pattern: /\b(?:rather than that|than that (?:it|they|one|the))\b/gi, instead: 'so that, instead of'},
  {pattern: /\b(?:is|are|be|was|were) none\b/gi, instead: 'is not a …, does not exist'},
  {pattern: /\bin force\b/gi, instead: 'effective'},
  {pattern: /\b(?:looks?|looked|looking) whether\b/gi, instead: 'check'},
  {pattern: /\bin vain\b/gi, instead: 'without effect, unnecessarily'},
  {pattern: /\bwhat (?:becomes|became|comes|came) of\b/gi, instead: 'what happens to'},
  {pattern: /\bends? with [012]\b|\bends? with 78\b/gi, instead: 'exits with'},
  {pattern: /\bleast grave\b/gi, instead: 'lowest level'},
  {pattern: /\bSee (?:above|the head of this file)\b/g, instead: 'in a docstring, what this is'},
  {pattern: /\b(?:to|for|of|by|with|from) whom\b/gi, instead: 'the noun: the client that …'},
];

/** Where a word is right: the file, and what stands around it. */
const exceptions: readonly {readonly path: string; readonly text: string}[] = [
  {path: 'test/architecture/words.ts', text: ''},
  {path: 'test/architecture/words.test.ts', text: ''},
  // The name of a method in a type.
  {path: 'src/fronts/rainbow/link.ts', text: "'tell' | 'depth'"},
  // A drawing of actors that send messages.
  {path: 'src/runtime/scheduler.ts', text: 'I/O callbacks ...'},
  {path: 'docs/architecture.md', text: 'tell, tell, tell'},
];

/** A text as it is searched: what is not prose is blank, positions are kept. */
export interface ProseFile {
  readonly path: string;
  readonly text: string;
  readonly prose: string;
}

/** Every file with prose for people. */
export function readProseFiles(): readonly ProseFile[] {
  return readdirSync(root, {withFileTypes: true})
    .filter(({name}) => !/^(?:node_modules|dist|tmp|\.git)$/.test(name))
    .flatMap((entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      return readdirSync(new URL(entry.name, root), {recursive: true}).map((path) => `${entry.name}/${String(path)}`);
    })
    .filter((path) => /\.(?:md|ini|yml|js|ts|tsx|html)$/.test(path) && !path.startsWith('bench/results/'))
    .filter((path) => !/\/(?:node_modules|dist)\//.test(path))
    .sort()
    .map((path) => makeProse(path, readFileSync(new URL(path, root), 'utf8')));
}

/** Blanks what is not prose. */
export function makeProse(path: string, text: string): ProseFile {
  const prose = /\.(?:ts|tsx|js)$/.test(path)
    ? proseOfCode(path, text)
    : text.replace(/^```(?:ts|js)$.*?^```$/gms, (block) => proseOfCode(path, block.replace(/^```.*$/gm, blank)));
  return {path, text, prose: prose.replace(quoted, blank)};
}

/** Code in backticks; comment signs at the start of a line, across which a phrase may run. */
const quoted = /`[^`\n]*`|^[ \t]*(?:\/\/+|\/?\*+\/?|#)/gm;

/** Comments and strings, and the text between tags. */
function proseOfCode(path: string, text: string): string {
  const {bareCode} = makeFile(path, text);
  const isBetweenTags = new Set<number>();
  if (path.endsWith('.tsx')) {
    for (const match of bareCode.matchAll(/(?<=[>}])[^<>{}=;]+(?=[<{])/g)) {
      for (let at = match.index; at < match.index + match[0].length; at++) isBetweenTags.add(at);
    }
  }
  return Array.from(bareCode, (character, at) => {
    if (character === '\n') return '\n';
    return character === text[at] && !isBetweenTags.has(at) ? ' ' : (text[at] ?? ' ');
  }).join('');
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Every use of a word of the list, as a sentence with file and line. */
export function findWords(files: readonly ProseFile[]): readonly string[] {
  return files.flatMap(({path, text, prose}) =>
    words.flatMap(({pattern, instead}) => {
      const source = pattern.source.replaceAll(' ', '\\s+');
      return [...prose.matchAll(new RegExp(source, pattern.flags))]
        .filter(({index}) => !isExcepted(path, lineOf(text, index)))
        .map((match) => {
          const found = match[0].replace(/\s+/g, ' ');
          return `${path}:${lineAt(text, match.index)}: "${found}". Write: ${instead}.`;
        });
    }),
  );
}

function isExcepted(path: string, line: string): boolean {
  return exceptions.some((exception) => exception.path === path && line.includes(exception.text));
}

function lineOf(text: string, index: number): string {
  return text.slice(text.lastIndexOf('\n', index - 1) + 1).split('\n', 1)[0] ?? '';
}

if (import.meta.main) {
  const found = findWords(readProseFiles());
  for (const line of found) console.error(line);
  process.exitCode = found.length === 0 ? 0 : 1;
}
