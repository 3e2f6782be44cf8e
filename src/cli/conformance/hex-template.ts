// Hex as the vectors write it: blanks count for nothing, and `{a}` stands for two bytes that the server chose. The first
// time a name is met it takes their value; from then on it means that value.

/** Values of the names met so far, as four hex digits. */
export type Bindings = Map<string, string>;

const partFormat = /\{([a-z]+)\}|([0-9a-f]{2})/gi;

/** The bytes of a template. Throws where a name has no value yet. */
export function fillTemplate(template: string, bindings: Bindings): Uint8Array {
  let hex = '';
  for (const [, name, digits] of template.matchAll(partFormat)) {
    const value = name === undefined ? digits : bindings.get(name);
    if (value === undefined) throw new Error(`Expected {${name}} to have been met before, in ${template}`);
    hex += value;
  }
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Whether `bytes` are of this form; if so, names met for the first time have their values from then on. */
export function matchTemplate(template: string, bytes: Uint8Array, bindings: Bindings): boolean {
  const hex = Buffer.from(bytes).toString('hex');
  const fresh = new Map<string, string>();
  let at = 0;
  for (const [, name, digits] of template.matchAll(partFormat)) {
    const width = name === undefined ? 2 : 4;
    const found = hex.slice(at, at + width);
    at += width;
    const expected = name === undefined ? digits?.toLowerCase() : (bindings.get(name) ?? fresh.get(name));
    if (expected !== undefined ? found !== expected : found.length !== width) return false;
    if (name !== undefined) fresh.set(name, found);
  }
  if (at !== hex.length) return false;
  for (const [name, value] of fresh) bindings.set(name, value);
  return true;
}

/** Bytes as the documents spell them: `12 0001 0002 6869`. */
export function spellBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const hasId = (bytes[0] ?? 0) >> 4 !== 1 || ((bytes[0] ?? 0) & 6) !== 0;
  const isSend = (bytes[0] ?? 0) >> 4 === 1;
  const cuts = isSend && hasId ? [0, 2, 6, 10] : [0, 2, 6];
  const groups = cuts.map((cut, place) => hex.slice(cut, cuts[place + 1]));
  return groups.filter((group) => group !== '').join(' ');
}
