// Where values come from and who wins, every fault at once, and that nothing makes reading throw.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {describeConfiguration, formatFault, readConfiguration} from '../../../src/gateway/config/configuration.ts';
import {configurationKeys} from '../../../src/gateway/config/configuration-keys.ts';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {input, minimal, readFaults, readValid, token} from './configuration-harness.ts';

test('what is not given has its default', (t) => {
  const {options, sources, warnings} = readValid(t, input(minimal));
  t.like(options, defaultOptions);
  t.deepEqual(sources.port, {kind: 'default'});
  t.deepEqual(sources.security_token, {kind: 'file', file: 'server.ini', line: 5});
  t.deepEqual(warnings, []);
});

test('a flag wins over the environment, the environment over the file, the file over the default', (t) => {
  const text = `${minimal}port = 1\nwindow = 1\nqueue = 1`;
  const environment = {RAINBOW_PORT: '2', RAINBOW_WINDOW: '2'};
  const {options, sources} = readValid(t, input(text, {environment, flags: {port: '3'}}));
  t.like(options, {port: 3, window: 2, queue: 1, upstreamWorkers: 1});
  t.deepEqual(sources.port, {kind: 'flag', name: '--port'});
  t.deepEqual(sources.window, {kind: 'environment', name: 'RAINBOW_WINDOW'});
  t.deepEqual(sources.queue, {kind: 'file', file: 'server.ini', line: 8});
});

test('the environment alone is enough', (t) => {
  const environment = {
    RAINBOW_CONNECT_URL: 'http://h/connect/',
    RAINBOW_FORWARD_URL: 'http://h/message/',
    RAINBOW_CLOSE_URL: 'http://h/close/%(x)s;y',
    RAINBOW_SECURITY_TOKEN: `${token}\n`,
    RAINBOW_UDP_PORTS: '1984,1985',
  };
  const {options} = readValid(t, {environment, flags: {}});
  t.like(options, {securityToken: token, udpPorts: [1984, 1985], closeUrl: 'http://h/close/%(x)s;y'});
});

test('an empty variable counts as absent, and the service link of Kubernetes is ignored', (t) => {
  const environment = {RAINBOW_WINDOW: '', RAINBOW_QUEUE: undefined, RAINBOW_PORT: 'tcp://10.0.0.1:1984'};
  const {options, warnings} = readValid(t, input(minimal, {environment}));
  t.like(options, {window: 1_000, queue: 1_000, port: 1984});
  t.deepEqual(warnings, ['RAINBOW_PORT: Ignored, since it is a service link of Kubernetes']);
});

test('a misspelt variable is a warning with the nearest right one, one of another program is nothing', (t) => {
  const environment = {RAINBOW_WINDWO: '5', RAINBOW_SERVER_URL: 'http://h/', WINDOW: '1'};
  const {warnings} = readValid(t, input(minimal, {environment}));
  t.deepEqual(warnings, ['RAINBOW_WINDWO: Ignored; did you mean RAINBOW_WINDOW?']);
});

test('all faults come at once, each once: those of the file in its order, then what it lacks, then the others', (t) => {
  const text = `[main]
window = 0
conect_url = http://h/
forward_url = http://user:word@h/
window = 5
keep_alive = 60 # a minute
host = a
  b`;
  const environment = {RAINBOW_QUEUE: 'many'};
  t.deepEqual(readFaults(input(text, {environment, flags: {port: ''}})), [
    'server.ini:2: window is not valid: 0. Use a whole number from 1 to 65534.',
    'server.ini:3: Unknown key `conect_url`; did you mean `connect_url`?',
    'server.ini:4: forward_url is not valid: ***@h/. Use a URL without user and password, since calls are authenticated by signature.',
    'server.ini:5: window is set on lines 2 and 5. Keep one of them.',
    'server.ini:6: keep_alive is not valid: 60 # a minute. Use a number of seconds from 0.1 to 86400. After a value only ` ;` begins a comment, # does not.',
    'server.ini:7: host goes on below. Write it on one line: a line that begins with a blank continues the value.',
    'server.ini: close_url is missing. Set it in [main], or RAINBOW_CLOSE_URL in the environment.',
    'server.ini: security_token is missing. Set it in [main], or RAINBOW_SECURITY_TOKEN in the environment.',
    'RAINBOW_QUEUE: queue is not valid: many. Use a whole number from 1 to 1000000.',
    '--port: port is not valid: nothing. Use a whole number from 0 to 65535.',
  ]);
});

test('a faulty value of the file is a fault even where a flag wins over it', (t) => {
  const faults = readFaults(input(`${minimal}port = x`, {flags: {port: '1'}}));
  t.deepEqual(faults, ['server.ini:6: port is not valid: x. Use a whole number from 0 to 65535.']);
});

test('a file that cannot be read is one fault, not one for each key that it lacks', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'rainbow-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const file = join(directory, 'server.ini');
  const absent = readFaults({file, environment: {RAINBOW_PORT: 'x'}, flags: {}});
  t.deepEqual(absent, [
    `${file}: The file does not exist. Correct the name, or create it: rainbow init ${file}`,
    'RAINBOW_PORT: port is not valid: x. Use a whole number from 0 to 65535.',
  ]);
  t.deepEqual(readFaults({file: directory, environment: {}, flags: {}}), [
    `${directory}: The file cannot be read: EISDIR: illegal operation on a directory.`,
  ]);
  t.is(readFaults({file: '\0', environment: {}, flags: {}}).length, 1);
  writeFileSync(file, minimal);
  t.is(readValid(t, {file, environment: {}, flags: {}}).options.securityToken, token);
});

