// Writes the charts that the client SDK runs as plain data: `npm run steps`, after a change of one of them.

import {readFileSync, writeFileSync} from 'node:fs';
import {emittedText, stepsFile} from './emitted.ts';

const text = emittedText();
const isChanged = readFileSync(stepsFile, 'utf8') !== text;
if (isChanged) writeFileSync(stepsFile, text);
process.stdout.write(`${isChanged ? 'written' : 'unchanged'}: ${stepsFile.pathname}\n`);
