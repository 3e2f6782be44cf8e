// docs/protocol.md against the code: its vectors, and its sample code, which is run.

import {spawnSync} from 'node:child_process';
import test from 'ava';
import {selectorsMax, switchSecondsDefault, switchSecondsMax} from '../../src/gateway/admin/trace-request.ts';
import {isChannelName, sendTimeoutDefaultMs, sendTimeoutMsMax} from '../../src/protocol/api.ts';
import {generatePacket, parsePacket} from '../../src/protocol/packet.ts';
import {isCallbackNonce, sign, verify} from '../../src/protocol/signature.ts';
import {testWith} from '../support/programs.ts';
import {codeBlocks, readDocument, tableRows} from './documents.ts';
import {describePacket} from './packet-words.ts';

const protocol = readDocument('docs/protocol.md');
const rows = tableRows(protocol);

test('each packet vector is read as it is described, and written as it stands there', (t) => {
  const vectors = rows.filter(([name]) => /^(SEND|ACK|REC|REL|COM) (qos|id)/.test(name));
  t.true(vectors.length >= 12);
  for (const [description, hex = ''] of vectors) {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(/[` ]/g, ''), 'hex'));
    const packet = parsePacket(bytes);
    if (packet.kind === 'fault') return t.fail(`${description}: ${packet.reason}`);
    t.is(describePacket(packet), description);
    t.deepEqual(generatePacket(packet), bytes, description);
  }
});

test('each signature vector is what the program computes', (t) => {
  const start = rows.findIndex(([head]) => head === 'Token');
  const vectors = rows.slice(start + 1, start + 4).map((cells) => cells.map((cell) => cell.replaceAll('`', '')));
  for (const [token = '', timestamp = '', nonce = '', joined = '', signature = ''] of vectors) {
    t.is(sign(token, timestamp, nonce), signature);
    t.is([token, timestamp, nonce].toSorted().join(''), joined);
  }
});

test('the sample in JavaScript signs', async (t) => {
  const code = sample('js');
  const {signedQuery} = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    readonly signedQuery: (token: string) => string;
  };
  t.is(judge(signedQuery('tokentoken')), 'valid');
});

// The others need programs that are not everywhere.
const samples = [
  {language: 'python', programs: ['python3'], call: "\nprint(signed_query('tokentoken'))"},
  {language: 'sh', programs: ['sh', 'sha1sum'], call: '\nsigned_query tokentoken'},
] as const;
for (const {language, programs, call} of samples) {
  testWith(...programs)(`the sample in ${language} signs`, (t) => {
    const {status, stdout} = spawnSync(programs[0], ['-c', sample(language) + call], {encoding: 'utf8'});
    t.is(status, 0);
    t.is(judge(stdout.trim()), 'valid');
  });
}

function sample(language: string): string {
  const block = codeBlocks(protocol).find((candidate) => candidate.language === language);
  if (block === undefined) throw new Error(`Expected a sample in ${language}`);
  return block.code;
}

function judge(query: string): string {
  const parameters = Object.fromEntries(new URLSearchParams(query));
  return verify('tokentoken', parameters, Date.now());
}

test("the numbers of the text are the program's", (t) => {
  t.true(protocol.text.includes(`more than ${sendTimeoutMsMax / 1000} means ${sendTimeoutMsMax / 1000}`));
  t.true(protocol.text.includes(`| \`timeout\` | ${sendTimeoutDefaultMs / 1000} |`));
  t.true(
    protocol.text.includes(
      `for \`seconds\` (${switchSecondsDefault} if absent, at most ${switchSecondsMax}; 0 ends it)`,
    ),
  );
  t.true(protocol.text.includes(`select them, ${selectorsMax} in all;`));
  t.true(isCallbackNonce('19841984190000012345'));
  t.true(isChannelName('x'.repeat(256)));
  t.false(isChannelName('x'.repeat(257)));
  t.false(isChannelName('a;;b'));
});