test('an inspector that is on needs its key', (t) => {
  const faults = readFaults(input(`${minimal}inspector = on`));
  t.deepEqual(faults, [
    'server.ini:6: inspector is on and inspector_key is empty. Set inspector_key to a key of 24 characters or more.',
  ]);
  const key = 'a-key-that-is-long-enough-1984';
  t.is(readValid(t, input(`${minimal}inspector = on\ninspector_key = ${key}`)).options.inspectorKey, key);
});

for (const [key, size] of [
  ['queue_bytes', '16MiB'],
  ['send_buffer', '1MiB'],
] as const) {
  test(`${key} is at least payload_max`, (t) => {
    const both = (room: string) => readFaults(input(`${minimal}payload_max = 64KiB\n${key} = ${room}`));
    t.deepEqual(both('65536'), []);
    t.deepEqual(both('65535'), [
      `server.ini:7: ${key} is 65535 and less than payload_max (64KiB). Raise ${key}, or lower payload_max.`,
    ]);
    const faults = readFaults(input(`${minimal}payload_max = 17MiB`)).filter((fault) => fault.includes(key));
    t.deepEqual(faults, [
      `server.ini:6: ${key} is ${size}, its default, and less than payload_max (17MiB). Raise ${key}, or lower payload_max.`,
    ]);
  });
}

test('what is likely a mistake in a right value is a warning', (t) => {
  const text = minimal.replace('/message/', '/message').replace(token, `${token} # ours`);
  t.deepEqual(readValid(t, input(text)).warnings, [
    'server.ini:3: forward_url neither ends with / nor contains {message_type}: taken as http://h/message/{message_type}/',
    'server.ini:5: security_token has a blank and a # or ; in it: all of it is taken as the token',
  ]);
  const quoted = readValid(t, input(minimal.replace(token, `"${token}"`)));
  t.deepEqual(quoted.warnings, ['server.ini:5: security_token stands in quotes: they are taken as part of it']);
});

test('the effective configuration is described as a file, each value with its source, each secret as its length', (t) => {
  const text = `${minimal}api_keys = 0123456789abcdefghijklmn\nkeep_alive = 0.5\nsend_buffer = 2MiB\n`;
  const result = readValid(t, input(text, {environment: {RAINBOW_UDP_PORTS: '1,2'}, flags: {port: '0'}}));
  const lines = describeConfiguration(result).split('\n');
  const line = (key: string) =>
    lines.find((text) => text.replace('# ', '').startsWith(`${key} = `))?.replace(/ +;/, ' ;');
  t.is(line('security_token'), '# security_token = *** (16 characters) ; server.ini:5');
  t.is(line('api_keys'), '# api_keys = *** (1 of 24 characters) ; server.ini:6');
  t.is(line('keep_alive'), 'keep_alive = 0.5 ; server.ini:7');
  t.is(line('send_buffer'), 'send_buffer = 2MiB ; server.ini:8');
  t.is(line('udp_ports'), 'udp_ports = [1, 2] ; RAINBOW_UDP_PORTS');
  t.is(line('port'), 'port = 0 ; --port');
  t.is(line('window'), 'window = 1000 ; default');

  const environment = {RAINBOW_SECURITY_TOKEN: token, RAINBOW_API_KEYS: '0123456789abcdefghijklmn'};
  const secretless = lines.filter((text) => !text.includes('***')).join('\n');
  t.deepEqual(readValid(t, input(secretless, {environment})).options, result.options);
});

const fragments = fc.oneof(
  fc.constantFrom(...configurationKeys.flatMap(({key, variable}) => [key, variable, `${key} = `])),
  fc.constantFrom(
    '\n',
    '[main]\n',
    '[',
    ']',
    ' = ',
    ': ',
    ' ;',
    '#',
    '%',
    '%(',
    ')s',
    '"',
    '\r',
    '\t',
    ' ',
    '\0',
    '{',
    '__proto__',
  ),
  fc.constantFrom('http://h/', '1984', '0.5', '64KiB', 'true', '[1,2]'),
  fc.string({unit: 'binary', maxLength: 12}),
);
const anyText = fc.array(fragments, {maxLength: 40}).map((parts) => parts.join(''));

test('no text, no bytes, no variable and no flag makes reading throw', (t) => {
  const contents = fc.oneof(
    anyText,
    fc.uint8Array({maxLength: 200}),
    anyText.map((text) => minimal + text),
  );
  const settings = fc.dictionary(fc.constantFrom(...configurationKeys.map(({key}) => key)), anyText, {maxKeys: 5});
  fc.assert(
    fc.property(contents, settings, settings, (text, variables, flags) => {
      const environment = Object.fromEntries(
        Object.entries(variables).map(([key, value]) => [`RAINBOW_${key.toUpperCase()}`, value]),
      );
      const result = readConfiguration(input(text, {environment, flags}));
      if (result.kind === 'valid') return describeConfiguration(result).startsWith('[main]');
      return result.faults.length > 0 && result.faults.map(formatFault).every((line) => line.length < 3_000);
    }),
    {numRuns: 2_000},
  );
  t.pass();
});
