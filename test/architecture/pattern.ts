// A regular expression as an automaton whose states are its characters (Glushkov's): which one may follow which. Made for
// pattern-growth.ts, which asks how the time of matching grows. A bounded repetition stands for a few of its turns, an anchor inside and a
// look-around for nothing, since neither makes a loop; the insides of a look-around are a pattern of their own.

/** One place for a character in the pattern. */
export interface Position {
  /** Whether the place takes the character. */
  readonly takes: (character: string) => boolean;
}

/** How a part of a pattern can begin, end and be passed over. */
interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly isNullable: boolean;
}

export interface Pattern {
  readonly positions: readonly Position[];
  readonly first: readonly number[];
  readonly last: ReadonlySet<number>;
  readonly isNullable: boolean;
  /** For each position those that may come behind it; one that stands twice can be reached in two ways. */
  readonly follow: readonly (readonly number[])[];
  readonly isAnchoredAtStart: boolean;
  readonly isAnchoredAtEnd: boolean;
  /** The insides of look-arounds. */
  readonly lookarounds: readonly string[];
}

const turnsMax = 3;
const nothing: Part = {first: [], last: [], isNullable: true};

/** Reads `source`. Throws for what it does not know: back references, and modifiers inside the pattern. */
export function readPattern(source: string, flags: string): Pattern {
  return new PatternReader(source, flags).read();
}

class PatternReader {
  readonly #source: string;
  readonly #flags: string;
  readonly #positions: Position[] = [];
  readonly #follow: number[][] = [];
  readonly #lookarounds: string[] = [];
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags.replaceAll(/[gyd]/g, '');
  }

  read(): Pattern {
    const part = this.#alternatives();
    if (this.#at < this.#source.length) throw new Error(`Unexpected ${this.#source.slice(this.#at)}`);
    const isMultiline = this.#flags.includes('m');
    const isAlternative = splitsAtTop(this.#source);
    return {
      ...part,
      last: new Set(part.last),
      positions: this.#positions,
      follow: this.#follow,
      // An anchor in one of several alternatives leaves the others free: counted as free on both sides.
      isAnchoredAtStart: this.#source.startsWith('^') && !isMultiline && !isAlternative,
      isAnchoredAtEnd: /(?<!\\)\$$/.test(this.#source) || isAlternative,
      lookarounds: this.#lookarounds,
    };
  }

  #alternatives(): Part {
    let part = this.#sequence();
    while (this.#takes('|')) {
      const other = this.#sequence();
      part = {
        first: [...part.first, ...other.first],
        last: [...part.last, ...other.last],
        isNullable: part.isNullable || other.isNullable,
      };
    }
    return part;
  }

  #sequence(): Part {
    let part = nothing;
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      part = this.#join(part, this.#quantified());
    }
    return part;
  }

  #quantified(): Part {
    const start = this.#at;
    const part = this.#atom();
    const [, symbol = '', low = '', comma, high = ''] =
      /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at)) ?? [];
    if (symbol === '' && low === '') return part;
    const end = this.#at + (/^(?:[*+?]|\{\d+,?\d*\})\??/.exec(this.#source.slice(this.#at))?.[0].length ?? 0);
    const isLoop = symbol === '*' || symbol === '+' || (comma === ',' && high === '');
    const least = symbol === '' ? Number(low) : symbol === '+' ? 1 : 0;
    const most = symbol === '?' ? 1 : comma === ',' ? Number(high) : least;
    if (isLoop) this.#loop(part);
    // The part itself is one turn; more of them are read again from the source.
    let all: Part = least === 0 ? {...part, isNullable: true} : part;
    const turns = isLoop ? Math.min(least, turnsMax) : Math.min(most, turnsMax);
    for (let turn = 1; turn < turns; turn++) {
      this.#at = start;
      const again = this.#atom();
      if (isLoop) this.#loop(again);
      all = this.#join(all, turn < least ? again : {...again, isNullable: true});
    }
    this.#at = end;
    return all;
  }

  #atom(): Part {
    const rest = this.#source.slice(this.#at);
    const group = /^\((?:\?(?:(:)|(=|!|<=|<!)|<[^>]*>))?/.exec(rest);
    if (group !== null) return this.#group(group[0], group[2] !== undefined);
    const assertion = /^(?:\^|\$|\\b|\\B)/.exec(rest)?.[0];
    if (assertion !== undefined) {
      this.#at += assertion.length;
      return nothing;
    }
    if (/^\\[1-9k]/.test(rest)) throw new Error('A back reference');
    const text =
      /^\[(?:\\.|[^\]\\])*\]/s.exec(rest)?.[0] ??
      /^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|.)/s.exec(rest)?.[0] ??
      /^./su.exec(rest)?.[0] ??
      '';
    this.#at += text.length;
    const one = new RegExp(`^(?:${text})$`, this.#flags.replace('m', ''));
    const position = this.#positions.push({takes: (character) => one.test(character)}) - 1;
    this.#follow.push([]);
    return {first: [position], last: [position], isNullable: false};
  }

  #group(opening: string, isLookaround: boolean): Part {
    const start = this.#at + opening.length;
    this.#at = start;
    const {length} = this.#positions;
    const part = this.#alternatives();
    if (!this.#takes(')')) throw new Error('A group that does not end');
    if (!isLookaround) return part;
    this.#lookarounds.push(this.#source.slice(start, this.#at - 1));
    // Its characters are no part of the way through the pattern.
    this.#positions.length = length;
    this.#follow.length = length;
    return nothing;
  }

  #join(left: Part, right: Part): Part {
    for (const position of left.last) this.#follow[position]?.push(...right.first);
    return {
      first: left.isNullable ? [...left.first, ...right.first] : left.first,
      last: right.isNullable ? [...left.last, ...right.last] : right.last,
      isNullable: left.isNullable && right.isNullable,
    };
  }

  #loop(part: Part): void {
    for (const position of part.last) this.#follow[position]?.push(...part.first);
  }

  #takes(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

/** Whether a `|` stands outside of all groups and classes. */
function splitsAtTop(source: string): boolean {
  const bare = source.replaceAll(/\\./gs, '..').replaceAll(/\[[^\]]*\]/g, '.');
  let depth = 0;
  for (const character of bare) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}
