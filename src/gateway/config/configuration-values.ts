// The forms a configured value may have: how each is read from text, written back, and named in a fault. Used by the
// table of keys only. No form ever repeats a secret, and none repeats a text long enough to be one put in a wrong place.

import {availableParallelism} from 'node:os';
import {readDecimal, readWhole} from '../../core/decimal.ts';

/** What a form made of a text; `got` and `expected` stand in `KEY is not valid: GOT. Use EXPECTED.`. */
export type Reading<Value> =
  | {readonly kind: 'value'; readonly value: Value; readonly warning?: string}
  | {readonly kind: 'refused'; readonly got: string; readonly expected?: string};

/** One form of value. */
export interface Form<Value> {
  /** What a text must be, bounds included: after `to be` in a fault, and in config/server.ini word for word. */
  readonly expected: string;
  /** Reads a trimmed text. */
  read(text: string): Reading<Value>;
  /** The value as it would stand in the file; a secret as `***` and its length. */
  write(value: Value): string;
  /** Whether the text must never be shown. */
  readonly isSecret?: true;
  /** Whether `on` is one of its values: its flag may stand without one. */
  readonly isSwitch?: true;
  /** Whether the value may go on over several lines. */
  readonly mayWrap?: true;
  /** The value in JSON Schema. @default a string */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** Finds what no line of text and no value may hold: control characters but the tab and the line feed. */
export const controlCharacter = /(?![\t\n])[\p{Cc}\u2028\u2029]/u;

// The shortest API key has 24 characters: what is as long may be one in a wrong place.
const shownLengthMax = 23;

/** `text` for the end of a fault: itself where short, its length where long. */
export function show(text: string): string {
  if (text === '') return 'nothing';
  return text.length <= shownLengthMax ? text : `${text.length} characters`;
}

/** A whole number, `min` and `max` included. */
export function wholeNumber(min: number, max: number): Form<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read: (text) => readingOf(text, readWhole(text, min, max)),
    write: String,
    schema: {type: 'integer', minimum: min, maximum: max},
  };
}

/** A number of threads; `auto` stands for one a core. */
export function threadCount(min: number, max: number): Form<number> {
  const number = wholeNumber(min, max);
  return {
    expected: `${number.expected}, or auto`,
    read: (text) =>
      text.toLowerCase() === 'auto' ? {kind: 'value', value: Math.min(max, availableParallelism())} : number.read(text),
    write: String,
    schema: {anyOf: [number.schema, {const: 'auto'}]},
  };
}

/** A share of something: none, all, or a part. */
export const share: Form<number> = {
  expected: 'off, on, or a share from 0 to 1',
  read(text) {
    const word = text.toLowerCase();
    if (word === 'off' || word === 'on') return {kind: 'value', value: word === 'on' ? 1 : 0};
    return readingOf(text, readDecimal(withZero(text), 0, 1));
  },
  write: (value) => (value === 0 ? 'off' : value === 1 ? 'on' : String(value)),
  isSwitch: true,
  schema: {anyOf: [{enum: ['off', 'on']}, {type: 'number', minimum: 0, maximum: 1}]},
};

/** Seconds in the file, whole milliseconds in the program; bounds in seconds. */
export function seconds(min: number, max: number): Form<number> {
  return {
    expected: `a number of seconds from ${min} to ${max}`,
    read(text) {
      const value = readDecimal(withZero(text.replace(/ ?s$/, '')), min, max);
      return readingOf(text, value === undefined ? undefined : Math.round(value * 1000));
    },
    write: (ms) => String(ms / 1000),
    schema: {type: 'number', minimum: min, maximum: max},
  };
}

/** Likewise, or 0 for what shall not be. */
export function secondsOrNone(min: number, max: number): Form<number> {
  const form = seconds(min, max);
  return {
    expected: `a number of seconds from ${min} to ${max}, or 0`,
    read: (text) => (/^0+(?:\.0+)?(?: ?s)?$/.test(text) ? {kind: 'value', value: 0} : form.read(text)),
    write: (ms) => form.write(ms),
    schema: {anyOf: [form.schema, {const: 0}]},
  };
}

