// Values from outside, as error texts show them: quoted, cut, and never more than a line.

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
