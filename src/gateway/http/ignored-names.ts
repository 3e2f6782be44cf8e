// Names of parameters and members that a call was given and that mean nothing in it. Calls of the original ignore them, since
// its callers may send anything, and name them in the answer and in the log; all other calls are refused.

const namesMax = 16;
const nameLengthMax = 64;

/** The list with one name more, as answers and logs can hold it: at most 16 different ones of at most 64 characters. */
export function noteName(names: string[] | undefined, name: string): string[] {
  const noted = names ?? [];
  const text = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name;
  if (noted.length < namesMax && !noted.includes(text)) noted.push(text);
  return noted;
}

/** Both lists as one, or `undefined` where both are empty. */
export function joinNames(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  const names = [...(left ?? [])];
  for (const name of right ?? []) noteName(names, name);
  return names.length === 0 ? undefined : names;
}
