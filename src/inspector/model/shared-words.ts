// Each word once. JSON makes a string of its own for every name of a chart, a state, a client and a message in every line;
// in tens of thousands of lines that are kept these take more memory than all the rest.

import type {TraceLine} from '../../story/trace.ts';

/** Words that are known at a time; identities and ids of messages come and go. */
const wordsMax = 20_000;

type Members = Record<string, unknown>;

export class SharedWords {
  #words = new Map<string, string>();

  /** Puts the words that are known into `line`, which is not shared yet. */
  share(line: TraceLine): void {
    this.#shareMembers(line as unknown as Members);
    if (line.kind === 'roster') for (const row of line.rows) this.#shareMembers(row as unknown as Members);
  }

  #shareMembers(members: Members): void {
    for (const name of Object.keys(members)) {
      const value = members[name];
      // A payload is hardly ever there twice.
      if (typeof value === 'string' && name !== 'payload') members[name] = this.#shared(value);
      else if (Array.isArray(value)) this.#shareList(value);
    }
  }

  #shareList(list: unknown[]): void {
    for (const [place, value] of list.entries()) if (typeof value === 'string') list[place] = this.#shared(value);
  }

  #shared(word: string): string {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    if (this.#words.size >= wordsMax) this.#words = new Map();
    this.#words.set(word, word);
    return word;
  }
}
