// JSON from another node: whatever it holds, it is read without an exception.

export type Members = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** The members of an object; `undefined` where the bytes hold none. */
export function readJson(body: Uint8Array): Members | undefined {
  try {
    return readMembers(JSON.parse(utf8.decode(body)));
  } catch {
    // Not JSON: no answer, whatever the parser says of it.
    return undefined;
  }
}

export function readMembers(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null ? (value as Members) : undefined;
}

/** Above what any node has of anything: a number beyond it is a lie, and sums stay exact. */
const countMax = 1e12;

/** Unix time in milliseconds; `undefined` for anything else. */
export function wallMs(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A number of things; `undefined` for anything else. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= countMax
    ? value
    : undefined;
}
