// The JSON object that is the body of a call. Never throws, and takes time linear in the body's length, however deep it is
// nested.

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** A body that is a JSON object. */
export interface JsonBody {
  /** In the order in which they came. `__proto__` is a name like the others. */
  readonly members: ReadonlyMap<string, unknown>;
  /** Names that came more than once; of each the last value counts. */
  readonly repeated: readonly string[];
}

/** The object, or what the body is instead: `undefined` where it is not JSON in UTF-8. */
export function readJsonBody(body: Uint8Array): JsonBody | {readonly value: unknown} {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    // What the parser says would quote the body.
    return {value: undefined};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {value};
  return {members: new Map(Object.entries(value)), repeated: repeatedNames(text)};
}

/** Names that the outermost object of a valid JSON text has more than once; `JSON.parse` keeps the last without a word. */
function repeatedNames(text: string): readonly string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  // The last character that was neither blank nor of a string.
  let before = '';
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (letter === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && (before === '{' || before === ',')) {
        const name = JSON.parse(text.slice(at, end)) as string;
        if (seen.has(name)) repeated.add(name);
        seen.add(name);
      }
      at = end - 1;
    } else if (letter === '{' || letter === '[') depth++;
    else if (letter === '}' || letter === ']') depth--;
    if (letter > ' ') before = letter;
  }
  return [...repeated];
}

/** Behind the quotation mark that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
