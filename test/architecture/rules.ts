// Which code obeys each delivery rule, and which tests prove it, read from what they cite. A test's title that ends in
// `[RB-21]` shows the rule kept; one with `[RB-21 broken]` shows what happens to a peer that breaks it.

import {readFileSync} from 'node:fs';
import {type RuleDocument, readRules} from '../../src/gateway/documents/protocol-document.ts';
import {readFiles, root, type SourceFile} from './source.ts';

/** A rule and the places that cite it, each as `path:line`. */
export interface RuleEvidence extends RuleDocument {
  readonly code: readonly string[];
  readonly kept: readonly string[];
  readonly broken: readonly string[];
}

/** Effective rules that no peer can break, or not in a way that the gateway could notice, with the reason. */
export const oursAlone: Readonly<Record<string, string>> = {
  'RB-04': 'the gateway allocates its own ids; those of a client are RB-03',
  'RB-45': 'the order is made here, and a client has no say in it',
  'RB-46': 'the calls are made here',
  'RB-48': 'what a client holds back behind its own full window looks the same as having nothing to say',
  'RB-52': 'what a client drops after its ACK is its own (RB-12), before it it is open (RB-60)',
  'RB-54': 'what the gateway takes for a sign of life is its own affair',
  'RB-55': 'a connection without a subprotocol has no way to ask for another keep-alive',
  'RB-59': "it is about the gateway's own errors",
  'RB-62': 'the answer to the caller is made here',
  'RB-63': 'the ids of messages are made here',
  'RB-66': 'the answer to the caller is made here',
  'RB-67': 'the order of the calls is made here',
  'RB-68': 'the calls are made here',
};

/** Every rule of docs/delivery.md with its evidence, in the order of their numbers. */
export function gatherEvidence(): readonly RuleEvidence[] {
  const sources = readFiles('src/', /\.tsx?$/);
  const tests = readTests();
  return readRules(readFileSync(new URL('docs/delivery.md', root), 'utf8')).map((rule) => ({
    ...rule,
    code: linesWith(sources, rule.id),
    kept: linesWith(tests, `[${rule.id}]`),
    broken: linesWith(tests, `[${rule.id} broken]`),
  }));
}

/** The test files whose citations count. This folder's own name rules only as samples. */
export function readTests(): readonly SourceFile[] {
  const files = ['test/', 'verification/'].flatMap((folder) => readFiles(folder, /\.test\.tsx?$/));
  return files.filter(({path}) => !path.startsWith('test/architecture/'));
}

/** The evidence as lines to read: rule | code | tests that show it kept | tests that show it broken. */
export function formatEvidence(all: readonly RuleEvidence[]): readonly string[] {
  return all.map(({id, isV2, code, kept, broken}) => {
    const proof = broken.length === 0 && !isV2 ? `ours alone: ${oursAlone[id] ?? ''}` : short(broken);
    return `${id}${isV2 ? ' v2' : '   '}  ${short(code)}  |  ${short(kept)}  |  ${proof}`;
  });
}

function linesWith(files: readonly SourceFile[], text: string): readonly string[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => (line.includes(text) ? [`${file.path}:${index + 1}`] : [])),
  );
}

/** `src/a.ts:1`, `src/a.ts:5`, `src/b.ts:2` as `a.ts:1,5 b.ts:2`. */
function short(places: readonly string[]): string {
  const lines = new Map<string, string[]>();
  for (const place of places) {
    const [path = '', line = ''] = place.replace(/^(?:src|test|verification)\//, '').split(':');
    lines.set(path, [...(lines.get(path) ?? []), line]);
  }
  return [...lines].map(([path, numbers]) => `${path}:${numbers.join(',')}`).join(' ') || '-';
}
