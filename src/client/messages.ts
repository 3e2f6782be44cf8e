// The messages from the business server as an async iterator, for applications that prefer a loop to a handler. Part of a Rainbow.

import type {Payload} from '../protocol/payload.ts';
import type {DataOf, MessageContext, TypeOf} from './schema.ts';

/** One message of {@link Rainbow.messages}; the type says what the data is. */
export type ReceivedMessage<Down> = {
  [Type in TypeOf<Down>]: {
    readonly type: Type;
    readonly data: Payload<DataOf<Down[Type]>>;
    reply(answer: unknown): void;
  } & MessageContext;
}[TypeOf<Down>];

interface Waiting<Message> {
  readonly message: Message;
  /** Acknowledges it. */
  readonly done: () => void;
}

export class Messages<Message> {
  /** Called once, at the end or where the loop is left. */
  onEnd: () => void = () => {};
  readonly #waiting: Waiting<Message>[] = [];
  #wake: () => void = () => {};
  #isOver = false;

  /** Adds one; the promise is what the handler of it returns: settled when the loop goes on to the next. */
  add(facts: object): Promise<unknown> {
    return new Promise((done) => {
      let answer: unknown;
      const reply = (given: unknown): void => {
        answer = given;
      };
      // Type and data belong together by the application's claim.
      const message = {...facts, reply} as Message;
      this.#waiting.push({message, done: () => done(answer)});
      this.#wake();
    });
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *read(): AsyncIterableIterator<Message> {
    try {
      while (true) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          try {
            yield next.message;
          } finally {
            next.done();
          }
        } else if (this.#isOver) return;
        else await new Promise<void>((wake) => (this.#wake = wake));
      }
    } finally {
      this.#isOver = true;
      for (const {done} of this.#waiting.splice(0)) done();
      this.onEnd();
    }
  }
}
