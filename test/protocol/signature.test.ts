import {createHash} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {
  callbackNonce,
  callerNonce,
  isAmbiguous,
  isCallbackNonce,
  isOfCallback,
  sign,
  signatureWindowSeconds,
  signedQuery,
  type Verdict,
  verify,
} from '../../src/protocol/signature.ts';

const vectors: readonly (readonly [token: string, timestamp: string, nonce: string, signature: string])[] = [
  ['tokentoken', '1420000000', '12345', '04ad6598c6e8ab85334fe04a48d146881a6199df'],
  ['5ecret', '1420000000', '99999', '231b92d1f9df79f331e58166af13001f761a62b0'],
  ['testtoken', '1421912345', '1000', '7041e03ff80791f06329f3a312f13d49e07a7fce'],
];

for (const [token, timestamp, nonce, signature] of vectors) {
  test(`${token}, ${timestamp} and ${nonce} are signed ${signature}`, (t) => {
    t.is(sign(token, timestamp, nonce), signature);
    t.is(verify(token, {timestamp, nonce, signature}, Number(timestamp) * 1000), 'valid');
  });
}

const token = 'tokentoken';
const parameters = {timestamp: '1420000000', nonce: '12345', signature: '04ad6598c6e8ab85334fe04a48d146881a6199df'};
const wallMs = 1_420_000_000_000;

test('the three strings are sorted by their bytes, not by UTF-16 units', (t) => {
  // U+FFEE is EF BF AE and U+1D11E is F0 9D 84 9E in UTF-8, but the surrogate D834 sorts before FFEE in UTF-16.
  t.is(sign('\u{ffee}', '\u{1d11e}', ''), sign('\u{1d11e}', '\u{ffee}', ''));
  t.is(sign('\u{1d11e}', '\u{ffee}', '1'), '422b2dd462c28a6c3a12c3c0c8800400c34b50a0');
});

test('whatever the three strings are, what is signed is their bytes, sorted', (t) => {
  const text = fc.oneof(fc.string({unit: 'binary'}), fc.stringMatching(/^[\d\ud7ff\ue000\uffff]{0,4}$/));
  fc.assert(
    fc.property(text, text, text, (...texts) => {
      const sorted = texts.map((part) => Buffer.from(part, 'utf8')).sort((one, other) => Buffer.compare(one, other));
      t.is(sign(...texts), createHash('sha1').update(Buffer.concat(sorted)).digest('hex'));
    }),
  );
});

const windows: readonly (readonly [offsetMs: number, verdict: Verdict])[] = [
  [-10_001, 'expired'],
  [-10_000, 'expired'],
  [-9_999, 'valid'],
  [0, 'valid'],
  [9_999, 'valid'],
  [10_000, 'expired'],
  [10_001, 'expired'],
];

for (const [offsetMs, verdict] of windows) {
  test(`a timestamp ${offsetMs} ms from our clock is ${verdict}`, (t) => {
    t.is(signatureWindowSeconds, 10);
    t.is(verify(token, parameters, wallMs + offsetMs), verdict);
  });
}

for (const name of ['timestamp', 'nonce', 'signature'] as const) {
  test(`a call without ${name} is invalid`, (t) => {
    const {[name]: _, ...others} = parameters;
    t.is(verify(token, others, wallMs), 'invalid');
  });

  test(`${name} cut at any character is invalid`, (t) => {
    for (let length = 0; length < parameters[name].length; length++) {
      const cut = {...parameters, [name]: parameters[name].slice(0, length)};
      t.is(verify(token, cut, wallMs), 'invalid', `cut at ${length}`);
    }
  });
}

test('a signature that differs in any one digit is invalid', (t) => {
  const {signature} = parameters;
  for (let place = 0; place < signature.length; place++) {
    const digit = signature[place] === '0' ? '1' : '0';
    const other = signature.slice(0, place) + digit + signature.slice(place + 1);
    t.is(verify(token, {...parameters, signature: other}, wallMs), 'invalid', `at ${place}`);
  }
});

test('formats are strict: nothing around the digits, no other case, no other notation', (t) => {
  const {timestamp, nonce, signature} = parameters;
  const wrong = [
    {timestamp: ` ${timestamp}`, nonce, signature},
    {timestamp: `${timestamp}.0`, nonce, signature},
    {timestamp: '1.42e9', nonce, signature},
    {timestamp: `-${timestamp}`, nonce, signature},
    {timestamp: `${timestamp}\n`, nonce, signature},
    {timestamp, nonce: `${nonce} `, signature},
    {timestamp, nonce: `${nonce}\u0000`, signature},
    {timestamp, nonce: 'é', signature},
    {timestamp, nonce, signature: signature.toUpperCase()},
    {timestamp, nonce, signature: `${signature}0`},
    {timestamp, nonce, signature: ` ${signature.slice(1)}`},
  ];
  for (const each of wrong) t.is(verify(token, each, wallMs), 'invalid', JSON.stringify(each));
});

test('a nonce has at most 128 characters and a timestamp at most 12 digits', (t) => {
  const verdictOf = (timestamp: string, nonce: string): Verdict =>
    verify(token, {timestamp, nonce, signature: sign(token, timestamp, nonce)}, Number(timestamp) * 1000);
  t.is(verdictOf('1420000000', 'n'.repeat(128)), 'valid');
  t.is(verdictOf('1420000000', 'n'.repeat(129)), 'invalid');
  t.is(verdictOf('142000000000', '1'), 'valid');
  t.is(verdictOf('1420000000000', '1'), 'invalid');
});

