// How a call of the API is told what is wrong with it: refusals that name the parameter, what was expected and what came.

import {nearest} from '../core/nearest.ts';
import {shown} from '../core/shown.ts';
import type {Refusal} from '../protocol/refusal.ts';

/** 400, with what was expected and what came. */
export function refuseParameter(detail: string): Refusal {
  return {code: 'RB_PARAMETERS', detail};
}

/** 400 for a name that means nothing in this call, with the nearest of those that do. */
export function refuseName(kind: 'parameter' | 'member', name: string, known: readonly string[]): Refusal {
  const meant = nearest(name.toLowerCase(), known);
  const hint = meant === undefined ? `expected ${known.join(', ')}` : `did you mean ${meant}?`;
  return refuseParameter(`Unknown ${kind} ${shown(name)}: ${hint}`);
}

/** 400 for a name that may be given once. */
export function refuseRepeated(kind: 'parameter' | 'member', name: string): Refusal {
  return refuseParameter(`Expected the ${kind} ${name} once, got it several times`);
}
