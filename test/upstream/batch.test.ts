import test from 'ava';
import {batchTransfer, packAnswers, packCalls, unpackAnswers, unpackCalls} from '../../src/upstream/batch.ts';
import {isBatch} from '../../src/upstream/batch-reader.ts';
import {
  type AcceptedAnswer,
  type Answer,
  type Call,
  type FailedAnswer,
  type FailureReason,
  unsent,
} from '../../src/upstream/call.ts';

const accepted: AcceptedAnswer = {
  kind: 'accepted',
  call: 1,
  body: new Uint8Array(0),
  join: undefined,
  leave: undefined,
  cookie: undefined,
  identity: undefined,
  isSlow: false,
};

function failed(call: number, reason: FailureReason, cause?: string): FailedAnswer {
  return {...unsent(call, reason, cause), isSlow: false, isPending: false};
}

test('calls of every kind come out of a batch as they went in', (t) => {
  const calls: Call[] = [
    {kind: 'connect', call: 1, identity: 'a', headers: ['user-agent', 'x', 'x-deviceid', '']},
    {kind: 'connect', call: 2, identity: 'b', headers: []},
    {
      kind: 'message',
      call: 3,
      identity: 'c',
      cookie: 'é',
      message: 'm',
      type: 65_535,
      standing: 'new',
      payload: new Uint8Array([1, 2]),
    },
    {
      kind: 'message',
      call: 4,
      identity: 'd',
      cookie: undefined,
      message: 'n',
      type: 0,
      standing: 'prompt',
      payload: new Uint8Array(0),
    },
    {
      kind: 'message',
      call: 5,
      identity: 'e',
      cookie: '',
      message: 'o',
      type: 1,
      standing: 'slow',
      payload: new Uint8Array([255]),
    },
    {kind: 'close', call: 2 ** 50, identity: 'f', cookie: undefined, message: 'c1', reason: 'client'},
    {kind: 'close', call: 7, identity: 'g', cookie: 'k', message: 'c2', reason: 'crashed'},
    {kind: 'events', call: 8, identity: '', message: 'e1', payload: new Uint8Array([123, 125])},
    {kind: 'close', call: 9, identity: 'h', cookie: undefined, message: 'c3', reason: 'client'},
  ];
  const batch = packCalls(calls);
  t.deepEqual(unpackCalls(structuredClone(batch, {transfer: batchTransfer(batch)})), calls);
});

test('answers of every kind come out of a batch as they went in', (t) => {
  const reasons: FailureReason[] = [
    'timeout',
    'unreachable',
    'status',
    'tooLarge',
    'invalid',
    'overloaded',
    'withdrawn',
    'stopped',
  ];
  const answers: Answer[] = [
    {...accepted, body: new Uint8Array([1, 2, 3])},
    {...accepted, call: 2, join: 'a;;b', leave: '', cookie: 'c', identity: 'd'},
    {...accepted, call: 4, identityFault: 'null'},
    {...accepted, call: 5, user: 'ann'},
    {...accepted, call: 6, identity: 'd', user: 'ann', body: new Uint8Array([7])},
    {...accepted, call: 7, userFault: 'an object', identityFault: 'null'},
    {...accepted, call: 3, cookie: '', body: new Uint8Array([4])},
    {kind: 'refused', call: 9},
    {kind: 'refused', call: 10, excerpt: new Uint8Array([6])},
    ...reasons.map((reason, index): Answer => failed(5 + index, reason)),
    {...failed(98, 'unreachable', 'ECONNREFUSED'), wasSent: true},
    {...failed(99, 'status'), status: 503, wasSent: true, retryAfterMs: 1_500, isSlow: true},
    {...failed(100, 'timeout'), wasSent: true, isSlow: true, isPending: true},
    {...failed(102, 'status'), status: 500, wasSent: true, excerpt: new Uint8Array([7, 8, 9])},
    {...accepted, call: 101, isSlow: true, body: new Uint8Array([5])},
  ];
  const batch = packAnswers(answers);
  t.deepEqual(unpackAnswers(structuredClone(batch, {transfer: batchTransfer(batch)})), answers);
});

test('only the payloads cross, not the buffers they are views of, and these stay usable', (t) => {
  const slab = Buffer.from(new ArrayBuffer(65_536)).fill(7);
  const pooled = Buffer.from('pooled');
  const base = {kind: 'message', identity: 'a', cookie: undefined, message: 'm', type: 1, standing: 'new'} as const;
  const batch = packCalls([
    {...base, call: 1, payload: slab.subarray(1_000, 1_003)},
    {...base, call: 2, payload: pooled},
  ]);
  t.is(batch.bytes.buffer.byteLength, 9);
  structuredClone(batch, {transfer: batchTransfer(batch)});
  t.is(slab.length, 65_536);
  t.is(pooled.toString(), 'pooled');
});

test('a batch without bytes transfers nothing', (t) => {
  t.deepEqual(batchTransfer(packAnswers([{kind: 'refused', call: 1}])), []);
});

for (const [length, isShared] of [
  [8_192, true],
  [8_193, false],
] as const) {
  test(`a body of a batch of ${length} bytes ${isShared ? 'is a view of it' : 'is copied out of it'}`, (t) => {
    const [answer] = unpackAnswers(
      packAnswers([
        {...accepted, body: new Uint8Array(length - 1)},
        {...accepted, body: new Uint8Array(1)},
      ]),
    );
    t.true(answer?.kind === 'accepted' && (answer.body.buffer.byteLength === length) === isShared);
  });
}

test('what is not a batch is recognised', (t) => {
  for (const message of [undefined, null, 1, 'x', [], {}, {fields: 1, bytes: new Uint8Array(0)}, {fields: []}]) {
    t.false(isBatch(message));
  }
  t.true(isBatch(packCalls([])));
});

test('fields that no packer writes are an error, not an answer', (t) => {
  const bytes = new Uint8Array(0);
  t.throws(() => unpackAnswers({fields: [99, 1], bytes}), {name: 'InvariantError'});
  t.throws(() => unpackAnswers({fields: [7, 1, 'odd', undefined], bytes}), {name: 'InvariantError'});
  t.throws(() => unpackCalls({fields: [4, 1, 'a'], bytes}), {name: 'InvariantError'});
  t.throws(() => unpackCalls({fields: ['1'], bytes}), {name: 'InvariantError'});
});
