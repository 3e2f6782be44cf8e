// Which secrets are called weak at a start: those that can be found by trying, and no good ones.

import test from 'ava';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {describeWeakness} from '../../../src/gateway/config/secret-strength.ts';
import {input, minimal, readValid, token, urls} from './configuration-harness.ts';

const weak: readonly (readonly [string, RegExp])[] = [
  ['iloveyou', /8 characters/],
  ['1q2w3e4r', /8 characters/],
  ['correcthorsebatterystaple', /common/],
  ['Password123!Password', /common|repeats/],
  ['P@ssw0rd2024P@ssw0rd', /common/],
  ['1q2w3e4r5t6y7u8i', /common/],
  ['qwertyuiop123456', /common/],
  ['iloveyou-iloveyou-iloveyou', /common|repeats/],
  ['my-company-secret-2024', /common/],
  ['abcdefghijklmnopqrstuvwxyz', /common/],
  ['zyxwvutsrqponmlkjihgfedcba', /common/],
  ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', /different characters/],
  ['x7Kq9x7Kq9x7Kq9x7Kq9', /different characters|repeats/],
  ['k3J9vQ2mxL7pk3J9vQ2mxL7p', /repeats/],
  ['73920581640297351', /one class/],
  ['hvksrwyqnzbtxjpd', /one class/],
];

for (const [secret, reason] of weak) {
  test(`weak: ${secret}`, (t) => {
    t.regex(describeWeakness(secret) ?? 'not weak', reason);
  });
}

test('random secrets are not called weak', (t) => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 2_000; round++) {
    const hex = random.hex(32);
    const base64 = Buffer.from(hex, 'hex').toString('base64');
    for (const secret of [hex, hex.slice(0, 32), base64, base64.slice(0, 20)]) {
      t.is(describeWeakness(secret), undefined, secret);
    }
  }
});

test('each start warns of weak secrets, without showing them, and names a command that makes a good one', (t) => {
  const secret = 'correcthorsebatterystaple';
  const text = minimal.replace(token, secret);
  const keys = `k3J9vQ2mxL7pTz84sWq1Ye5B, ${'iloveyou'.repeat(3)}`;
  const {warnings} = readValid(t, input(`${text}api_keys = ${keys}\ninspector_key = ${'qwertyui'.repeat(4)}\n`));
  t.is(warnings.length, 3);
  t.regex(
    warnings[0] ?? '',
    /^server\.ini:5: security_token can be guessed: .*\. Make a good one with: rainbow token$/,
  );
  t.regex(warnings[1] ?? '', /^server\.ini:6: api_keys, key 2, can be guessed/);
  t.regex(warnings[2] ?? '', /^server\.ini:7: inspector_key can be guessed/);
  t.false(warnings.join('').includes(secret) || warnings.join('').includes('iloveyou'));
  t.deepEqual(readValid(t, input(`[main]\n${urls}\nsecurity_token = ${token}\n`)).warnings, []);
});
