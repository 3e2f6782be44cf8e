// One line of a batch: the parameters of /send/ as members of a JSON object, beside the payload. The members become a query,
// which the reader of /send/ reads, so that a line accepts what /send/ accepts and in the same form. As in all calls that the
// original did not have, a name that means nothing is refused.
//
//   {"channel":"lobby","qos":1,"payload":"hello"}  -->  channel=lobby&qos=1  and the bytes of hello

import {kindOf, shown} from '../../core/shown.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {refuseName, refuseParameter, refuseRepeated} from './api-fault.ts';
import {parseQuery} from './api-query.ts';
import {readSend, type SendRequest, sendParameters} from './api-request.ts';
import {readKeyMember} from './idempotency-key.ts';
import {readJsonBody} from './json-body.ts';

/** Another node's mark on a call that it repeats: a line is a caller's. */
const parameters: ReadonlySet<string> = new Set(sendParameters.filter((name) => name !== 'cluster'));
const payloadNames = ['payload', 'payload_base64'] as const;
const keyName = 'idempotency_key';
const known: readonly string[] = [...parameters, ...payloadNames, keyName];

const base64Format = /^[A-Za-z0-9+/]*={0,2}$/;
const encoder = new TextEncoder();

/** Reads a line without its line feed. */
export function readBatchLine(line: Uint8Array, payloadBytesMax: number): SendRequest | Refusal {
  const body = readJsonBody(line);
  if ('value' in body) {
    const what = body.value === undefined ? 'not JSON in UTF-8' : kindOf(body.value);
    return refuseParameter(`The line is ${what}. Send a JSON object on one line.`);
  }
  const [repeated] = body.repeated;
  if (repeated !== undefined) return refuseRepeated('member', repeated);
  const query = queryOf(body.members);
  if (typeof query !== 'string') return query;
  const payload = payloadOf(body.members);
  if (!(payload instanceof Uint8Array)) return payload;
  if (payload.length > payloadBytesMax) {
    return {
      code: 'RB_BODY_TOO_LARGE',
      detail: `The payload has ${payload.length} bytes (payload_max is ${payloadBytesMax}). Send less.`,
    };
  }
  const key = body.members.has(keyName) ? readKeyMember(body.members.get(keyName)) : undefined;
  if (typeof key === 'object') return key;
  const {ignored, ...send} = readSend(parseQuery(query), payload);
  // Known all of them: a list where one value is wanted.
  const [several] = ignored ?? [];
  if (several !== undefined) return refuseRepeated('member', several);
  return 'code' in send || send.isDry || key === undefined ? {...send, ignored} : {...send, ignored, key};
}

/** The members that are parameters, as a query; of a list each value in its place. */
function queryOf(members: ReadonlyMap<string, unknown>): string | Refusal {
  const pairs: string[] = [];
  for (const [name, value] of members) {
    if (!known.includes(name)) return refuseName('member', name, known);
    if (!parameters.has(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
        return refuseParameter(`${name} is ${kindOf(one)}. Send a string or a number, or leave it out.`);
      }
      const text = String(one);
      if (!text.isWellFormed()) return refuseParameter(`${name} is ${shown(text)}. Send valid Unicode.`);
      pairs.push(`${name}=${encodeURIComponent(text)}`);
    }
  }
  return pairs.join('&');
}

function payloadOf(members: ReadonlyMap<string, unknown>): Uint8Array | Refusal {
  const [given, ...more] = payloadNames.filter((name) => members.has(name));
  if (given === undefined) return emptyBytes;
  if (more.length > 0) return refuseParameter('The line has both payload and payload_base64. Send one of them.');
  const text = members.get(given);
  if (typeof text !== 'string') {
    return refuseParameter(`${given} is ${kindOf(text)}. Send a string; for JSON, its text.`);
  }
  if (given === 'payload') {
    if (!text.isWellFormed()) return refuseParameter('payload is not valid Unicode. Send its bytes as payload_base64.');
    return encoder.encode(text);
  }
  // Node's decoder skips what it does not know.
  if (text.length % 4 !== 0 || !base64Format.test(text)) {
    return refuseParameter('payload_base64 is not base64 (RFC 4648, section 4). Send it with its padding.');
  }
  return Buffer.from(text, 'base64');
}
