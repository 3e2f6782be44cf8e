// Chance as input: bytes and texts, made up or bent from good ones, the same for the same seed.

import type {SeededRandom} from '../../src/core/random-seeded.ts';

const interestingBytes = [
  0x00, 0x01, 0x0a, 0x0d, 0x10, 0x14, 0x1c, 0x20, 0x25, 0x26, 0x3b, 0x7f, 0x80, 0xc3, 0xed, 0xff,
];
const interestingTexts = [
  '',
  '\0',
  '\r\n',
  '\t',
  ' ',
  '%',
  '%00',
  '%zz',
  '%c3%28',
  '%ED%A0%80',
  '&',
  '=',
  ';',
  ';;',
  '#',
  '"',
  "'",
  '\\',
  '[',
  '{',
  '\u{1f308}',
  '\ud800',
  '\udfff',
  '\u202e',
  '\u2028',
  '\ufeff',
  'é',
  '__proto__',
  'constructor',
  'toString',
  '-0',
  '1e999',
  'NaN',
  '99999999999999999999',
  'null',
] as const;

// Now and then a piece is repeated to such a length: what takes more than linear time shows then.
const stretchChance = 0.003;
const stretchedLength = 30_000;

/** One of `items`. */
export function pick<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const item = items[random.integer(0, items.length - 1)];
  if (item === undefined) throw new Error('Expected something to pick from');
  return item;
}

/** Whether something with this chance happens. */
export function happens(random: SeededRandom, chance: number): boolean {
  return random.fraction() < chance;
}

/** Up to `lengthMax` bytes, short ones more often. */
export function randomBytes(random: SeededRandom, lengthMax: number): Uint8Array {
  const length = Math.floor(random.fraction() ** 3 * (lengthMax + 1));
  const bytes = new Uint8Array(length);
  for (let place = 0; place < length; place++) bytes[place] = randomByte(random);
  return bytes;
}

/** One of `samples`, bent some times; or, now and then, bytes that are made up. */
export function bendBytes(random: SeededRandom, samples: readonly Uint8Array[], lengthMax: number): Uint8Array {
  if (happens(random, 0.15)) return randomBytes(random, lengthMax);
  let bytes = pick(random, samples);
  for (let bends = random.integer(0, 4); bends > 0; bends--) bytes = bendBytesOnce(random, bytes, samples);
  if (!happens(random, stretchChance)) return bytes.subarray(0, lengthMax);
  const piece = cut(random, bytes);
  return Buffer.concat(new Array<Uint8Array>(stretchTimes(piece.length)).fill(piece));
}

function bendBytesOnce(random: SeededRandom, bytes: Uint8Array, samples: readonly Uint8Array[]): Uint8Array {
  const at = random.integer(0, bytes.length);
  const end = random.integer(at, bytes.length);
  switch (random.integer(0, 5)) {
    case 0:
      return bytes.map((byte, place) => (place === at ? byte ^ (1 << random.integer(0, 7)) : byte));
    case 1:
      return bytes.map((byte, place) => (place === at ? randomByte(random) : byte));
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.of(randomByte(random)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), pick(random, samples)]);
  }
}

function randomByte(random: SeededRandom): number {
  return happens(random, 0.5) ? pick(random, interestingBytes) : random.integer(0, 255);
}

/** Up to `lengthMax` characters of every kind, lone surrogates included. */
export function randomText(random: SeededRandom, lengthMax: number): string {
  let text = '';
  for (let parts = Math.floor(random.fraction() ** 3 * lengthMax); parts > 0; parts--) text += randomPart(random);
  return text.slice(0, lengthMax);
}

/** One of `samples`, bent some times; or, now and then, a text that is made up. */
export function bendText(random: SeededRandom, samples: readonly string[], lengthMax: number): string {
  if (happens(random, 0.1)) return randomText(random, lengthMax);
  let text = pick(random, samples);
  for (let bends = random.integer(0, 4); bends > 0; bends--) text = bendTextOnce(random, text, samples);
  if (!happens(random, stretchChance)) return text.slice(0, lengthMax);
  const piece = cut(random, text);
  const stretched = piece.repeat(stretchTimes(piece.length));
  return happens(random, 0.5) ? text + stretched : stretched + text;
}

/** A part of at least one, where there is one. */
function cut<Whole extends {readonly length: number; slice(start: number, end: number): Whole}>(
  random: SeededRandom,
  whole: Whole,
): Whole {
  const start = random.integer(0, Math.max(0, whole.length - 1));
  return whole.slice(start, random.integer(start + 1, Math.min(whole.length, start + 12) + 1));
}

function stretchTimes(length: number): number {
  return length === 0 ? 0 : Math.floor(stretchedLength / length);
}

function bendTextOnce(random: SeededRandom, text: string, samples: readonly string[]): string {
  const at = random.integer(0, text.length);
  const end = random.integer(at, Math.min(text.length, at + 40));
  switch (random.integer(0, 5)) {
    case 0:
      return text.slice(0, at) + randomPart(random) + text.slice(at);
    case 1:
      return text.slice(0, at) + randomPart(random) + text.slice(end);
    case 2:
      return text.slice(0, at) + text.slice(end);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at) + pick(random, samples);
    default:
      return text.slice(0, at) + String(random.integer(-2, 70_000)) + text.slice(end);
  }
}

function randomPart(random: SeededRandom): string {
  if (happens(random, 0.5)) return pick(random, interestingTexts);
  if (happens(random, 0.8)) return String.fromCharCode(random.integer(0x20, 0x7e));
  return String.fromCharCode(random.integer(0, 0xffff));
}
