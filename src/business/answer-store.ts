// Where the answers to messages are remembered, so that a message that comes again is not processed again: the interface
// for a store of one's own, and one in memory.

/** An answer as a store keeps it: plain JSON. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body in base64. */
  readonly body: string;
}

/** Remembers answers by the message's id. Its rejections are passed to `onError`. */
export interface AnswerStore {
  /** Before a message is processed; where it rejects, the message is not, and should come again. */
  get(message: string): StoredAnswer | undefined | Promise<StoredAnswer | undefined>;
  /** After it was processed, and before that is answered. */
  set(message: string, answer: StoredAnswer): void | Promise<void>;
}

/** Bounds of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** @default 10_000 */
  readonly answersMax?: number;
  /** Of bodies and headers, in characters. @default 67_108_864 */
  readonly charactersMax?: number;
}

/** The latest answers, in the memory of this process; at a bound the oldest is forgotten. */
export class MemoryStore implements AnswerStore {
  readonly #answersMax: number;
  readonly #charactersMax: number;
  readonly #answers = new Map<string, StoredAnswer>();
  #characters = 0;

  constructor({answersMax = 10_000, charactersMax = 67_108_864}: MemoryStoreOptions = {}) {
    this.#answersMax = answersMax;
    this.#charactersMax = charactersMax;
  }

  /** Answers remembered. */
  get size(): number {
    return this.#answers.size;
  }

  get(message: string): StoredAnswer | undefined {
    return this.#answers.get(message);
  }

  set(message: string, answer: StoredAnswer): void {
    this.#forget(message);
    this.#answers.set(message, answer);
    this.#characters += charactersOf(message, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= this.#answersMax && this.#characters <= this.#charactersMax) break;
      this.#forget(oldest);
    }
  }

  #forget(message: string): void {
    const answer = this.#answers.get(message);
    if (answer === undefined) return;
    this.#answers.delete(message);
    this.#characters -= charactersOf(message, answer);
  }
}

function charactersOf(message: string, {headers, body}: StoredAnswer): number {
  let characters = message.length + body.length;
  for (const [name, value] of Object.entries(headers)) characters += name.length + value.length;
  return characters;
}
