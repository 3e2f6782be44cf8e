// Holds config/server.ini and the comments of options.ts against the table of keys: a key cannot be added, renamed or
// bounded otherwise in one place only.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {describeConfiguration, readConfiguration} from '../../../src/gateway/config/configuration.ts';
import {configurationKeys} from '../../../src/gateway/config/configuration-keys.ts';
import {defaultOptions} from '../../../src/gateway/config/options.ts';

const file = new URL('../../../config/server.ini', import.meta.url);
const lines = readFileSync(file, 'utf8').split('\n');

/** The comment above a key, without its `# `, and what stands for its value. */
function documentationOf(key: string): {readonly comment: readonly string[]; readonly values: readonly string[]} {
  const setting = new RegExp(`^(?:# )?${key} =(?: (.*))?$`);
  const at = lines.findIndex((line) => setting.test(line));
  const from = lines.lastIndexOf('', at) + 1;
  const values = lines.flatMap((line) => setting.exec(line)?.[1] ?? (setting.test(line) ? '' : []));
  return {comment: lines.slice(from, at).map((line) => line.slice(2)), values};
}

/** What a new installation sets and an old file does not have. */
const shipped: Readonly<Record<string, string>> = {
  api_keys: 'change-me-please-api-key',
  allowed_origins: 'self',
  trusted_proxies: 'loopback',
};

for (const {key, form, defaultValue} of configurationKeys) {
  test(`config/server.ini has ${key} once, with its meaning, its bounds and its default`, (t) => {
    const {comment, values} = documentationOf(key);
    t.is(values.length, 1);
    t.is(comment.at(-1), `  ${form.expected}`);
    t.regex(comment[0] ?? '', /^[A-Z0-9].{20}/);
    if (defaultValue !== undefined) t.is(values[0], shipped[key] ?? form.write(defaultValue));
  });
}

test('config/server.ini names its keys in the order of the table, and no others', (t) => {
  const named = lines.flatMap((line) => /^(?:# )?([a-z_]+) =(?: |$)/.exec(line)?.[1] ?? []);
  t.deepEqual(
    named,
    configurationKeys.map(({key}) => key),
  );
});

test('config/server.ini works as it is, on loopback, and broadcasts nothing', (t) => {
  const result = readConfiguration({file: 'config/server.ini', text: lines.join('\n'), environment: {}, flags: {}});
  if (result.kind === 'faulty') return t.fail(JSON.stringify(result.faults));
  t.deepEqual(result.options, {
    ...defaultOptions,
    host: '127.0.0.1',
    connectUrl: 'http://127.0.0.1:8000/connect/',
    forwardUrl: 'http://127.0.0.1:8000/message/{message_type}/',
    closeUrl: 'http://127.0.0.1:8000/close/',
    securityToken: 'change-me-please',
    apiKeys: ['change-me-please-api-key'],
    allowedOrigins: ['self'],
    trustedProxies: ['loopback'],
  });
  t.is(result.warnings.length, 1);
  t.regex(result.warnings[0] ?? '', /placeholder/);
  return t.regex(
    describeConfiguration(result),
    /^connect_url = http:\/\/127\.0\.0\.1:8000\/connect\/ +; config\/server\.ini:\d+$/m,
  );
});

test('config/server.ini with every comment sign before a key taken away changes nothing', (t) => {
  const uncommented = lines.map((line) => line.replace(/^# ([a-z_]+ =(?: |$))/, '$1'));
  const text = uncommented.filter((line) => !line.startsWith('host =')).join('\n');
  const environment = {RAINBOW_SECURITY_TOKEN: 'Zq83hfHSnwos92aa'};
  const result = readConfiguration({text, environment, flags: {}});
  if (result.kind === 'faulty') return t.fail(JSON.stringify(result.faults));
  return t.like(result.options, {...defaultOptions, allowedOrigins: ['self'], trustedProxies: ['loopback']});
});

test('the comments of GatewayOptions name every key', (t) => {
  const source = readFileSync(new URL('../../../src/gateway/config/options.ts', import.meta.url), 'utf8');
  for (const {key} of configurationKeys) t.true(source.includes(`\`${key}\``), key);
});

test('every default has its key', (t) => {
  const withDefault = configurationKeys.filter(({defaultValue}) => defaultValue !== undefined);
  t.deepEqual(withDefault.map(({field}) => field as string).sort(), Object.keys(defaultOptions).sort());
});
