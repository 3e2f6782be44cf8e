// Writes the parts of the documents that are made from the code: `npm run docs`.

import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readDocuments, root} from './documents.ts';
import {generate, generatedFiles} from './generated.ts';

for (const [path, make] of Object.entries(generatedFiles)) writeFileSync(join(root, path), make());

for (const document of readDocuments()) {
  const text = generate(document);
  if (text === document.text) continue;
  writeFileSync(join(root, document.path), text);
  process.stdout.write(`${document.path}\n`);
}
