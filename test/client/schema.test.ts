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

const text = 'SEND q1 id 7 type 2 "{"text":"hi"}"';
const number = 'SEND q1 id 8 type 3 "1"';

test('a handler of several types knows the data by the type, however many arguments it takes', (t) => {
  const {rainbow: plain, socket} = openHarness(t);
  const rainbow = plain as unknown as Rainbow<Chat>;

  rainbow.onMessage((type, data, {qos}) => (type === 2 ? data.json().text : data.json() + qos));
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['ACK id 7 "hi"', 'ACK id 8 "2"']);

  rainbow.onMessage((type, data) => (type === 2 ? data.json().text.length.toFixed() : data.json() * 2));
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['ACK id 7 "2"', 'ACK id 8 "2"']);

  rainbow.onMessage((type) => type * 3);
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['ACK id 7 "6"', 'ACK id 8 "9"']);

  rainbow.onMessage(() => undefined);
  socket.hear(text, number);
  t.deepEqual(socket.take(), ['ACK id 7', 'ACK id 8']);
});
