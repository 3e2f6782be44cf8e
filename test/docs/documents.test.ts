// What the documents say by name exists: files, headings, configuration keys, npm scripts, commands, error codes, states.

import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test from 'ava';
import {businessCodes} from '../../src/business/errors.ts';
import {clientErrorTable} from '../../src/client/errors.ts';
import {errorTable} from '../../src/core/errors.ts';
import {clientConnection} from '../../src/machines/client-connection.ts';
import {connection} from '../../src/machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../src/machines/inbound-delivery.ts';
import {lanPeer} from '../../src/machines/lan-peer.ts';
import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import {closeReasons} from '../../src/protocol/close-code.ts';
import {payloadCodes} from '../../src/protocol/payload.ts';
import {
  codeBlocks,
  codeSpans,
  type Document,
  prose,
  readDocument,
  readDocuments,
  root,
  tableRows,
} from './documents.ts';

const documents = readDocuments();
const protocol = readDocument('docs/protocol.md');

test('every relative link leads to a file, and to a heading where it names one', (t) => {
  for (const {path, text} of documents) {
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : join(dirname(path), file);
      t.true(existsSync(join(root, found)), `${path} links to ${target}`);
      if (anchor === undefined || statSync(join(root, found)).isDirectory()) continue;
      t.true(anchorsOf(readDocument(found)).includes(anchor), `${path} links to the heading ${target}`);
    }
  }
});

test('every relative link of a packed document leads to a packed file', (t) => {
  const {stdout} = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {cwd: root, encoding: 'utf8'});
  const [packed] = JSON.parse(stdout) as readonly [{readonly files: readonly {readonly path: string}[]}];
  const files = packed.files.map(({path}) => path);
  t.true(files.includes('README.md') && files.includes('docs/cli.md'));
  for (const {path, text} of documents.filter((document) => files.includes(document.path))) {
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const found = join(dirname(path), target).replace(/\/$/, '');
      t.true(
        files.some((file) => file === found || file.startsWith(`${found}/`)),
        `${path} links to ${target}, which is not in the package`,
      );
    }
  }
});

test('every decision has its four parts and is numbered without a gap', (t) => {
  const decisions = documents.filter(({path}) => path.startsWith('docs/decisions/')).toSorted(byPath);
  t.true(decisions.length >= 10);
  for (const [index, {path, text}] of decisions.entries()) {
    t.true(path.startsWith(`docs/decisions/${String(index + 1).padStart(4, '0')}-`), path);
    t.regex(text, new RegExp(`^# ${index + 1}\\. `), path);
    for (const part of ['Context', 'Choice', 'Refused', 'Cost'])
      t.true(text.includes(`\n**${part}.** `), `${path}: ${part}`);
  }
});

test('every block of JSON parses', (t) => {
  for (const document of documents) {
    for (const {language, code, line} of codeBlocks(document)) {
      if (language === 'json') t.notThrows(() => JSON.parse(code) as unknown, `${document.path}:${line}`);
    }
  }
});

// Words with an underscore in backticks that are no keys.
const otherNames = [
  'message_type',
  'idempotency_key',
  // A code of FAIL.
  'reply_too_large',
  // Of nginx and Caddy.
  'least_conn',
  'stream_close_delay',
  'worker_connections',
  'worker_rlimit_nofile',
  'worker_shutdown_timeout',
];
const otherConfigurations = ['caddyfile', 'haproxy', 'nginx'];
/** Metrics in backticks are no keys either. */
const metricFormat = /^rainbow_/;
const keyFormat = /^([a-z]+(?:_[a-z]+)+)(?: = .*)?$/;

