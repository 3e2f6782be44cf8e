// What a placeholder may open, and that no secret shows.

import test from 'ava';
import {
  type ConfigurationInput,
  describeConfiguration,
  formatFault,
  readConfiguration,
} from '../../../src/gateway/config/configuration.ts';
import {configurationKeys} from '../../../src/gateway/config/configuration-keys.ts';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {input, minimal, readFaults, readValid, token, urls} from './configuration-harness.ts';

// The configuration of the product's first documentation, to the byte.
const seed = `[main]
# 连接验证接口, 用于对连接上来的客户端进行鉴权,失败者不能建立连接
connect_url = http://localhost:8000/connect/

# 用于与业务逻辑服务器相互调用时签名的token
security_token = xxxxxxx${' '}

# 客户端上行的消息,转发至业务服务器的入口地址模板,需要提供{{message_type}}占位参数。
# RainBow会将上行的消息类型填充至该模板,并以POST JSON的方式将消息参数传递过去。
# 上行时 url将会是 http://localhost:8000/chat/{message_type}/
forward_url = http://localhost:8000/chat/

# 客户端关闭连接的通知接口
close_url = http://localhost:8000/close/

# 集群的实例使用了的端口
# [1984,]
# [1984, 1985]
udp_ports = [1984, 1985, 1986]
`;

test('the configuration of the first documentation works as it is, on loopback and with a warning', (t) => {
  const {options, warnings, sources} = readValid(t, input(seed, {flags: {port: '1984'}}));
  t.deepEqual(options, {
    ...defaultOptions,
    host: '127.0.0.1',
    connectUrl: 'http://localhost:8000/connect/',
    forwardUrl: 'http://localhost:8000/chat/',
    closeUrl: 'http://localhost:8000/close/',
    securityToken: 'xxxxxxx',
    udpPorts: [1984, 1985, 1986],
  });
  t.deepEqual(sources.host, {kind: 'forced'});
  t.is(warnings.length, 1);
  t.regex(
    warnings[0] ?? '',
    /^server\.ini:6: security_token is a placeholder \(shorter than 8 characters\): listening on 127\.0\.0\.1 only/,
  );
});

test('a placeholder token listens on loopback only', (t) => {
  const text = `[main]\n${urls}\nsecurity_token = change-me-please\n`;
  t.is(readValid(t, input(text)).options.host, '127.0.0.1');
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    const {options, warnings} = readValid(t, input(text, {flags: {host}}));
    t.is(options.host, host);
    t.deepEqual(warnings, [
      'server.ini:5: security_token is a placeholder (a word of manuals and examples): anybody on this machine can sign with it',
    ]);
  }
  for (const more of [{flags: {host: '0.0.0.0'}}, {environment: {RAINBOW_HOST: 'example.org'}}]) {
    t.deepEqual(readFaults(input(text, more)), [
      'server.ini:5: security_token is not valid: a placeholder (a word of manuals and examples). Use a secret of 8 characters or more that cannot be guessed, since host is not a loopback address.',
    ]);
  }
  t.is(readValid(t, input(text, {environment: {RAINBOW_SECURITY_TOKEN: token}})).options.host, '0.0.0.0');
});

test('a placeholder token is named for what is wrong with it, a long one not for its length', (t) => {
  const cases = [
    ['abcdefg', 'shorter than 8 characters'],
    ['xyxyxyxyxyxyxyxy', 'fewer than 3 different characters'],
    ['abcdefghijkl', 'a word of manuals and examples'],
    ['change-me-please', 'a word of manuals and examples'],
  ] as const;
  for (const [secret, why] of cases) {
    const {warnings} = readValid(t, input(`[main]\n${urls}\nsecurity_token = ${secret}\n`));
    t.deepEqual(warnings, [
      `server.ini:5: security_token is a placeholder (${why}): listening on 127.0.0.1 only. Make a secret with: rainbow token`,
    ]);
  }
});

test('a placeholder among the API keys counts on loopback only', (t) => {
  const [example, good] = ['change-me-please-api-key', 'Zq83hfHSnwos92aaPlw0x81m'];
  const text = (secret: string) => `[main]\n${urls}\nsecurity_token = ${secret}\napi_keys = ${good}, ${example}\n`;
  const open = readValid(t, input(text(token)));
  t.is(open.options.host, '0.0.0.0');
  t.deepEqual(open.options.apiKeys, [good]);
  t.deepEqual(open.warnings, [
    'server.ini:6: api_keys has a placeholder in place 2: not accepted, since host is not a loopback address. Make a key with: rainbow token',
  ]);
  const home = readValid(t, input(text(token), {flags: {host: '127.0.0.1'}}));
  t.deepEqual(home.options.apiKeys, [good, example]);
  t.deepEqual(home.warnings, [
    'server.ini:6: api_keys has a placeholder in place 2: anybody on this machine can call with it',
  ]);
  const forced = readValid(t, input(text('change-me-please')));
  t.deepEqual([forced.options.host, forced.options.apiKeys], ['127.0.0.1', [good, example]]);
  t.is(forced.warnings.length, 1);
});

test('no secret shows, wherever it was put by mistake', (t) => {
  const shown = (given: ConfigurationInput): string => {
    const result = readConfiguration(given);
    const rest = result.kind === 'valid' ? [describeConfiguration(result)] : result.faults.map(formatFault);
    return [...rest, ...result.warnings].join('\n');
  };
  const key = 'k3y-0123456789abcdefghijklmn';
  for (const name of configurationKeys.map((facts) => facts.key)) {
    for (const value of [token, `x ${token}`, `http://${token}:x@h/`, `http://h/?key=${token}`, `[${token}]`]) {
      const text = `${minimal}api_keys = ${key}\n`;
      t.notRegex(shown(input(text, {flags: {[name]: value}})), new RegExp(`${token}|${key}`), `${name} = ${value}`);
      t.notRegex(shown(input(`${text}${name} = ${value}`)), new RegExp(`${token}|${key}`), `${name} = ${value}`);
    }
  }
  // A secret with commas is one secret; of a list each is one, and so is the list.
  const [piecemeal, second] = ['ab,cd-ef,gh ij,kl', 'k3y-zyxwvutsrqponmlkjihgfe'];
  const list = `${key}, ${second}`;
  const text = `[main]\n${urls}\nsecurity_token = ${piecemeal}\napi_keys = ${list}\n`;
  for (const {key: name, form} of configurationKeys) {
    if (form.isSecret === true) continue;
    for (const secret of [piecemeal, key, second, list]) {
      for (const value of [secret, `http://h/?key=${secret}`]) {
        t.false(shown(input(text, {flags: {[name]: value}})).includes(secret), `${name} = ${value}`);
      }
    }
  }
  for (const line of [
    `security_tokn = ${token}`,
    `security_token ${token}`,
    token,
    `${token} = x`,
    `[${token}`,
    `  ${token}`,
  ]) {
    t.notRegex(shown(input(`[main]\n${urls}\n${line}`)), new RegExp(token, 'i'), line);
  }
  t.false(shown(input(`${minimal}api_keys = too-short-a-key, ${key}\n 2\n`)).includes('too-short'));
});
