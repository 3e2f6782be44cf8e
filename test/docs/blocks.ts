// What each kind of code block of the documents is checked by. A block of another kind, or of a kind in a document where
// nothing checks it, is a fault: a block that is never run goes stale unnoticed.

import {existsSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {z} from 'zod';
import {previewSchema, storySchema, traceBodySchema} from '../../src/gateway/admin/trace-schema.ts';
import {readConfigurationText} from '../../src/gateway/config/configuration-file.ts';
import * as apiSchemas from '../../src/gateway/http/api-schema.ts';
import {readBatchLine} from '../../src/gateway/http/batch-line.ts';
import * as controlSchemas from '../../src/gateway/http/control-schema.ts';
import * as listingSchemas from '../../src/gateway/http/listing-schema.ts';
import * as headerNames from '../../src/protocol/header-name.ts';
import {packetHeaderBytesMax} from '../../src/protocol/packet.ts';
import {schemas} from '../vectors/schema.ts';
import {type CodeBlock, type Document, root} from './documents.ts';
import {describePacket, readPacketLines} from './packet-words.ts';

/** What is wrong with a block; `undefined` where nothing is. */
type Check = (block: CodeBlock, document: Document) => string | undefined;

const checks: Readonly<Record<string, Check>> = {
  '': checkDrawing,
  caddyfile: checkProgram,
  dockerfile: checkProgram,
  haproxy: checkProgram,
  hex: ({code}) => checkHex(code),
  html: checkProgram,
  http: ({code}) => checkHttp(code),
  ini: ({code}) => checkIni(code),
  js: checkProgram,
  json: checkJson,
  mermaid: checkGenerated,
  ndjson: checkLines,
  nginx: checkProgram,
  php: checkProgram,
  python: checkProgram,
  sh: ({code}, document) => checkShell(code, document),
  systemd: checkProgram,
  text: checkText,
  ts: checkProgram,
};

/** The fault of a block, with its place. */
export function faultOf(block: CodeBlock, document: Document): string | undefined {
  const check = checks[block.language];
  const fault = check === undefined ? `nothing checks blocks of ${block.language}` : check(block, document);
  return fault === undefined ? undefined : `${document.path}:${block.line}: ${fault}`;
}

/** Lines, boxes or arrows, and nothing that a reader would type. */
function checkDrawing({code}: CodeBlock): string | undefined {
  if (/^\s*(?:\$ |npx |npm |curl |rainbow[ -])/m.test(code)) return 'commands want the language sh';
  return /--|==|\|/.test(code) ? undefined : 'expected a language, or a drawing';
}

function checkHex(code: string): string | undefined {
  for (const {packet, words, bytes} of readPacketLines(code)) {
    if (describePacket(packet) !== words) return `expected ${describePacket(packet)}, got ${words}`;
    if (bytes.length > packetHeaderBytesMax + 100) return 'expected a short packet';
  }
  return undefined;
}

const publicHeaders = ['content-type', 'host', 'authorization'];

/** A request, and its answer if there is one: names of headers that exist, and JSON where it says so. */
function checkHttp(code: string): string | undefined {
  const known = [...Object.values(headerNames).filter((name) => typeof name === 'string'), ...publicHeaders];
  if (!/^(?:GET|POST) \/\S* HTTP\/1\.1\n/.test(code)) return 'expected a request line';
  for (const [, name = ''] of code.matchAll(/^([\w-]+): /gm)) {
    if (!known.some((header) => header.toLowerCase() === name.toLowerCase())) return `no such header: ${name}`;
  }
  for (const [, name = ''] of code.matchAll(/[?&](\w+)=/g)) {
    if (!['timestamp', 'nonce', 'signature'].includes(name)) return `no such parameter: ${name}`;
  }
  for (const [body] of code.matchAll(/^\{.*\}$/gm)) JSON.parse(body);
  return undefined;
}

/** Keys that exist, each once; their values are the tests' of the configuration. */
function checkIni(code: string): string | undefined {
  return readConfigurationText(code).faults[0]?.message;
}

/** Between nodes; test/protocol/announcement.test.ts reads the one of the document. */
const announcement = z.strictObject({
  msgtype: z.enum(['online', 'offline']),
  port: z.int(),
  node: z.hex().length(32),
  protocol: z.int(),
  address: z.ipv4(),
  sequence: z.int(),
  timestamp: z.int(),
  signature: z.hex().length(64),
});
/** To the members of a channel; test/e2e/presence-notices.test.ts reads those that are sent. */
const presenceNotice = z.strictObject({
  channel: z.string(),
  joined: z.array(z.string()),
  left: z.array(z.string()),
  count: z.int(),
  omitted: z.int().optional(),
  partial: z.literal(true).optional(),
});
/** A batch of events to the business server; test/e2e/channel-events.test.ts reads those that are posted. */
const eventBatch = z.strictObject({
  events: z.array(
    z.strictObject({
      id: z.string(),
      at: z.int(),
      event: z.enum(['occupied', 'vacated']),
      channel: z.string(),
      connections: z.int(),
      partial: z.literal(true).optional(),
    }),
  ),
});
/** Bodies of calls and answers: every schema of the API but those of queries. */
const bodies = Object.entries({...apiSchemas, ...controlSchemas, ...listingSchemas}).flatMap(([name, schema]) =>
  schema instanceof z.ZodObject && !name.endsWith('QuerySchema') ? [schema] : [],
);
/** A connect answer that says what the client may do. */
const connectAnswer = z.strictObject({
  status: z.literal('success'),
  permissions: controlSchemas.permissionsBodySchema.omit({identity: true}),
});
const {acceptedSchema, confirmedSchema, timeoutSchema, doneSchema, errorSchema} = apiSchemas;
const answers: readonly z.ZodType[] = [acceptedSchema, confirmedSchema, timeoutSchema, doneSchema, errorSchema];
const jsonOf: Readonly<Record<string, readonly z.ZodType[]>> = {
  'README.md': answers,
  'docs/tutorials/first-gateway.md': answers,
  'docs/presence.md': [presenceNotice, eventBatch],
  'docs/protocol.md': [...bodies, connectAnswer, announcement, previewSchema, storySchema, traceBodySchema],
  'docs/conformance.md': [schemas['packets.json'].shape.vectors.element, schemas['stories.json'].shape.vectors.element],
};

/** One of the forms that the document writes about. */
function checkJson({code}: CodeBlock, {path}: Document): string | undefined {
  const forms = jsonOf[path];
  if (forms === undefined) return 'nothing says of which form the JSON of this document is';
  const value: unknown = JSON.parse(code);
  // What a schema does not know it drops: only equal is whole.
  const isOne = forms.some((form) => {
    const {success, data} = form.safeParse(value);
    return success && sortedJson(data) === sortedJson(value);
  });
  return isOne ? undefined : 'expected one of the forms that this document writes about';
}

/** Lines of a batch, or their answers. */
function checkLines({code}: CodeBlock): string | undefined {
  for (const line of code.trim().split('\n')) {
    const value = JSON.parse(line) as object;
    if ('status' in value) {
      if (!answers.some((form) => form.safeParse(value).success)) return `no answer: ${line}`;
      continue;
    }
    const read = readBatchLine(Buffer.from(line), 1_000_000);
    if ('code' in read && read.code === 'RB_PARAMETERS') return `${line}: ${read.detail}`;
  }
  return undefined;
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}

/** The test that runs the programs of a document. */
function testOf(path: string): string {
  const [, owner] = /^packages\/(\w+)\/README\.md$/.exec(path) ?? [];
  if (owner !== undefined) return `test/packages/${owner}-readme.test.ts`;
  return `test/docs/${path.startsWith('docs/howto/') ? 'howto/' : ''}${basename(path, '.md').toLowerCase()}.test.ts`;
}

function checkProgram({language}: CodeBlock, {path}: Document): string | undefined {
  const test = testOf(path);
  const file = join(root, test);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const runs = language === 'sh' && areCommandsRun(path) ? 'commandsOf(document)' : `'${language}'`;
  const isRun = text.includes(`readDocument('${path}')`) && text.includes(runs);
  return isRun ? undefined : `expected ${test} to run its blocks of ${language}`;
}

/** Guides and tutorials with a test of their own that runs all of their commands. */
function areCommandsRun(path: string): boolean {
  return path.startsWith('docs/howto/') || /^docs\/tutorials\/(?:backend-in-php|chat-page)\.md$/.test(path);
}

/** Lines of shell blocks, each with what runs it. */
const shellLines: readonly (readonly [line: RegExp, isChecked: (document: Document) => boolean])[] = [
  // shell.test.ts runs them.
  [/^(?:npx )?rainbow [a-z]/, () => true],
  // documents.test.ts looks for the script.
  [/^npm (?:ci|start|test|run \S+)(?: && npm (?:start|test))?$|^npm run \S+/, () => true],
  // And for the file.
  [/^(?:npx )?node \S+\.ts\b/, () => true],
  // first-backend.test.ts sends them.
  [/^curl /, ({path}) => path === 'README.md' || path.startsWith('docs/tutorials/first-')],
  // Installing is npm's affair; .ci/run starts the server by its name.
  [/^npx rainbow-server$/, ({path}) => path === 'README.md'],
  [/^npm install rainbow-(?:server|client|business)$/, () => true],
  // test/e2e/cluster.test.ts starts its nodes so.
  [/^npx rainbow-server -f config\/server\.ini -p \d+ --udp-ports [\d,]+$/, ({path}) => path === 'docs/cluster.md'],
];

function checkShell(code: string, document: Document): string | undefined {
  // A function in shell, or the commands of a guide: a program like others.
  if (/^\w+\(\) \{$/m.test(code) || areCommandsRun(document.path))
    return checkProgram({language: 'sh', code, line: 0}, document);
  const odd = code
    .trimEnd()
    .split('\n')
    .find((line) => !shellLines.some(([format, isChecked]) => format.test(line) && isChecked(document)));
  return odd === undefined ? undefined : `nothing runs the line ${odd}`;
}

/** Made from the code: generated.test.ts compares it. */
function checkGenerated({code}: CodeBlock, {text}: Document): string | undefined {
  const before = text.slice(0, text.indexOf(code));
  const end = before.lastIndexOf('<!-- end');
  const isInside = ['help', 'chart', 'drawing'].some((kind) => before.lastIndexOf(`<!-- ${kind} `) > end);
  return isInside ? undefined : 'expected a part that is made from the code';
}

/** What a command prints: generated, or the transcript that cli.test.ts makes. */
function checkText(block: CodeBlock, document: Document): string | undefined {
  const isTranscript = document.path === 'docs/cli.md' && /^\d\d:\d\d:\d\d\.\d{3} [<>] /.test(block.code);
  return isTranscript ? undefined : checkGenerated(block, document);
}
