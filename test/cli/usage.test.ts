// How both binaries are called: help, version, and the message for an invalid call.

import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {configurationKeys} from '../../src/gateway/config/configuration-keys.ts';
import {type Binary, type Ended, emptyFolder, projectPath, run, runScript, writeIn} from '../support/command.ts';
import {CommandHost} from './command-host.ts';

const commands = [...['init', 'connect', 'bench', 'business', 'conformance', 'protocol']];

const host = new CommandHost();
test.after.always('the commands end', () => host.end());

const helpTexts = new Map<string, Promise<Ended>>();

/** Of each it is run once; several tests read what it prints. */
function helpOf(t: ExecutionContext, ...words: readonly [Binary, ...string[]]): Promise<Ended> {
  const [name, ...commandNames] = words;
  const key = words.join(' ');
  const args = [...commandNames, '--help'];
  const known = helpTexts.get(key) ?? (name === 'rainbow' ? host.run(args, {}) : run(t, name, args));
  helpTexts.set(key, known);
  return known;
}

for (const name of ['rainbow', 'rainbow-server'] as const satisfies readonly Binary[]) {
  test(`${name} --version prints the version of the package`, async (t) => {
    const {version}: {version: string} = JSON.parse(await readFile(projectPath('package.json'), 'utf8'));
    t.deepEqual(await run(t, name, ['--version']), {code: 0, stdout: `${version}\n`, stderr: ''});
  });

  test(`${name} --help prints usage, exit codes and examples`, async (t) => {
    const {code, stdout, stderr} = await helpOf(t, name);
    t.is(code, 0);
    t.is(stderr, '');
    t.regex(stdout, new RegExp(`^Usage: ${name} `));
    t.regex(stdout, /^Exit codes: 0 .*1 .*2 .*78 /m);
    t.regex(stdout, /^Examples:$/m);
  });
}

test('rainbow --help lists every command, and each has help with an example', async (t) => {
  const {stdout} = await helpOf(t, 'rainbow');
  for (const command of commands) {
    t.regex(stdout, new RegExp(`^  ${command} `, 'm'));
    const help = await helpOf(t, 'rainbow', command);
    t.is(help.code, 0);
    t.regex(help.stdout, new RegExp(`^Usage: rainbow ${command} `));
    t.regex(help.stdout, /^Examples?:\n {2}\S/m, command);
  }
});

