import test from 'ava';
import {faultOf} from './blocks.ts';
import {codeBlocks, type Document, readDocuments} from './documents.ts';

const documents = readDocuments();

test('every code block of every document is of a kind that something checks, and passes', (t) => {
  const blocks = documents.flatMap((document) => codeBlocks(document).map((block) => ({block, document})));
  t.true(blocks.length > 60, `${blocks.length} blocks`);
  t.deepEqual(
    blocks.flatMap(({block, document}) => faultOf(block, document) ?? []),
    [],
  );
  const kinds = Map.groupBy(blocks, ({block}) => block.language || 'drawing');
  t.log([...kinds].map(([kind, {length}]) => `${kind} ${length}`).join(', '));
});

test('every fence of a document belongs to a block', (t) => {
  for (const document of documents) {
    const fences = [...document.text.matchAll(/^ *(?:```|~~~)/gm)].length;
    t.is(fences, codeBlocks(document).length * 2, document.path);
  }
});

function faultIn(language: string, code: string, path = 'docs/sample.md'): string | undefined {
  const document: Document = {path, text: `\`\`\`${language}\n${code}\n\`\`\`\n`};
  const [block] = codeBlocks(document);
  if (block === undefined) throw new Error('Expected a block');
  return faultOf(block, document);
}

for (const [title, language, code, fault] of [
  ['of an unknown kind', 'cobol', 'STOP RUN.', /nothing checks blocks of cobol/],
  ['of a program that no test runs', 'ts', 'const a = 1;', /expected test\/docs\/sample\.test\.ts to run/],
  ['of a shell line that nothing runs', 'sh', 'rm -rf /', /nothing runs the line rm -rf/],
  ['of commands without a language', '', 'rainbow send room hi | cat', /want the language sh/],
  ['of words without a language', '', 'Just words.', /expected a language, or a drawing/],
  ['of JSON of no known form', 'json', '{"a":1}', /of which form/],
  [
    'of a packet that is not what it says',
    'hex',
    '10 0001 6869  SEND qos 1',
    /expected SEND qos 0 type 1 payload "hi"/,
  ],
  ['of a configuration with a key that does not exist', 'ini', '[main]\nconect_url = x', /Unknown key `conect_url`/],
  ['of an invalid configuration', 'ini', '[main]\nnonsense', /:1: /],
  [
    'of HTTP with a header that does not exist',
    'http',
    'GET / HTTP/1.1\nRAINBOWNAME: x',
    /no such header: RAINBOWNAME/,
  ],
  ['of output that is not generated', 'text', 'Usage: rainbow', /made from the code/],
] as const) {
  test(`a block ${title} is a fault`, (t) => t.regex(faultIn(language, code) ?? '', fault));
}

test('a block of a valid configuration is no fault', (t) => {
  t.is(faultIn('ini', '[main]\nconnect_url = http://127.0.0.1:8000/connect/\nkeep_alive = 30'), undefined);
});

test('JSON with a member that its form does not know is a fault', (t) => {
  t.is(faultIn('json', '{"status":0}', 'README.md'), undefined);
  t.regex(faultIn('json', '{"status":0,"conections":1}', 'README.md') ?? '', /expected one of the forms/);
});
