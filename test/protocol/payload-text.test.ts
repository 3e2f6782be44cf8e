import test from 'ava';
import {payloadText} from '../../src/protocol/payload-text.ts';

function textOf(bytes: Uint8Array | string): string {
  return payloadText(Buffer.from(bytes).toString('base64'));
}

test('a payload is shown as its text, on one line', (t) => {
  t.is(textOf(''), '');
  t.is(textOf('grüße, 世界'), 'grüße, 世界');
  t.is(textOf(' {\n  "a":\t1\r\n}\n'), '{ "a": 1 }');
});

test('a text that was cut in the middle of a character is shown without it, wherever the cut is', (t) => {
  const whole = Buffer.from('a世😀');
  const shown = Array.from(whole, (_, length) => textOf(whole.subarray(0, length + 1)));
  t.deepEqual(shown, ['a', 'a', 'a', 'a世', 'a世', 'a世', 'a世', 'a世😀']);
});

test('bytes that are no text are shown as hex', (t) => {
  t.is(textOf(Uint8Array.of(0xff, 0, 0x10)), 'hex ff0010');
  t.is(textOf(Uint8Array.of(0x61, 0xc3, 0x28)), 'hex 61c328');
});
