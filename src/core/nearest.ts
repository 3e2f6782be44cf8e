// The known word that a misspelt one probably means. Pure; bounded for input from outside.

/** The first of the nearest `words`; none where a third of the longer one, or more than `editsMax` letters, would change. */
export function nearest<Word extends string>(text: string, words: readonly Word[], editsMax = 8): Word | undefined {
  // Longer than any word by more than a third, and a bound on the work below.
  if (text.length > 48) return undefined;
  let best: {readonly word: Word; readonly distance: number} | undefined;
  for (const word of words) {
    const limit = Math.min(editsMax, Math.ceil(Math.max(text.length, word.length) / 3));
    if (Math.abs(text.length - word.length) > limit) continue;
    const distance = editDistance(text, word);
    if (distance > limit) continue;
    if (best === undefined || distance < best.distance) best = {word, distance};
  }
  return best?.word;
}

/** Levenshtein's distance, one row of his table at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({length: right.length + 1}, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
