// Reads the source as text for the tests of this folder. TypeScript 7 has no API for other programs, and the source
// needs no more than this: one pass separates code from comments and strings, and an import is a statement at the start
// of a line. What it does not know, by the conventions the source does not have: `import =`, `require`, `import()` of a
// variable.

import {readdirSync, readFileSync} from 'node:fs';

/** The root of the project. */
export const root = new URL('../../', import.meta.url);

/** One file as the tests see it; lines and columns are those of the file in all three texts. */
export interface SourceFile {
  /** From the root, with `/`: `src/core/clock.ts`. */
  readonly path: string;
  readonly text: string;
  /** Comments blanked. */
  readonly code: string;
  /** Comments and the insides of strings, templates and regular expressions blanked. */
  readonly bareCode: string;
}

/** One import, export-from, dynamic import or worker file. */
export interface ImportEdge {
  readonly from: string;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Whether nothing of it is left when types are stripped. */
  readonly isTypeOnly: boolean;
}

/** All files below `folder` whose name matches, sorted by path. */
export function readFiles(folder: string, name: RegExp): readonly SourceFile[] {
  return readdirSync(new URL(folder, root), {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => {
      const url = new URL(`${entry.parentPath}/${entry.name}`, root);
      return makeFile(url.pathname.slice(root.pathname.length), readFileSync(url, 'utf8'));
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** A file out of a text. */
export function makeFile(path: string, text: string): SourceFile {
  return {path, text, ...blank(text)};
}

const importStatement =
  /^[ \t]*(?:import|export)\b(?<clause>[\w$\s{},*]*?)\bfrom\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const importAlone = /^[ \t]*import\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const importCall = /\bimport\(\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g;
const importMeta = /\bnew URL\(\s*(?<quote>['"])(?<specifier>\.{1,2}\/[^'"\n]+\.ts)\k<quote>\s*,\s*import\.meta\.url/g;

/** Every edge that leaves `file`, in no particular order. */
export function readImports(file: SourceFile): readonly ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const pattern of [importStatement, importAlone, importCall, importMeta]) {
    for (const match of file.code.matchAll(pattern)) {
      const {specifier = '', clause = ''} = match.groups ?? {};
      // The word `import` itself must be code, not part of a template that holds a program.
      const at = match.index + (/\S/.exec(match[0])?.index ?? 0);
      if (file.bareCode[at] !== file.code[at]) continue;
      edges.push({from: file.path, line: lineAt(file.text, at), specifier, isTypeOnly: isTypeOnly(clause)});
    }
  }
  return edges;
}

/** `import type {A}` and `import {type A, type B}`. */
function isTypeOnly(clause: string): boolean {
  if (/^\s*type\b/.test(clause)) return true;
  const named = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.names;
  if (named === undefined) return false;
  const names = named.split(',').map((name) => name.trim());
  return names.every((name) => name === '' || /^type\s/.test(name));
}

/** Lines count from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A `/` after one of these begins a regular expression; after a value it divides. */
const beforeRegex = /(?:^|[(,=:[!&|?{};~+\-*%<>^]|\breturn|\btypeof|\bcase|\bin|\bof)\s*$/;

/** One pass over the text that knows comments, strings, templates with code inside, and regular expressions. */
function blank(text: string): {readonly code: string; readonly bareCode: string} {
  const code = text.split('');
  const bareCode = [...code];
  /** Open braces of each template whose code part we are in. */
  const templateDepths: number[] = [];
  let index = 0;
  const hide = (end: number, target: string[][]): void => {
    for (const stop = Math.min(end, text.length); index < stop; index++) {
      if (text[index] !== '\n') for (const characters of target) characters[index] = ' ';
    }
  };
  const hideTemplate = (): void => {
    const end = endOfTemplate(text, index);
    hide(end.index, [bareCode]);
    if (end.isCode) templateDepths.push(0);
  };
  while (index < text.length) {
    const character = text[index];
    const pair = text.slice(index, index + 2);
    if (pair === '//') hide(orEnd(text, text.indexOf('\n', index)), [code, bareCode]);
    else if (pair === '/*') hide(orEnd(text, text.indexOf('*/', index) + 2), [code, bareCode]);
    else if (character === "'" || character === '"') {
      const end = endOfQuoted(text, index);
      index++;
      hide(end - 1, [bareCode]);
      index = end;
    } else if (character === '`') {
      index++;
      hideTemplate();
    } else if (character === '/' && beforeRegex.test(text.slice(Math.max(0, index - 12), index))) {
      const end = endOfRegex(text, index);
      index++;
      hide(end - 1, [bareCode]);
      index = end;
    } else {
      const depth = templateDepths.length - 1;
      index++;
      if (depth < 0) continue;
      if (character === '{') templateDepths[depth] = (templateDepths[depth] ?? 0) + 1;
      else if (character === '}' && templateDepths[depth] === 0) {
        templateDepths.pop();
        hideTemplate();
      } else if (character === '}') templateDepths[depth] = (templateDepths[depth] ?? 0) - 1;
    }
  }
  return {code: code.join(''), bareCode: bareCode.join('')};
}

function orEnd(text: string, index: number): number {
  return index < 2 ? text.length : index;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfQuoted(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== text[start] && text[index] !== '\n')
    index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

/** Behind the closing slash; a slash in a class does not close. */
function endOfRegex(text: string, start: number): number {
  let isInClass = false;
  let index = start + 1;
  for (; index < text.length && text[index] !== '\n'; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '[') isInClass = true;
    else if (text[index] === ']') isInClass = false;
    else if (text[index] === '/' && !isInClass) break;
  }
  return index + 1;
}

/** Behind the backtick that closes the template in whose text `start` is, or behind the `${` that interrupts it. */
function endOfTemplate(text: string, start: number): {readonly index: number; readonly isCode: boolean} {
  for (let index = start; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '`') return {index: index + 1, isCode: false};
    else if (text.startsWith('${', index)) return {index: index + 2, isCode: true};
  }
  return {index: text.length, isCode: false};
}
