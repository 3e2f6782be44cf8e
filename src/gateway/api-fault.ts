// How a call of the API is told what is wrong with it: refusals that name the parameter, what was expected and what came.

import {nearest} from '../core/nearest.ts';
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

const shownLengthMax = 40;

/** A caller's own value, quoted and cut. */
export function shown(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text);
}

/** What a value of JSON is: `a number`, `an array`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

/** A value of JSON as it came where it is short, else what it is. Never throws, whatever the value holds. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return shown(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}
