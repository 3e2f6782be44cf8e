// The one encoding of payloads, of both SDKs.

import {runInNewContext} from 'node:vm';
import test from 'ava';
import {tagOf} from '../../src/core/bytes.ts';
import {encodePayload, readPayload} from '../../src/protocol/payload.ts';

function textOf(value: unknown): string {
  return Buffer.from(encodePayload(value).bytes).toString('latin1');
}

test('text, bytes and data come back as what they were, by the reading for each', (t) => {
  for (const text of ['hello', '5', 'true', 'null', '', '"quoted"', '\ufeff1', '王']) {
    t.is(readPayload(encodePayload(text).bytes).text(), text);
  }
  for (const data of [5, true, null, [1, 'a'], {a: {b: [null]}}]) {
    t.deepEqual(readPayload(encodePayload(data).bytes).json(), data);
  }
  for (const bytes of [Uint8Array.of(), Uint8Array.of(0, 255), Buffer.from('5')]) {
    t.deepEqual(Buffer.from(readPayload(encodePayload(bytes).bytes).bytes()), Buffer.from(bytes));
  }
  t.is(encodePayload(undefined).bytes.length, 0);
  t.is(readPayload(new Uint8Array(0)).json(), undefined);
});

test('buffers and views of every kind, of every realm, are their bytes', (t) => {
  const buffer = Uint8Array.of(1, 2, 3, 4).buffer;
  const shared = new SharedArrayBuffer(2);
  new Uint8Array(shared).set([5, 6]);
  const other = runInNewContext('new Uint8Array([7, 8]).buffer') as ArrayBuffer;
  const otherView = runInNewContext('new Uint16Array([0x0201])') as Uint16Array;
  for (const [value, bytes] of [
    [buffer, '\x01\x02\x03\x04'],
    [new DataView(buffer, 1, 2), '\x02\x03'],
    [new Uint16Array(buffer, 2, 1), '\x03\x04'],
    [Buffer.from('hi'), 'hi'],
    [shared, '\x05\x06'],
    [other, '\x07\x08'],
    [otherView, '\x01\x02'],
  ] as const) {
    t.is(textOf(value), bytes);
  }
});

test('memory of the caller is copied', (t) => {
  const bytes = Uint8Array.of(1);
  for (const value of [bytes, bytes.buffer, new DataView(bytes.buffer)]) {
    bytes[0] = 1;
    const encoded = encodePayload(value).bytes;
    bytes[0] = 2;
    t.is(encoded[0], 1);
  }
});

test('what JSON would lose is refused, wherever it stands, rather than sent as {}', (t) => {
  const circle: {self?: unknown} = {};
  circle.self = circle;
  for (const value of [
    new Map([[1, 2]]),
    new Set([1]),
    new Blob(['x']),
    new Error('x'),
    /x/,
    Promise.resolve(1),
    new WeakMap(),
    1n,
    Symbol('x'),
    () => 1,
    circle,
    {a: new Map()},
    [new Uint8Array(2)],
    {deep: {er: new Blob([])}},
    {n: 1n},
    runInNewContext('new Map()') as unknown,
  ]) {
    t.throws(() => encodePayload(value), {instanceOf: TypeError, code: 'RB_ARGUMENT'}, tagOf(value));
  }
});

test('objects of a class, dates and what has a toJSON are data', (t) => {
  class Point {
    readonly x = 1;
  }
  t.is(textOf(new Point()), '{"x":1}');
  t.is(textOf({at: new Date(0)}), '{"at":"1970-01-01T00:00:00.000Z"}');
  t.is(textOf(new URL('http://h/')), '"http://h/"');
  t.is(textOf(runInNewContext('({a: [1]})')), '{"a":[1]}');
  t.is(textOf(Object.create(null)), '{}');
});

test('what is not JSON is an error with a code, and what is not UTF-8 is still read as text', (t) => {
  for (const bytes of [Buffer.from('hello'), Uint8Array.of(0xc3), Buffer.from('{"a":'), Buffer.from('\ufeff1')]) {
    t.throws(() => readPayload(bytes).json(), {instanceOf: SyntaxError, code: 'RB_NOT_JSON'});
  }
  t.is(readPayload(Uint8Array.of(0x22, 0xff)).text(), '"\ufffd');
});