// kB and its kin are the decimal ones, as in the SI. A bare `k` or `M` could be either and is refused.
const byteUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** A number of bytes, plain or with a unit: `65536`, `64KiB`, `16MB`. */
export function bytes(min: number, max: number): Form<number> {
  return {
    expected: `a size in bytes from ${writeBytes(min)} to ${writeBytes(max)}`,
    read(text) {
      const match = /^(\d+) ?([a-z]*)$/i.exec(text);
      const unit = byteUnits[(match?.[2] || 'b').toLowerCase()];
      const count = unit === undefined ? undefined : readWhole(match?.[1] ?? '', min / unit, max / unit);
      return readingOf(text, count === undefined || unit === undefined ? undefined : count * unit);
    },
    write: writeBytes,
    schema: {
      anyOf: [
        {type: 'integer', minimum: min, maximum: max},
        {type: 'string', pattern: '^[0-9]+ ?([kKmMgG][iI]?)?[bB]?$'},
      ],
    },
  };
}

/** Likewise, or `auto`, which is 0 in the program: worked out where it is needed. */
export function bytesOrAuto(min: number, max: number): Form<number> {
  const size = bytes(min, max);
  return {
    expected: `${size.expected}, or auto`,
    read: (text) => (text.toLowerCase() === 'auto' ? {kind: 'value', value: 0} : size.read(text)),
    write: (value) => (value === 0 ? 'auto' : size.write(value)),
    schema: {anyOf: [size.schema, {const: 'auto'}]},
  };
}

function writeBytes(count: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = byteUnits[unit.toLowerCase()] ?? 1;
    if (count >= size && count % size === 0) return `${count / size}${unit}`;
  }
  return String(count);
}

/** One of a few words, in any case. */
export function oneOf<Word extends string>(...words: readonly Word[]): Form<Word> {
  return {
    expected: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    read(text) {
      const value = words.find((word) => word === text.toLowerCase());
      return value === undefined ? refuse(text) : {kind: 'value', value};
    },
    write: (value) => value,
    schema: {enum: words},
    ...(words.some((word) => word === 'on') && {isSwitch: true}),
  };
}

/** A truth value, in the words of Python's reader. */
export const truth: Form<boolean> = {
  expected: 'true or false',
  read(text) {
    const word = text.toLowerCase();
    if (['true', 'yes', 'on', '1'].includes(word)) return {kind: 'value', value: true};
    if (['false', 'no', 'off', '0'].includes(word)) return {kind: 'value', value: false};
    return refuse(text);
  },
  write: String,
  isSwitch: true,
  schema: {type: 'boolean'},
};

/**
 * Whole numbers as `[1, 2]`, `[1,]`, `1, 2` or nothing, each kept once. JSON refuses the comma at the end, as the
 * original did; its own documentation wrote it.
 */
export function wholeNumbers(min: number, max: number, countMax: number): Form<readonly number[]> {
  return {
    expected: `a list of at most ${countMax} whole numbers from ${min} to ${max}`,
    mayWrap: true,
    read(text) {
      const isBracketed = text.startsWith('[') && text.endsWith(']');
      const items = (isBracketed ? text.slice(1, -1) : text).split(',').map((item) => item.trim());
      if (items.at(-1) === '') items.pop();
      const numbers = items.map((item) => readWhole(item, min, max));
      const index = numbers.indexOf(undefined);
      if (index !== -1) return {kind: 'refused', got: `${show(items[index] ?? '')} in place ${index + 1}`};
      const value = [...new Set(numbers.filter((number) => number !== undefined))];
      return value.length <= countMax ? {kind: 'value', value} : {kind: 'refused', got: `${value.length} of them`};
    },
    write: (values) => `[${values.join(', ')}]`,
    schema: {type: 'array', items: {type: 'integer', minimum: min, maximum: max}, maxItems: countMax},
  };
}

