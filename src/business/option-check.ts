// Options as they come from JavaScript and from the environment: what is misspelt or missing is a fault at start, not at the
// first call.

import {nearest} from '../core/nearest.ts';

/** Throws `TypeError` for a name that is no option of `what`, with the nearest that is. */
export function checkNames(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    throw new TypeError(`${what} has no option ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
}

/** Throws `TypeError` where one of these is there and no function. */
export function checkFunctions(what: string, functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (value === undefined || typeof value === 'function') continue;
    throw new TypeError(`${name} of ${what} is ${describe(value)}; it must be a function`);
  }
}

/**
 * A secret as the gateway reads it: without white space around it, such as the line feed of a file. Throws `TypeError` where
 * it is absent, for example because an environment variable is not set.
 */
export function readSecret(what: string, name: string, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text !== '') return text;
  throw new TypeError(`${name} of ${what} is ${describe(value)}; it must be a text, the same as the gateway's`);
}

function describe(value: unknown): string {
  return value === '' ? 'empty' : value === null || value === undefined ? String(value) : `a ${typeof value}`;
}
