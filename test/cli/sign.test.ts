// `rainbow sign`: what it prints is a signature that the gateway takes.

import test from 'ava';
import {isCallbackNonce, verify} from '../../src/protocol/signature.ts';
import {run, writeIn} from '../support/command.ts';

const token = 'token-of-the-sign-tests';
const environment = {RAINBOW_SECURITY_TOKEN: token};

test('the vector of the protocol is printed for its token, timestamp and nonce', async (t) => {
  const args = ['sign', '--token', 'tokentoken', '--timestamp', '1420000000', '--nonce', '12345'];
  const {code, stdout} = await run(t, 'rainbow', args);
  t.is(code, 0);
  t.is(stdout, 'timestamp=1420000000&nonce=12345&signature=04ad6598c6e8ab85334fe04a48d146881a6199df\n');
});

test('without more it prints a query that is valid now', async (t) => {
  const {code, stdout} = await run(t, 'rainbow', ['sign'], {environment});
  t.is(code, 0);
  t.is(verifyQuery(stdout), 'valid');
});

test('two signatures have two nonces, of digits alone, and not of the form of the gateway', async (t) => {
  const nonces = await Promise.all(
    [1, 2].map(async () => {
      const {stdout} = await run(t, 'rainbow', ['sign', '--json'], {environment});
      const {nonce}: {nonce: string} = JSON.parse(stdout);
      return nonce;
    }),
  );
  t.not(nonces[0], nonces[1]);
  for (const nonce of nonces) {
    t.regex(nonce, /^\d+$/);
    t.false(isCallbackNonce(nonce));
  }
});

test('--json prints the three parameters', async (t) => {
  const {stdout} = await run(t, 'rainbow', ['sign', '--json'], {environment});
  const parameters = JSON.parse(stdout);
  t.deepEqual(Object.keys(parameters), ['timestamp', 'nonce', 'signature']);
  t.is(verify(token, parameters, Date.now()), 'valid');
});

test('with a path it prints the whole URL, of the gateway that --url names', async (t) => {
  const args = ['sign', '/send/?channel=a&qos=1', '--url', 'example.com:81/push/'];
  const {stdout} = await run(t, 'rainbow', args, {environment});
  t.true(stdout.startsWith('http://example.com:81/push/send/?channel=a&qos=1&timestamp='), stdout);
  t.is(verifyQuery(new URL(stdout.trim()).search.slice(1)), 'valid');
});

test('--curl prints a command that a shell reads as it is meant', async (t) => {
  const args = ['sign', '--curl', '-d', "it's 'me'", '--timestamp', '1420000000', '--nonce', '1'];
  const {stdout} = await run(t, 'rainbow', args, {environment});
  t.regex(
    stdout,
    /^curl --data-raw 'it'\\''s '\\''me'\\''' 'http:\/\/127\.0\.0\.1:1984\/send\/\?channel=demo&timestamp=\d+&nonce=1&signature=[0-9a-f]{40}'\n$/,
  );
});

test('the token and the port come from the file where neither flag nor environment has them', async (t) => {
  const file = await writeIn(
    t,
    'server.ini',
    `[main]\nconnect_url = http://a/\nforward_url = http://a/\nclose_url = http://a/\nsecurity_token = ${token}\nport = 4711\n`,
  );
  const {code, stdout, stderr} = await run(t, 'rainbow', ['sign', '-f', file, '/hello/']);
  t.is(code, 0, stderr);
  t.true(stdout.startsWith('http://127.0.0.1:4711/hello/?timestamp='), stdout);
  t.is(verifyQuery(new URL(stdout.trim()).search.slice(1)), 'valid');
});

function verifyQuery(query: string): string {
  const parameters = Object.fromEntries(new URLSearchParams(query.trim()));
  return verify(token, parameters, Date.now());
}

test('a line feed or a blank around the token of the environment or of --token is no part of it, as for the gateway', async (t) => {
  const fixed = ['sign', '--timestamp', '1420000000', '--nonce', '12345'];
  for (const text of ['tokentoken\n', ' tokentoken', 'tokentoken\r\n']) {
    const ofEnvironment = await run(t, 'rainbow', fixed, {environment: {RAINBOW_SECURITY_TOKEN: text}});
    t.regex(ofEnvironment.stdout, /signature=04ad6598c6e8ab85334fe04a48d146881a6199df\n$/, JSON.stringify(text));
    const ofFlag = await run(t, 'rainbow', [...fixed, '--token', text]);
    t.is(ofFlag.stdout, ofEnvironment.stdout);
  }
});

test('what rainbow config prints in place of a secret is refused, in a file, in the environment and as a key', async (t) => {
  const urls = ['connect_url', 'forward_url', 'close_url'].map((key) => `${key} = http://127.0.0.1:1/`).join('\n');
  const file = await writeIn(
    t,
    'server.ini',
    `[main]\n${urls}\nsecurity_token = ${token}\napi_keys = ${'k'.repeat(12)}-${'e'.repeat(12)}\n`,
  );
  const printed = await run(t, 'rainbow', ['config', '-f', file]);
  t.is(printed.code, 0, printed.stderr);
  const copy = await writeIn(t, 'copy.ini', printed.stdout);
  const missing = await run(t, 'rainbow', ['sign', '-f', copy]);
  t.is(missing.code, 78);
  t.regex(
    missing.stderr,
    /security_token is missing\. Set it in \[main\], or RAINBOW_SECURITY_TOKEN in the environment/,
  );
  const unmasked = await writeIn(t, 'unmasked.ini', printed.stdout.replaceAll(/^# /gm, ''));
  const refused = await run(t, 'rainbow', ['sign', '-f', unmasked]);
  t.is(refused.code, 78);
  t.regex(refused.stderr, /security_token is not valid: \*\*\*, which `rainbow config` prints/);
  t.regex(refused.stderr, /api_keys is not valid: \*\*\*, which `rainbow config` prints/);
});
