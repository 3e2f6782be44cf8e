// How the time that a regular expression takes grows with its input, when it is matched by trying one way after the other, as V8
// does. Linear, unless some text can be read in ways whose number grows with its length (Weber and Seidl, 1991) and then fails: from
// one state p to itself, from p to another state q, and from q to itself, all by the same word. A search that may begin
// anywhere is a pattern with a loop before it. No time is measured.

import {type Pattern, readPattern} from './pattern.ts';

/** What is wrong with the pattern, or `undefined` where the time is linear. */
export function superlinear(source: string, flags: string): string | undefined {
  const pattern = readPattern(source, flags);
  for (const inner of pattern.lookarounds) {
    const fault = superlinear(`^(?:${inner})`, flags);
    if (fault !== undefined) return `in a look-around: ${fault}`;
  }
  return new Growth(pattern, flags).fault();
}

/** The state before the pattern begins, in which a search skips what it has passed. */
const outside = -1;
const subsetsMax = 20_000;
/** Some of everything, and every ASCII character. */
const characters = [...Array.from({length: 0x180}, (_, code) => String.fromCharCode(code)), '\u2028', '\u4e00'];
/** One character only where a pattern reads code points. */
const astral = '\ud83c\udf08';

class Growth {
  readonly #pattern: Pattern;
  readonly #isSearch: boolean;
  readonly #states: readonly number[];
  /** One character for each set of positions that take it. */
  readonly #letters: readonly string[];
  readonly #steps = new Map<string, ReadonlyMap<number, readonly number[]>>();

  constructor(pattern: Pattern, flags: string) {
    this.#pattern = pattern;
    this.#isSearch = !pattern.isAnchoredAtStart && !flags.includes('y');
    this.#states = [outside, ...pattern.positions.keys()];
    const kinds = new Map<string, string>();
    for (const character of /[uv]/.test(flags) ? [...characters, astral] : characters) {
      const kind = pattern.positions.map(({takes}) => (takes(character) ? '1' : '0')).join('');
      if (!kinds.has(kind)) kinds.set(kind, character);
    }
    this.#letters = [...kinds.values()];
    for (const letter of this.#letters) {
      this.#steps.set(letter, new Map(this.#states.map((state) => [state, this.#after(state, letter)])));
    }
  }

  fault(): string | undefined {
    if (this.#pattern.isNullable && !this.#pattern.isAnchoredAtEnd) return undefined;
    for (const from of this.#states) {
      for (const to of this.#states) {
        const word = from === to ? this.#doubledLoop(from) : this.#ambiguousWord(from, to);
        if (word !== undefined && this.#canFail(from, to)) return `repeat ${JSON.stringify(word)}`;
      }
    }
    return undefined;
  }

  /** States behind `state` by `letter`; one that can be reached in two ways stands twice. */
  #after(state: number, letter: string): readonly number[] {
    const {positions, first, follow} = this.#pattern;
    const next = state === outside ? first : (follow[state] ?? []);
    const reached = next.filter((position) => positions[position]?.takes(letter));
    return state === outside && this.#isSearch ? [outside, ...reached] : reached;
  }

  #step(state: number, letter: string): readonly number[] {
    return this.#steps.get(letter)?.get(state) ?? [];
  }

  /** A word that leads from `from` to itself and to `to`, and from `to` to itself; the shortest. */
  #ambiguousWord(from: number, to: number): string | undefined {
    type Triple = readonly [left: number, middle: number, right: number, word: string];
    const seen = new Set<string>();
    let front: Triple[] = [[from, from, to, '']];
    while (front.length > 0) {
      const next: Triple[] = [];
      for (const [left, middle, right, word] of front) {
        for (const letter of this.#letters) {
          for (const l of this.#step(left, letter)) {
            for (const m of this.#step(middle, letter)) {
              for (const r of this.#step(right, letter)) {
                if (l === from && m === to && r === to) return word + letter;
                const key = `${l} ${m} ${r}`;
                if (!seen.has(key)) next.push([l, m, r, word + letter]);
                seen.add(key);
              }
            }
          }
        }
      }
      front = next;
    }
    return undefined;
  }

  /** A word that leads from `state` to itself in two ways, over one step that stands twice. */
  #doubledLoop(state: number): string | undefined {
    const seen = new Set<string>();
    let front: (readonly [at: number, isDoubled: boolean, word: string])[] = [[state, false, '']];
    while (front.length > 0) {
      const next: typeof front = [];
      for (const [at, isDoubled, word] of front) {
        for (const letter of this.#letters) {
          const reached = this.#step(at, letter);
          for (const to of reached) {
            const isNowDoubled = isDoubled || reached.filter((other) => other === to).length > 1;
            if (to === state && isNowDoubled) return word + letter;
            const key = `${to} ${isNowDoubled}`;
            if (!seen.has(key)) next.push([to, isNowDoubled, word + letter]);
            seen.add(key);
          }
        }
      }
      front = next;
    }
    return undefined;
  }

  /** Whether a text that leads to both states can end without a match before or at its end. */
  #canFail(from: number, to: number): boolean {
    const seen = new Set<string>();
    let front: {readonly states: ReadonlySet<number>; readonly isPast: boolean}[] = [
      {states: new Set([outside]), isPast: false},
    ];
    while (front.length > 0) {
      const next: typeof front = [];
      for (const {states, isPast} of front) {
        const isNowPast = isPast || (states.has(from) && states.has(to));
        if (isNowPast && !this.#isMatch(states)) return true;
        for (const letter of this.#letters) {
          const reached = new Set([...states].flatMap((state) => this.#step(state, letter)));
          // A pattern that need not reach the end has matched here, and no more ways are tried.
          if (!this.#pattern.isAnchoredAtEnd && this.#isMatch(reached)) continue;
          const key = `${isNowPast} ${[...reached].toSorted((a, b) => a - b).join(' ')}`;
          if (seen.has(key)) continue;
          seen.add(key);
          // Beyond this it counts as one that can fail.
          if (seen.size > subsetsMax) return true;
          next.push({states: reached, isPast: isNowPast});
        }
      }
      front = next;
    }
    return false;
  }

  #isMatch(states: ReadonlySet<number>): boolean {
    if (this.#pattern.isNullable && states.has(outside)) return true;
    return [...states].some((state) => this.#pattern.last.has(state));
  }
}