test('every configuration key that a document names stands in config/server.ini', (t) => {
  const file = readFileSync(join(root, 'config/server.ini'), 'utf8');
  const keys = [...file.matchAll(/^(?:# )?([a-z_]+) =/gm)].map((match) => match[1] ?? '');
  t.true(keys.length > 25);
  for (const document of documents) {
    const others = codeBlocks(document).filter(({language}) => otherConfigurations.includes(language));
    for (const span of codeSpans(document)) {
      const name = keyFormat.exec(span)?.[1];
      if (name === undefined || otherNames.includes(name) || metricFormat.test(name)) continue;
      // A guide explains the configuration of another program that it shows.
      if (others.some(({code}) => code.includes(name))) continue;
      t.true(keys.includes(name), `${document.path}: ${name}`);
    }
    for (const {language, code, line} of codeBlocks(document)) {
      if (language !== 'ini') continue;
      for (const [, name = ''] of code.matchAll(/^#? ?([a-z_]+) *=/gm)) {
        t.true(keys.includes(name), `${document.path}:${line}: ${name}`);
      }
    }
  }
});

test('every npm script and every command that a document names exists', (t) => {
  const {scripts, bin} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
    readonly bin: Readonly<Record<string, string>>;
  };
  const help = spawnSync(process.execPath, [join(root, 'bin/rainbow.js'), '--help'], {encoding: 'utf8'}).stdout;
  const commands = [...help.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map((match) => match[1]);
  t.true(commands.includes('sign'));
  for (const document of documents) {
    for (const [, name = ''] of document.text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      t.true(Object.hasOwn(scripts, name), `${document.path}: npm run ${name}`);
    }
    for (const [, name = ''] of document.text.matchAll(/\bnpm (start|test)\b/g))
      t.true(Object.hasOwn(scripts, name), name);
    for (const [, name = ''] of document.text.matchAll(/\bnpx (rainbow[\w-]*)/g))
      t.true(Object.hasOwn(bin, name), name);
    const code = [...codeSpans(document), ...codeBlocks(document).map((block) => block.code)].join('\n');
    for (const [, name = ''] of code.matchAll(/(?:^|npx )rainbow ([a-z]+)\b/gm)) {
      t.true(commands.includes(name), `${document.path}: rainbow ${name}`);
    }
  }
});

test('the files that a document says to run or to read exist', (t) => {
  for (const {path, text} of documents) {
    for (const [name] of text.matchAll(/\b(?:examples|config|src|test|docs)\/[\w/-]+\.(?:ts|ini|md)\b/g)) {
      t.true(existsSync(join(root, name)), `${path}: ${name}`);
    }
  }
});

test('the files that the architecture speaks of exist, in the folders it puts them in', (t) => {
  const paths = readdirSync(join(root, 'src'), {recursive: true}).map((path) => `/${String(path)}`);
  const named = [
    ...readDocument('docs/architecture.md').text.matchAll(/(?<![\w/.-])(?:src\/)?((?:[a-z-]+\/)*[a-z][\w-]*\.ts)\b/g),
  ];
  t.not(named.length, 0);
  for (const [whole, name] of named) {
    if (/^(?:test|verification|bench|examples|docs)\//.test(whole)) continue;
    t.true(
      paths.some((path) => path.endsWith(`/${name}`)),
      whole,
    );
  }
});

test("the error table of the protocol is the program's, code by code", (t) => {
  const rows = tableRows(protocol).filter(([code]) => code.startsWith('`RB_'));
  const documented = rows.map(([code, status, message, retryable]) => [
    code.replaceAll('`', ''),
    {httpStatus: Number(status), message, isRetryable: retryable === 'yes'},
  ]);
  const facts = Object.entries(errorTable).map(([code, {httpStatus, message, isRetryable}]) => [
    code,
    {httpStatus, message, isRetryable},
  ]);
  t.deepEqual(Object.fromEntries(documented), Object.fromEntries(facts));
  t.is(documented.length, Object.keys(errorTable).length);
});

test('no document names an error code that does not exist', (t) => {
  for (const {path, text} of documents) {
    for (const [code] of text.matchAll(/\bRB_[A-Z_]+\b/g)) {
      if (text.includes(`${code}…`)) continue;
      const isKnown = [errorTable, businessCodes, clientErrorTable, payloadCodes].some((codes) =>
        Object.hasOwn(codes, code),
      );
      t.true(isKnown, `${path}: ${code}`);
    }
  }
});

test("the close codes of the protocol include the program's, with their texts", (t) => {
  const rows = tableRows(protocol).map(([code, text]) => `${code} ${text}`);
  for (const {code, text} of Object.values(closeReasons)) t.true(rows.includes(`${code} ${text}`), `${code} ${text}`);
});

test('the architecture names every state of every chart', (t) => {
  const rows = tableRows(readDocument('docs/architecture.md'));
  for (const table of [connection, clientConnection, outboundQos1, outboundQos2, inboundQos1, inboundQos2, lanPeer]) {
    const row = rows.find(([chart]) => chart === `\`${table.machine.id}\``);
    t.deepEqual(
      row?.[2]?.split(', '),
      table.vocabulary.states.map((state) => `\`${state}\``),
    );
  }
});

test('the delivery rules are numbered without a gap, and those named elsewhere exist', (t) => {
  const delivery = readDocument('docs/delivery.md');
  const numbers = [...delivery.text.matchAll(/^- RB-(\d\d) (?:\(v2\) )?\S/gm)].map((match) => Number(match[1]));
  t.deepEqual(
    numbers,
    Array.from({length: 74}, (_, index) => index + 1),
  );
  for (const {path, text} of documents) {
    for (const [rule, number] of text.matchAll(/\bRB-(\d\d)\b/g))
      t.true(numbers.includes(Number(number)), `${path}: ${rule}`);
  }
});

test('the project speaks of itself alone', (t) => {
  for (const {path, text} of documents) t.notRegex(text, /\.\.\/shared|\/work\/|\/tmp\/|\bissue #?\d/i, path);
});

function byPath(left: Document, right: Document): number {
  return left.path < right.path ? -1 : 1;
}

/** As GitHub makes them: lower case, punctuation gone, blanks as dashes. */
function anchorsOf(document: Document): readonly string[] {
  return [...prose(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
