// The JSON body of a call that refuses what it does not know: only known members, each once.

import type {Refusal} from '../../protocol/refusal.ts';
import {refuseBodyKind, refuseName, refuseRepeated} from './api-fault.ts';
import {readJsonBody} from './json-body.ts';

/** The members, or why the body is refused. */
export function readStrictBody(
  body: Uint8Array,
  known: readonly string[],
): {readonly members: ReadonlyMap<string, unknown>} | Refusal {
  const read = readJsonBody(body);
  if ('value' in read) return refuseBodyKind(read.value);
  const {members, repeated} = read;
  const unknown = [...members.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) return refuseName('member', unknown, known);
  return repeated[0] === undefined ? {members} : refuseRepeated('member', repeated[0]);
}