test('a signature by another token is invalid', (t) => {
  t.is(verify('tokentokem', parameters, wallMs), 'invalid');
});

test('one wrong digit anywhere makes the signature invalid', (t) => {
  for (let index = 0; index < parameters.signature.length; index++) {
    const digit = parameters.signature[index] === '0' ? '1' : '0';
    const signature = `${parameters.signature.slice(0, index)}${digit}${parameters.signature.slice(index + 1)}`;
    t.is(verify(token, {...parameters, signature}, wallMs), 'invalid', `digit ${index}`);
  }
});

test('an expired call with a wrong signature is invalid, not expired', (t) => {
  t.is(verify('other', parameters, wallMs + 60_000), 'invalid');
});

test('what we sign we accept, and the query holds nothing else', (t) => {
  fc.assert(
    fc.property(fc.string({minLength: 1, unit: 'grapheme'}), fc.integer({min: 0, max: 99_999}), (secret, number) => {
      const query = new URLSearchParams(signedQuery(secret, wallMs, String(number)));
      t.deepEqual([...query.keys()], ['timestamp', 'nonce', 'signature']);
      t.is(verify(secret, Object.fromEntries(query), wallMs), 'valid');
    }),
  );
  t.pass();
});

test('nothing makes the check throw', (t) => {
  const text = fc.option(fc.string({unit: 'binary'}), {nil: undefined});
  fc.assert(
    fc.property(text, text, text, (timestamp, nonce, signature) => {
      const given = {...(timestamp !== undefined && {timestamp}), ...(nonce !== undefined && {nonce})};
      t.is(verify(token, signature === undefined ? given : {...given, signature}, wallMs), 'invalid');
    }),
  );
  t.pass();
});

test('nonces of our own calls are known as such, and numbers that old callers draw are not', (t) => {
  for (const random of [0, 1, 9_999_999_999]) t.true(isCallbackNonce(callbackNonce(random)));
  t.is(callbackNonce(7), '19841984190000000007');
  for (const nonce of ['1984198419', '1000', '99999', '1984198419000000000', '198419841900000000000', 'x']) {
    t.false(isCallbackNonce(nonce), nonce);
  }
});

test('a pair whose signature fits an earlier time at which the token was in use is ambiguous', (t) => {
  const ambiguous = (secret: string, timestamp: string, nonce: string): boolean =>
    isAmbiguous(secret, {timestamp, nonce}, Number(timestamp) * 1000);
  t.is(sign('tokentoken', '1795873130', '17867'), sign('tokentoken', '1786717958', '73130'));
  t.true(ambiguous('tokentoken', '1795873130', '17867'));
  t.false(
    ambiguous('tokentoken', '1786717958', '73130'),
    'the other time is yet to come, and the other pair ambiguous then',
  );
  t.true(ambiguous('tokentoken', '1795873131', '1795873130a'), 'also with letters between two timestamps');
  t.true(ambiguous('5ecret', '1795873130', '1795873129'), 'the nonce is a timestamp itself');
  t.true(ambiguous('2', '1795873130', '1790000000'), 'the token stands between the two');
  t.false(ambiguous('tokentoken', '1420000000', '12345'));
  t.false(ambiguous('tokentoken', '1795873130', 'xkcdlpwq'));
  t.false(ambiguous('tokentoken', '1795873130', 'a1595873131'), 'the other time is before the life of any token');
  t.false(ambiguous('tokentoken', '1795873130', 'a1795873131'), 'the other time is yet to come');
});

test('nonces of our callers are numbers, and never ambiguous, whatever the token and the time', (t) => {
  const tokens = fc.oneof(fc.stringMatching(/^[0-9]{8,20}$/), fc.stringMatching(/^[!-~]{8,20}$/));
  const property = fc.property(
    tokens,
    fc.integer({min: 1_420_000_000, max: 2_200_000_000}),
    fc.oneof(fc.constantFrom(0, 1e13 - 1), fc.integer({min: 0, max: 1e13 - 1})),
    (secret, seconds, random) => {
      const nonce = callerNonce(random);
      t.true(Number.isSafeInteger(Number(nonce)) && String(Number(nonce)) === nonce);
      t.false(
        isAmbiguous(secret, {timestamp: String(seconds), nonce}, seconds * 1000),
        `${secret} ${seconds} ${nonce}`,
      );
      t.false(isOfCallback(secret, {timestamp: String(seconds), nonce}));
    },
  );
  fc.assert(property, {numRuns: 2_000});
});

test('a signature of our own calls is known as such by any cut', (t) => {
  const timestamp = '1420000500';
  for (const random of [1_420_000_600, 7, 9_999_999_999]) {
    const nonce = callbackNonce(random);
    const cut = {timestamp: nonce.slice(10), nonce: `${timestamp}1984198419`};
    const isSame = sign(token, cut.timestamp, cut.nonce) === sign(token, timestamp, nonce);
    t.is(isOfCallback(token, cut), isSame);
    t.true(isOfCallback(token, {timestamp, nonce}));
  }
  t.false(isOfCallback(token, {timestamp, nonce: '12345'}));
});
