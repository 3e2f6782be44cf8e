// The project's documents, read for the tests of this folder: text, code blocks, tables.

import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The repository's root, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A document. */
export interface Document {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a document. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Where it starts, from 1. */
  readonly line: number;
}

/** The documents of the root and of the packages, and everything below docs. */
export function readDocuments(): readonly Document[] {
  const below = readdirSync(join(root, 'docs'), {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const above = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md'];
  const packages = ['packages/business/README.md', 'packages/client/README.md'];
  return [...above, ...packages, ...below].map(readDocument);
}

/** One document. */
export function readDocument(path: string): Document {
  return {path, text: readFileSync(join(root, path), 'utf8')};
}

/** The fenced blocks, in order. */
export function codeBlocks({text}: Document): readonly CodeBlock[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    code: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The text without its fenced blocks. */
export function prose({text}: Document): string {
  return text.replace(/^```\w*\n.*?^```$/gms, '');
}

/** Rows of all tables as their cells, trimmed; heads included, rules between head and body not. Each row has a cell. */
export function tableRows({text}: Document): readonly (readonly [string, ...string[]])[] {
  return [...text.matchAll(/^\|(.*)\|$/gm)]
    .map((match): readonly [string, ...string[]] => {
      const [first = '', ...rest] = (match[1] ?? '').split('|').map((cell) => cell.trim());
      return [first, ...rest];
    })
    .filter((cells) => !cells.every((cell) => /^:?-+:?$/.test(cell)));
}

/** Texts between single backticks, outside fenced blocks. */
export function codeSpans(document: Document): readonly string[] {
  return [...prose(document).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}
