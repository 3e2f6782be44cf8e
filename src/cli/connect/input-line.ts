// A line that a person types into `rainbow connect`, or gives with -x: a message to send, or a word to the program.
//
//   TYPE[/QOS][/hex] [PAYLOAD]      7 {"text":"hi"}      7/2 hello      7/0/hex 00ff7a      7
//   /q  ends                        /h  helps

import {parseMessageType, parseQos} from '../../protocol/api.ts';
import {emptyBytes, type Qos} from '../../protocol/packet.ts';

/** What a line says. */
export type InputLine =
  | {readonly kind: 'message'; readonly type: number; readonly qos: Qos; readonly payload: Uint8Array}
  | {readonly kind: 'quit' | 'help' | 'nothing'}
  | {readonly kind: 'fault'; readonly reason: string};

/** The syntax in one line, for `/h`. */
export const inputSyntax = 'TYPE[/QOS][/hex] PAYLOAD, as 7 {"text":"hi"} or 7/2 hi or 7/0/hex 00ff; /q ends';

const lineFormat = /^\s*(?<type>\d+)(?:\/(?<qos>\d+))?(?<hex>\/hex)?(?:\s(?<payload>.*))?$/s;

/** Reads a line; `qos` where it names none. */
export function readLine(text: string, qosDefault: Qos): InputLine {
  const word = text.trim();
  if (word === '') return {kind: 'nothing'};
  if (word === '/q') return {kind: 'quit'};
  if (word === '/h') return {kind: 'help'};
  const parts = lineFormat.exec(text)?.groups;
  if (parts === undefined) return fault(`expected ${inputSyntax}, got ${word}`);
  const type = parseMessageType(parts.type ?? '');
  if (type === undefined) return fault(`expected a type from 0 to 65535, got ${parts.type}`);
  const qos = parts.qos === undefined ? qosDefault : parseQos(parts.qos);
  if (qos === undefined) return fault(`expected qos 0, 1 or 2, got ${parts.qos}`);
  const payload = parts.hex === undefined ? textBytes(parts.payload) : hexBytes(parts.payload ?? '');
  if (payload === undefined) return fault('expected an even number of hexadecimal digits');
  return {kind: 'message', type, qos, payload};
}

function fault(reason: string): InputLine {
  return {kind: 'fault', reason};
}

function textBytes(text: string | undefined): Uint8Array {
  return text === undefined ? emptyBytes : Buffer.from(text, 'utf8');
}

function hexBytes(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s+/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Buffer.from(digits, 'hex');
}
