// The names in the JSON of a connect answer (docs/protocol.md section 2), `identity` and `user`: each a string, or a whole
// number, which becomes its digits as they were written. Pure.

import {identityFormat, identityLengthMax} from '../protocol/api.ts';

/** The members that name something. */
export type NameMember = 'identity' | 'user';

/** What the JSON says about one of them. */
export interface NameReading {
  /** `undefined` without a valid one. */
  readonly name: string | undefined;
  /** What was there and cannot be a name, for the log: never its value, which may be a secret. */
  readonly fault: string | undefined;
}

const absent: NameReading = {name: undefined, fault: undefined};

/** `value`: the member of the parsed object; `body`: the JSON that it was parsed from. */
export function readName(member: NameMember, value: unknown, body: Uint8Array): NameReading {
  switch (typeof value) {
    case 'undefined':
      return absent;
    case 'string':
      return judge(value);
    case 'number': {
      // A number of more than 15 digits may have lost some on the way into `value`; its text has them all.
      const digits = sourceOf(member, utf8.decode(body));
      if (digits === undefined) return unfit('a number in JSON that is nested too deeply');
      return wholeNumber.test(digits) ? judge(digits) : unfit('a number that is not whole, or has an exponent');
    }
    case 'boolean':
      return unfit('a truth value');
    default:
      return unfit(value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object');
  }
}

const utf8 = new TextDecoder('utf-8');
const wholeNumber = /^(?:0|-?[1-9]\d*)$/;

function judge(name: string): NameReading {
  if (name === '') return unfit('an empty string');
  if (name.length > identityLengthMax) {
    return unfit(`${name.length} characters, at most ${identityLengthMax} are possible`);
  }
  if (!identityFormat.test(name)) return unfit('a string with blanks or characters outside printable ASCII');
  return {name, fault: undefined};
}

function unfit(fault: string): NameReading {
  return {name: undefined, fault};
}

/** The number of the outermost `member` as it was written; `undefined` where the JSON is nested too deeply to say. */
function sourceOf(member: NameMember, text: string): string | undefined {
  try {
    return findSource(member, text);
  } catch {
    // V8 parses JSON of any depth, but calls a reviver by recursion.
    return undefined;
  }
}

function findSource(member: NameMember, text: string): string | undefined {
  let last: string | undefined;
  // The members of an object are visited before it, and the outermost object is visited last.
  JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: {readonly source?: string}) {
    if (key === member && typeof value === 'number') return new NumberText(context?.source);
    if (key === '' && isObject(value) && value[member] instanceof NumberText) last = value[member].source;
    return value;
  });
  return last;
}

function isObject(value: unknown): value is Readonly<Record<NameMember, unknown>> {
  return typeof value === 'object' && value !== null;
}

class NumberText {
  readonly source: string | undefined;

  constructor(source: string | undefined) {
    this.source = source;
  }
}
