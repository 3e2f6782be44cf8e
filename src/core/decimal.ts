// The one place where numbers from outside become numbers: decimal digits and nothing else. `Number` also takes blanks,
// an empty text, `0x10`, `0b1`, `1e3`, `Infinity` and a sign, each of which is a mistake of its author. Pure.

/** A whole number, `min` and `max` included; `undefined` for anything else. */
export function readWhole(text: string, min: number, max: number): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? within(text, min, max) : undefined;
}

/** A number with a fraction of at most nine digits or none, `min` and `max` included; `undefined` for anything else. */
export function readDecimal(text: string, min: number, max: number): number | undefined {
  return /^-?\d{1,12}(?:\.\d{1,9})?$/.test(text) ? within(text, min, max) : undefined;
}

/** A number as {@link readDecimal} reads it, rounded to nine digits after the point. */
export function writeDecimal(value: number): string {
  const text = value.toFixed(9);
  let end = text.length;
  while (text[end - 1] === '0') end--;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

function within(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  if (text.startsWith('-') && min >= 0) return undefined;
  // The addition makes 0 of -0.
  return value >= min && value <= max ? value + 0 : undefined;
}
