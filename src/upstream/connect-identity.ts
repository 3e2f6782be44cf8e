// The `identity` in the JSON of a connect answer (docs/protocol.md section 2): a string, or a whole number, which becomes its digits as
// they were written. Pure.

import {identityFormat, identityLengthMax} from '../protocol/api.ts';

/** What the JSON says about the identity. */
export interface IdentityReading {
  /** `undefined` without a valid one: the connection keeps the gateway's. */
  readonly identity: string | undefined;
  /** What was there and cannot be an identity, for the log: never its value, which may be a secret. */
  readonly fault: string | undefined;
}

/** `value`: the member of the parsed object; `text`: the JSON that it was parsed from. */
export function readIdentity(value: unknown, text: string): IdentityReading {
  switch (typeof value) {
    case 'undefined':
      return {identity: undefined, fault: undefined};
    case 'string':
      return judge(value);
    case 'number': {
      // A number of more than 15 digits may have lost some on the way into `value`; its text has them all.
      const digits = sourceOf(text);
      if (digits === undefined) return unfit('a number in JSON that is nested too deeply');
      return wholeNumber.test(digits) ? judge(digits) : unfit('a number that is not whole, or has an exponent');
    }
    case 'boolean':
      return unfit('a truth value');
    default:
      return unfit(value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object');
  }
}

const wholeNumber = /^(?:0|-?[1-9]\d*)$/;

function judge(identity: string): IdentityReading {
  if (identity === '') return unfit('an empty string');
  if (identity.length > identityLengthMax) {
    return unfit(`${identity.length} characters, at most ${identityLengthMax} are possible`);
  }
  if (!identityFormat.test(identity)) return unfit('a string with blanks or characters outside printable ASCII');
  return {identity, fault: undefined};
}

function unfit(fault: string): IdentityReading {
  return {identity: undefined, fault};
}

/** The number of the outermost `identity` as it was written; `undefined` where the JSON is nested too deeply to say. */
function sourceOf(text: string): string | undefined {
  try {
    return findSource(text);
  } catch {
    // V8 parses JSON of any depth, but calls a reviver by recursion.
    return undefined;
  }
}

function findSource(text: string): string | undefined {
  let last: string | undefined;
  // The members of an object are visited before it, and the outermost object is visited last.
  JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: {readonly source?: string}) {
    if (key === 'identity' && typeof value === 'number') return new NumberText(context?.source);
    if (key === '' && typeof value === 'object' && value !== null && 'identity' in value) {
      if (value.identity instanceof NumberText) last = value.identity.source;
    }
    return value;
  });
  return last;
}

class NumberText {
  readonly source: string | undefined;

  constructor(source: string | undefined) {
    this.source = source;
  }
}
