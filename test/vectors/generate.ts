// `node test/vectors/generate.ts`: writes the vectors that are made by a program, all but
// stories.json, which is written by hand.

import {readFileSync, writeFileSync} from 'node:fs';
import {makeExchangeVectors} from './exchange-vectors.ts';
import {formatJson} from './format-json.ts';
import {makePacketV2Vectors} from './packet-v2-vectors.ts';
import {makePacketVectors} from './packet-vectors.ts';

/** A file of vectors made here. */
export interface GeneratedFile {
  readonly name: string;
  readonly text: string;
}

/** The files as they must be. */
export function generateFiles(): GeneratedFile[] {
  return [
    {name: 'packets.json', text: format('One WebSocket message each, and what it leads to.', makePacketVectors())},
    {
      name: 'packets-v2.json',
      text: format('One WebSocket message of rainbow.v2 each, as the gateway reads it.', makePacketV2Vectors()),
    },
    {name: 'exchanges.json', text: format('Each packet in each state of a flow.', makeExchangeVectors())},
  ];
}

/** A file as it is. */
export function readGenerated(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

function format(description: string, vectors: readonly object[]): string {
  return `${formatJson({format: 1, description: `${description} See docs/conformance.md.`, vectors})}\n`;
}

if (import.meta.main) {
  for (const {name, text} of generateFiles()) {
    writeFileSync(new URL(name, import.meta.url), text);
    process.stdout.write(`${name}: ${text.length} characters\n`);
  }
}
