import test from 'ava';
import {isNodeId, isProof, isProofNonce, prove} from '../../src/protocol/node-proof.ts';
import {sign} from '../../src/protocol/signature.ts';

test('a proof is that of its token, its purpose and its parts, and of nothing else', (t) => {
  const proof = prove('token', 'hello', ['nonce-of-mine', 'a']);
  t.regex(proof, /^[0-9a-f]{64}$/);
  t.true(isProof('token', 'hello', ['nonce-of-mine', 'a'], proof));
  t.false(isProof('other', 'hello', ['nonce-of-mine', 'a'], proof));
  t.false(isProof('token', 'announcement', ['nonce-of-mine', 'a'], proof));
  t.false(isProof('token', 'hello', ['nonce-of-mine', 'b'], proof));
  t.false(isProof('token', 'hello', ['nonce-of-minea'], proof));
});

test('what is no proof at all is none', (t) => {
  for (const proof of [undefined, '', 'x', 7, sign('token', '1', '2'), 'F'.repeat(64)]) {
    t.false(isProof('token', 'hello', ['n'], proof));
  }
});

test('an id is 32 hex digits; a nonce is 8 to 64 printable characters', (t) => {
  t.true(isNodeId('0123456789abcdef0123456789abcdef'));
  for (const id of ['', '0123', 7, undefined, '0123456789ABCDEF0123456789abcdef']) t.false(isNodeId(id));
  for (const nonce of ['12345678', '!'.repeat(64)]) t.true(isProofNonce(nonce));
  for (const nonce of ['1234567', '!'.repeat(65), '1234 5678', '1234\n5678', undefined]) t.false(isProofNonce(nonce));
});