test('no help quotes a default: it is printed as one types it', async (t) => {
  const {stdout} = await helpOf(t, 'rainbow');
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
  t.true(names.includes('conformance'));
  const helps = [await helpOf(t, 'rainbow-server')];
  for (const name of names) helps.push(await helpOf(t, 'rainbow', name));
  const text = helps.map((help) => help.stdout).join('');
  t.deepEqual(text.match(/\(default: ["[{][^)]*\)/g), null);
  t.regex(text, /\(default: 127\.0\.0\.1\)/);
});

test('every command that prints a result has --json', async (t) => {
  for (const command of commands.filter((name) => name !== 'serve')) {
    const {stdout} = await helpOf(t, 'rainbow', command);
    t.regex(stdout, /--json/, command);
  }
});

test('rainbow-server has a flag for each key that is no secret', async (t) => {
  const {stdout} = await helpOf(t, 'rainbow-server');
  const flags = new Set(stdout.match(/^ {2}(?:-\w, )?--[a-z-]+/gm)?.map((line) => line.replace(/.*--/, '--')));
  for (const {flag, form} of configurationKeys) t.is(flags.has(flag), form.isSecret !== true, flag);
});

const wrongCalls: readonly (readonly [Binary, readonly string[], RegExp])[] = [
  ['rainbow', [], /^Usage: rainbow /],
  ['rainbow', ['nonsense'], /unknown command 'nonsense'/],
  ['rainbow', ['send'], /expected a CHANNEL, --identity ID, --user USER or --broadcast/],
  ['rainbow', ['send', 'room', 'a', 'b'], /too many arguments/],
  ['rainbow', ['send', 'room', '--qos', '3'], /Expected 0, 1 or 2/],
  ['rainbow', ['send', 'room', '--type', '65536'], /Expected a whole number from 0 to 65535/],
  ['rainbow', ['send', 'room', '--timeout', 'long'], /Expected a number of seconds/],
  ['rainbow', ['send', 'room', 'text', '--file', 'x'], /expected a PAYLOAD or --file, got both/],
  ['rainbow', ['send', 'room', 'text', '--identity', 'x'], /expected a CHANNEL or another recipient, got both/],
  ['rainbow', ['send', 'room', '--hex', '0g'], /expected an even number of hexadecimal digits/],
  ['rainbow', ['send', 'room', '--url', 'ftp://x'], /expected an http or https URL without a query, got ftp:\/\/x/],
  ['rainbow', ['sub', 'only-one'], /missing required argument 'CHANNEL'/],
  ['rainbow', ['sign', '--api-key', 'k'], /expected --token or --api-key, got both|got an API key/],
  ['rainbow', ['sign', 'send/'], /expected PATH to begin with \//],
  ['rainbow', ['sign', '--timestamp', 'now'], /Expected whole seconds since 1970/],
  ['rainbow', ['config', 'extra'], /too many arguments/],
  ['rainbow', ['business', '--port', '65536'], /Expected a port, or 0/],
  ['rainbow', ['business', '--join', 'a;;b'], /Expected the name of a channel/],
  ['rainbow', ['business', '--delay', 'long'], /Expected seconds/],
  ['rainbow-server', ['--port'], /argument missing/],
  ['rainbow-server', ['--prot', '1'], /unknown option '--prot'/],
  ['rainbow-server', ['extra'], /too many arguments/],
];

for (const [name, args, message] of wrongCalls) {
  test(`${[name, ...args].join(' ')} is a usage error`, async (t) => {
    const environment = {RAINBOW_SECURITY_TOKEN: 'token-of-the-tests'};
    const {code, stdout, stderr} = await run(t, name, args, {environment});
    t.is(code, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, message);
  });
}

test('a call without credentials says where they may come from', async (t) => {
  const {code, stderr} = await run(t, 'rainbow', ['send', 'room', 'text']);
  t.is(code, 2);
  t.regex(stderr, /--token TOKEN, RAINBOW_SECURITY_TOKEN in the environment, or -f FILE/);
});

test('under an old Node the required version is printed', async (t) => {
  const old = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process.versions, 'node', {value: '20.1.0'})")}`;
  const {code, stderr} = await run(t, 'rainbow', ['--version'], {environment: {NODE_OPTIONS: `--import=${old}`}});
  t.is(code, 1);
  t.regex(stderr, /^rainbow: expected Node\.js 24\.15 or a later 24, or 26 and above, got v/);
});

test('a package in node_modules runs what was compiled, even where the source lies beside it', async (t) => {
  const folder = join(await emptyFolder(t), 'node_modules', 'rainbow-server');
  for (const name of ['bin', 'src/cli', 'dist/cli']) await mkdir(join(folder, name), {recursive: true});
  for (const name of ['launch.js', 'rainbow.js']) {
    await writeFile(join(folder, 'bin', name), await readFile(projectPath(`bin/${name}`)));
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'src/cli/rainbow.ts'), "export const main = () => console.log('source');");
  const script = join(folder, 'bin/rainbow.js');
  const missing = await runScript(t, script);
  t.is(missing.code, 1);
  t.regex(missing.stderr, /dist.cli.rainbow\.js is missing; npm run build makes it/);
  await writeFile(join(folder, 'dist/cli/rainbow.js'), "export const main = () => console.log('compiled');");
  t.like(await runScript(t, script), {code: 0, stdout: 'compiled\n'});
});

test('rainbow help names a command that does not exist, and prints the help of one that does', async (t) => {
  const wrong = await run(t, 'rainbow', ['help', 'nosuch']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /^error: unknown command 'nosuch'$/m);
  const help = await run(t, 'rainbow', ['help', 'sign']);
  t.is(help.code, 0);
  t.is(help.stdout, (await run(t, 'rainbow', ['sign', '--help'])).stdout);
});

test('a usage error names the help to read', async (t) => {
  t.regex((await run(t, 'rainbow', ['send', '--nosuch'])).stderr, /^See rainbow send --help\.$/m);
  t.regex((await run(t, 'rainbow-server', ['--nosuch'])).stderr, /^See rainbow-server --help\.$/m);
});

// A signature lives 10 s: what the command loads before it prints one is counted, since a time would depend on the machine.
for (const args of [
  ['sign'],
  ['config', '--json'],
  ['send', '--help'],
  ['bench', '--help'],
  ['conformance', '--help'],
]) {
  test(`rainbow ${args.join(' ')} loads neither a server nor a client library`, async (t) => {
    const registrations = await writeIn(t, 'loaded.mjs', listLoaded);
    const environment = {RAINBOW_SECURITY_TOKEN: 'a-token-of-the-tests', NODE_OPTIONS: `--import ${registrations}`};
    const settings = ['connect_url', 'forward_url', 'close_url'].map((key) => `${key} = http://127.0.0.1:1/`);
    const file = await writeIn(t, 'server.ini', ['[main]', ...settings, ''].join('\n'));
    const withFile = args[0] === 'config' ? [...args, '-f', file] : args;
    const {code, stderr} = await run(t, 'rainbow', withFile, {environment});
    t.is(code, 0, stderr);
    const loaded = stderr.trim().split('\n');
    t.true(loaded.some((url) => url.includes('/node_modules/commander/')));
    const packages = /\/node_modules\/(fastify|undici|zod|xstate|pino|pino-pretty|piscina|@prometheus-io)\//;
    t.deepEqual(
      loaded.filter((url) => packages.test(url)),
      [],
    );
  });
}

const listLoaded = `
import {registerHooks} from 'node:module';
const loaded = [];
registerHooks({load(url, context, next) { loaded.push(url); return next(url, context); }});
process.on('exit', () => process.stderr.write(loaded.join('\\n')));
`;

test('no help has an empty list or two defaults', async (t) => {
  const help = await helpOf(t, 'rainbow');
  const names = [...help.stdout.matchAll(/^ {2}([a-z]+) (?:\[|<| )/gm)].map(([, name]) => name ?? '');
  t.true(names.length > 10);
  for (const name of names.filter((one) => one !== 'rainbow' && one !== 'curl')) {
    const {stdout} = await helpOf(t, 'rainbow', name);
    t.notRegex(stdout, /default:\s+\[\]|default:\s+""|\(default:[^()]*\)\s+\(default:/, name);
  }
});

test('the flag of a switch may stand without a value', async (t) => {
  const file = await writeIn(
    t,
    'server.ini',
    '[main]\nconnect_url = http://127.0.0.1:9/\nforward_url = http://127.0.0.1:9/\nclose_url = http://127.0.0.1:9/\nsecurity_token = 5f0c1d2b8a7e4936aa\ninspector_key = 5f0c1d2b8a7e4936aa5f0c1d2b8a7e4936\n',
  );
  const switches = configurationKeys.filter(({form}) => form.isSwitch === true);
  t.deepEqual(switches.map(({key}) => key).toSorted(), [
    'cluster_open',
    'inspector',
    'legacy_http_status',
    'require_device',
    'trace',
  ]);
  const {code, stdout, stderr} = await run(t, 'rainbow', ['config', ...switches.map(({flag}) => flag), '-f', file]);
  t.is(code, 0, stderr);
  for (const {key} of switches) t.regex(stdout, new RegExp(`^${key} *= *(?:true|on)\\b`, 'm'), key);
  const off = await run(t, 'rainbow', ['config', '-f', file, '--require-device', 'false', '--inspector', 'off']);
  t.regex(off.stdout, /^require_device *= *false/m);
});
