// Does the work for each name once, and returns the same answer to each repeat. The SDK does so by the
// gateway's ids, which end with a connection; this is for ids that a client gives to its messages, which do not.

const answersMax = 10_000;

/** The answers of work that was done, by name. What failed is forgotten, and may be done again. */
export class Once<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  do(name: string, work: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const answer = work();
    this.#answers.set(name, answer);
    answer.catch(() => this.#answers.delete(name));
    // A repeat after ten thousand others, or after a restart, counts as new.
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > answersMax && oldest !== undefined) this.#answers.delete(oldest);
    return answer;
  }
}
