// Each message is processed once, by its id [RB-63]: one that was answered gets that answer again, one that is being
// processed is joined. A failure is not remembered, so that the message may come again.
//
//   message ──► running? ──yes──► its answer, when it comes
//                  │no
//               stored? ──yes──► that answer
//                  │no
//                 run ──► 2xx? stored, then answered

import type {Answer} from './answer.ts';
import type {AnswerStore, StoredAnswer} from './answer-store.ts';

/** Runs each message once, at most `runningMax` at a time. */
export class Repeats {
  readonly #store: AnswerStore;
  readonly #runningMax: number;
  readonly #running = new Map<string, Promise<Answer>>();

  constructor(store: AnswerStore, runningMax: number) {
    this.#store = store;
    this.#runningMax = runningMax;
  }

  /**
   * The answer to `message`, which `run` makes unless there is one; an empty id is never a repeat. `undefined` at the
   * bound. `onUnstored` gets the reason why an answer could not be stored.
   */
  answer(
    message: string,
    run: () => Promise<Answer>,
    onUnstored: (error: unknown) => void,
  ): Promise<Answer> | undefined {
    if (message === '') return run();
    const running = this.#running.get(message);
    if (running !== undefined) return running;
    if (this.#running.size >= this.#runningMax) return undefined;
    const started = this.#start(message, run, onUnstored).finally(() => this.#running.delete(message));
    this.#running.set(message, started);
    return started;
  }

  async #start(message: string, run: () => Promise<Answer>, onUnstored: (error: unknown) => void): Promise<Answer> {
    const stored = await this.#store.get(message);
    if (stored !== undefined) return unpack(stored);
    const answer = await run();
    if (answer.status < 200 || answer.status > 299) return answer;
    try {
      await this.#store.set(message, pack(answer));
    } catch (error) {
      // The message is done: a failure reported to the gateway would certainly repeat it.
      onUnstored(error);
    }
    return answer;
  }
}

function pack({status, headers, body}: Answer): StoredAnswer {
  return {status, headers, body: Buffer.from(body).toString('base64')};
}

function unpack({status, headers, body}: StoredAnswer): Answer {
  return {status, headers, body: Buffer.from(body, 'base64')};
}
