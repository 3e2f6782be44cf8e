// The types of an application's messages, where the compiler has to see through them: what does not compile here is the
// failure.

import test from 'ava';
import type {Rainbow} from '../../src/client/client.ts';
import {openHarness} from './harness.ts';

interface Chat {
  readonly up: {readonly 1: {readonly data: string}};
  readonly down: {
    readonly 2: {readonly data: {readonly text: string}; readonly answer: string};
    readonly 3: {readonly data: number; readonly answer: number};
  };
}

const text = '12 0002 0007 7b2274657874223a226869227d';
const number = '12 0003 0008 31';

test('a handler of several types knows the data by the type, however many arguments it takes', (t) => {
  const {rainbow: plain, socket} = openHarness(t);
  const rainbow = plain as unknown as Rainbow<Chat>;

  rainbow.onMessage((type, data, {qos}) => (type === 2 ? data.json().text : data.json() + qos));
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['2000076869', '20000832']);

  rainbow.onMessage((type, data) => (type === 2 ? data.json().text.length.toFixed() : data.json() * 2));
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['20000732', '20000832']);

  rainbow.onMessage((type) => type * 3);
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['20000736', '20000839']);

  rainbow.onMessage(() => undefined);
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['200007', '200008']);
});
