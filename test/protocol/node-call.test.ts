import test from 'ava';
import {
  isBodyOf,
  isNodeAnswer,
  isNodeCall,
  type NodeCallFacts,
  readNodeCall,
  signNodeAnswer,
  signNodeCall,
} from '../../src/protocol/node-call.ts';
import {deriveNodeKeys} from '../../src/protocol/node-proof.ts';

const keys = deriveNodeKeys('tokentoken');
const call: NodeCallFacts = {
  method: 'POST',
  target: '/send/?channel=room&cluster=1',
  body: Buffer.from('hi'),
  sender: 'a'.repeat(32),
  receiver: 'b'.repeat(32),
  wallMs: 1_420_000_000_123.4,
  nonce: 'c'.repeat(32),
};

function claimOf(header: string) {
  const claim = readNodeCall(header);
  if (claim === undefined) throw new Error(`Expected a claim, got none in ${header}`);
  return claim;
}

test('a call is that of its method, path, query, body and receiver, and of nothing else', (t) => {
  const {header, proof} = signNodeCall(keys, call);
  const claim = claimOf(header);
  t.like(claim, {sender: call.sender, wallMs: 1_420_000_000_123, nonce: call.nonce, proof});
  t.true(isNodeCall(keys, claim, call));
  t.true(isBodyOf(claim, call.body));
  for (const [what, changes] of Object.entries({
    method: {method: 'GET'},
    path: {target: '/sub/?channel=room&cluster=1'},
    query: {target: '/send/?channel=other&cluster=1'},
    order: {target: '/send/?cluster=1&channel=room'},
    receiver: {receiver: 'd'.repeat(32)},
  })) {
    t.false(isNodeCall(keys, claim, {...call, ...changes}), what);
  }
  for (const body of ['', 'ho', 'hi ']) t.false(isBodyOf(claim, Buffer.from(body)), body);
  t.false(isNodeCall(deriveNodeKeys('another'), claim, call), 'token');
});

test('nothing in the header can be exchanged for something else', (t) => {
  const parts = signNodeCall(keys, call).header.split(' ');
  const others = ['d'.repeat(32), '1420000000124', 'e'.repeat(32), '0'.repeat(64), '1'.repeat(64)];
  for (const [place, other] of others.entries()) {
    const changed = parts.with(place, other).join(' ');
    t.false(isNodeCall(keys, claimOf(changed), call), changed);
  }
});

test('an invalid header of a call is refused, and so is each part of one', (t) => {
  const {header} = signNodeCall(keys, call);
  for (let end = 0; end < header.length; end++) t.is(readNodeCall(header.slice(0, end)), undefined);
  for (const text of [
    `${header} `,
    ` ${header}`,
    header.toUpperCase(),
    header.replaceAll(' ', '  '),
    `${header}, ${header}`,
  ]) {
    t.is(readNodeCall(text), undefined);
  }
});

test('an answer is that of one call and one body', (t) => {
  const {proof} = signNodeCall(keys, call);
  const other = signNodeCall(keys, {...call, nonce: 'd'.repeat(32)}).proof;
  const answer = signNodeAnswer(keys, proof, Buffer.from('{"status":0}'));
  t.true(isNodeAnswer(keys, proof, Buffer.from('{"status":0}'), answer));
  t.false(isNodeAnswer(keys, proof, Buffer.from('{"status":1}'), answer));
  t.false(isNodeAnswer(keys, other, Buffer.from('{"status":0}'), answer));
  t.false(isNodeAnswer(keys, proof, Buffer.from('{"status":0}'), undefined));
});

test('a large body is digested like a small one', (t) => {
  for (const bytes of [0, 4_096, 4_097, 1_000_000]) {
    const body = Buffer.alloc(bytes, 7);
    const claim = claimOf(signNodeCall(keys, {...call, body}).header);
    t.true(isBodyOf(claim, body));
    if (bytes > 0) t.false(isBodyOf(claim, body.subarray(1)));
  }
});
