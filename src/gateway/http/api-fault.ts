// Refusals of a call of the API: what is wrong with which parameter, and what to send.

import {nearest} from '../../core/nearest.ts';
import {kindOf, shown} from '../../core/shown.ts';
import type {Refusal} from '../../protocol/refusal.ts';

/** 400, with what is wrong and what to do. */
export function refuseParameter(detail: string): Refusal {
  return {code: 'RB_PARAMETERS', detail};
}

/** 400 for a name that means nothing in this call, with the nearest of those that do. */
export function refuseName(kind: 'parameter' | 'member', name: string, known: readonly string[]): Refusal {
  const meant = nearest(name.toLowerCase(), known);
  const hint = meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`;
  return refuseParameter(`The ${kind} ${shown(name)} is unknown. ${hint}`);
}

/** 400 for a name that may be given once. */
export function refuseRepeated(kind: 'parameter' | 'member', name: string): Refusal {
  return refuseParameter(`The ${kind} ${name} is given several times. Send it once.`);
}

/** 400 for a parameter whose bytes are not UTF-8. */
export function refuseEncoding(name: string): Refusal {
  return refuseParameter(`The value of ${name} is not UTF-8. Percent-encode its bytes as UTF-8.`);
}

/** 400 for a body that is `value`, or no JSON where that is `undefined`. */
export function refuseBodyKind(value: unknown): Refusal {
  return refuseParameter(`The body is ${value === undefined ? 'not JSON' : kindOf(value)}. Send a JSON object.`);
}