/** The shared secret. A placeholder is a value too: what it may open depends on `host`, which is not known here. */
export const sharedSecret: Form<string> = {
  expected: 'a secret of 1 to 1024 characters',
  isSecret: true,
  read(text) {
    if (text === '' || text.length > 1024) return {kind: 'refused', got: text === '' ? 'nothing' : show(text)};
    const warning = / [#;]/.test(text)
      ? 'security_token has a blank and a # or ; in it: all of it is taken as the token'
      : /^(".*"|'.*')$/.test(text)
        ? 'security_token stands in quotes: they are taken as part of it'
        : undefined;
    return {kind: 'value', value: text, ...(warning !== undefined && {warning})};
  },
  write: (secret) => `*** (${secret.length} characters)`,
};

// What stands in manuals, examples and forms to fill in; compared without case and punctuation. The first line by its
// beginning, the rest whole: a long token that merely begins with `secret` is a token.
const placeholderForms = [
  /^(changeme|changethis|changeit|replaceme|replacethis|placeholder|todo)/,
  /^(insert|your|enter).*(token|secret|key|here)$/,
  /^(my|the|our|test|demo|dummy|example|shared|security|api|rainbow)*(secret|token|password|key)+\d{0,4}$/,
  /^(12345678|01234567|abcdefgh|qwertyui).{0,8}$/,
];

const secretLengthMin = 8;
const differentMin = 3;

/** Whether anybody could guess `secret`. */
export function isPlaceholder(secret: string): boolean {
  return whyPlaceholder(secret) !== undefined;
}

/** Why `secret` can be guessed, without revealing it; `undefined` if it cannot. */
export function whyPlaceholder(secret: string): string | undefined {
  if (secret.length < secretLengthMin) return `shorter than ${secretLengthMin} characters`;
  if (new Set(secret).size < differentMin) return `fewer than ${differentMin} different characters`;
  const letters = secret.toLowerCase().replace(/[^a-z\d]/g, '');
  return placeholderForms.some((form) => form.test(letters)) ? 'a word of manuals and examples' : undefined;
}

/**
 * Bearer keys, separated by commas or line ends, each kept once. A placeholder is a value too: where the gateway can be
 * reached from elsewhere, configuration-placeholders.ts takes it out.
 */
export const apiKeyList: Form<readonly string[]> = {
  expected: 'at most 64 keys of 24 to 256 printable ASCII characters, with commas between them',
  isSecret: true,
  mayWrap: true,
  read(text) {
    const keys = [...new Set(splitKeys(text))];
    const problems = keys.flatMap((key, index) => {
      if (key.length < 24 || key.length > 256) return [`${key.length} characters in place ${index + 1}`];
      return /^[\x21-\x7e]+$/.test(key) ? [] : [`a blank or foreign character in place ${index + 1}`];
    });
    if (keys.length > 64) problems.push(`${keys.length} keys`);
    return problems.length === 0 ? {kind: 'value', value: keys} : {kind: 'refused', got: problems.join(', ')};
  },
  write: (keys) =>
    keys.length === 0 ? '' : `*** (${keys.length} of ${keys.map((key) => key.length).join(', ')} characters)`,
};

/** One bearer key, or none. */
export const optionalKey: Form<string> = {
  expected: 'nothing, or a key of 24 to 256 printable ASCII characters',
  isSecret: true,
  read(text) {
    const reading = apiKeyList.read(text);
    if (reading.kind === 'refused') return {kind: 'refused', got: reading.got};
    const {value} = reading;
    if (value.length > 1) return {kind: 'refused', got: `${value.length} keys`};
    const [key = ''] = value;
    return key !== '' && isPlaceholder(key) ? {kind: 'refused', got: 'a placeholder'} : {kind: 'value', value: key};
  },
  write: (key) => (key === '' ? '' : `*** (${key.length} characters)`),
};

/** The texts between commas and line ends, trimmed, without the empty ones. */
export function splitKeys(text: string): readonly string[] {
  return text.split(/[,\n]/).flatMap((key) => key.trim() || []);
}

function readingOf(
  text: string,
  value: number | undefined,
): {kind: 'value'; value: number} | ReturnType<typeof refuse> {
  return value === undefined ? refuse(text) : {kind: 'value', value};
}

/** With the zero that people leave out before the point. */
function withZero(text: string): string {
  return text.startsWith('.') ? `0${text}` : text;
}

/** The reading of a text that is not of its form. */
export function refuse(text: string): {readonly kind: 'refused'; readonly got: string} {
  return {kind: 'refused', got: show(text)};
}
