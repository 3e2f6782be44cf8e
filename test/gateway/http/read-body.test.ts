import {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import test from 'ava';
import {readBody} from '../../../src/gateway/http/read-body.ts';

/** Reads a body that comes in these chunks. */
async function read(chunks: readonly Uint8Array[], announced?: number, bytesMax = 1_000_000): Promise<Buffer> {
  const source = new IncomingMessage(new Socket());
  if (announced !== undefined) source.headers['content-length'] = String(announced);
  const {promise, resolve, reject} = Promise.withResolvers<Buffer>();
  readBody(source, bytesMax, (error, body) => (body === undefined ? reject(error) : resolve(body)));
  for (const chunk of chunks) source.push(chunk);
  source.push(null);
  return promise;
}

const slab = Buffer.alloc(65_536, 'abc');
const single = Array.from({length: 10_000}, (_, place) => slab.subarray(place, place + 1));

for (const [name, chunks, announced] of [
  ['chunks of one byte without a length', single, undefined],
  ['chunks of one byte with a length', single, 10_000],
  ['one chunk with a length', [slab.subarray(0, 10_000)], 10_000],
  ['one chunk without a length', [slab.subarray(0, 10_000)], undefined],
] as const) {
  test(`a body that comes as ${name} is whole, and keeps nothing of what it came in`, async (t) => {
    const body = await read(chunks, announced);
    t.true(body.equals(slab.subarray(0, 10_000)));
    t.not(body.buffer, slab.buffer);
    t.true(body.buffer.byteLength < 2 * body.length, `${body.buffer.byteLength} bytes`);
  });
}

test('a body of nothing is empty', async (t) => {
  t.is((await read([])).length, 0);
  t.is((await read([], 0)).length, 0);
});

test('a body of the most that it may have is read, one of a byte more is not', async (t) => {
  t.is((await read(single, undefined, 10_000)).length, 10_000);
  await t.throwsAsync(read([...single, slab.subarray(0, 1)], undefined, 10_000), {code: 'RB_BODY_TOO_LARGE'});
});

test('a body may come in 16,384 chunks, or in one for each 64 bytes that it may have', async (t) => {
  const chunks = (count: number) => Array.from({length: count}, () => slab.subarray(0, 1));
  t.is((await read(chunks(16_384))).length, 16_384);
  const error = await t.throwsAsync(read(chunks(16_385)), {code: 'RB_REQUEST_MALFORMED'});
  t.regex(error.message, /more than 16384 chunks/);
  t.is((await read(chunks(20_000), undefined, 20_000 * 64)).length, 20_000);
  await t.throwsAsync(read(chunks(20_001), undefined, 20_000 * 64), {code: 'RB_REQUEST_MALFORMED'});
});

test('a caller that goes in the middle of its body ends it with an error', async (t) => {
  const source = new IncomingMessage(new Socket());
  const {promise, resolve} = Promise.withResolvers<Error | null>();
  readBody(source, 100, (error) => resolve(error));
  source.push(slab.subarray(0, 10));
  source.destroy(new Error('gone'));
  t.like(await promise, {message: 'gone', statusCode: 400});
});

for (const end of ['whole', 'too large', 'cut short'] as const) {
  test(`a body that is ${end} leaves no listener, and its end is reported once`, async (t) => {
    const source = new IncomingMessage(new Socket());
    const events = ['data', 'end', 'error'];
    const before = events.map((event) => source.listenerCount(event));
    let calls = 0;
    const {promise, resolve} = Promise.withResolvers<void>();
    readBody(source, 1_000, () => {
      calls++;
      resolve();
    });
    source.push(Buffer.alloc(500));
    if (end === 'too large') source.push(Buffer.alloc(501));
    if (end === 'whole') source.push(null);
    if (end === 'cut short') source.emit('error', new Error('of the test'));
    await promise;
    t.deepEqual(
      events.map((event) => source.listenerCount(event)),
      before,
    );
    t.is(calls, 1);
  });
}
