import {createHmac} from 'node:crypto';
import test from 'ava';
import {deriveNodeKeys, hasProofFormat, isNodeId, isProof, isProofNonce, prove} from '../../src/protocol/node-proof.ts';
import {sign} from '../../src/protocol/signature.ts';

const keys = deriveNodeKeys('token');

test('a proof is that of its key and its parts, and of nothing else', (t) => {
  const proof = prove(keys.proof, ['nonce-of-mine', 'a']);
  t.true(hasProofFormat(proof));
  t.true(isProof(keys.proof, ['nonce-of-mine', 'a'], proof));
  t.false(isProof(deriveNodeKeys('other').proof, ['nonce-of-mine', 'a'], proof));
  t.false(isProof(keys.announcement, ['nonce-of-mine', 'a'], proof));
  t.false(isProof(keys.proof, ['nonce-of-mine', 'b'], proof));
  t.false(isProof(keys.proof, ['nonce-of-minea'], proof));
});

test('a proof that differs in any one digit is not valid', (t) => {
  const proof = prove(keys.proof, ['nonce-of-mine', 'a']);
  for (let place = 0; place < proof.length; place++) {
    const digit = proof[place] === '0' ? '1' : '0';
    const other = proof.slice(0, place) + digit + proof.slice(place + 1);
    t.false(isProof(keys.proof, ['nonce-of-mine', 'a'], other), `at ${place}`);
  }
});

test('no two purposes have the same key, none has the token itself, and the same token has the same keys', (t) => {
  const {former, ...derived} = keys;
  const texts = Object.values(derived).map((key) => key.export().toString('hex'));
  t.is(new Set(texts).size, 6);
  for (const key of Object.values(derived)) t.is(key.symmetricKeySize, 32);
  t.is(former.export().toString(), 'token');
  deriveNodeKeys('other');
  const again = deriveNodeKeys('token');
  for (const [purpose, key] of Object.entries(keys)) t.true(again[purpose as keyof typeof keys].equals(key), purpose);
  const proof = prove(keys.proof, ['n']);
  for (const message of ['n', 'rainbow hello\nn']) {
    t.not(proof, createHmac('sha256', 'token').update(message).digest('hex'));
  }
});

test('a text that is not a proof is not valid', (t) => {
  for (const proof of [undefined, '', 'x', 7, sign('token', '1', '2'), 'F'.repeat(64)]) {
    t.false(isProof(keys.proof, ['n'], proof));
  }
});

test('an id is 32 hex digits; a nonce is 8 to 64 printable characters', (t) => {
  t.true(isNodeId('0123456789abcdef0123456789abcdef'));
  for (const id of ['', '0123', 7, undefined, '0123456789ABCDEF0123456789abcdef']) t.false(isNodeId(id));
  for (const nonce of ['12345678', '!'.repeat(64)]) t.true(isProofNonce(nonce));
  for (const nonce of ['1234567', '!'.repeat(65), '1234 5678', '1234\n5678', undefined]) t.false(isProofNonce(nonce));
});
