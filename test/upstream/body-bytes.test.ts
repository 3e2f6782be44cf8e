import test from 'ava';
import {BodyBytes} from '../../src/upstream/body-bytes.ts';

test('a body in any pieces is the body', (t) => {
  const whole = Uint8Array.from({length: 5_000}, (_, index) => index % 251);
  for (const announced of [0, 5_000, 3]) {
    for (const size of [1, 7, 1_024, 4_999, 5_000]) {
      const body = new BodyBytes();
      for (let start = 0; start < whole.length; start += size)
        body.append(whole.subarray(start, start + size), announced);
      t.deepEqual(Buffer.from(body.bytes), Buffer.from(whole), `${size} of ${announced}`);
    }
  }
});

test('a mebibyte byte by byte is held in one buffer of at most twice its length, and not in the slabs it came in', (t) => {
  const slab = new Uint8Array(65_536);
  const body = new BodyBytes();
  for (let count = 0; count < 1_048_576; count++) body.append(slab.subarray(count % 65_536, (count % 65_536) + 1), 0);
  t.is(body.length, 1_048_576);
  t.true(body.bytes.buffer.byteLength <= 2 * 1_048_576);
  t.not(body.bytes.buffer, slab.buffer);
});

test('no memory is taken for what is only announced', (t) => {
  const body = new BodyBytes();
  body.append(new Uint8Array(10), 1_048_576);
  t.true(body.bytes.buffer.byteLength <= 1_024);
});

test('a cleared entry is released', (t) => {
  const body = new BodyBytes();
  body.append(new Uint8Array(10), 0);
  body.clear();
  t.is(body.bytes.buffer.byteLength, 0);
});
