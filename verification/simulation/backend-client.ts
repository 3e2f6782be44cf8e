// One shard's way to the business server, where the product has a pool of workers and HTTP: passes calls on, brings the
// answers back, and ends as the pool does.

import {type Answer, type Call, type UpstreamTransport, unsent} from '../../src/upstream/call.ts';
import type {BusinessServer} from './business-server.ts';
import type {Harness} from './harness.ts';

export class BusinessLine implements UpstreamTransport {
  readonly #harness: Harness;
  readonly #server: BusinessServer;
  readonly #defer: (run: () => void) => void;
  readonly #open = new Set<Call>();
  #receive: (answers: readonly Answer[]) => void = () => {};
  #isClosing = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  /** `defer` puts off what follows to after the turns of its thread that are due. */
  constructor(harness: Harness, server: BusinessServer, defer: (run: () => void) => void) {
    this.#defer = defer;
    this.#harness = harness;
    this.#server = server;
  }

  /** Calls that are not answered. */
  get openCount(): number {
    return this.#open.size;
  }

  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    this.#receive = receive;
  }

  dispatch(calls: readonly Call[]): void {
    for (const call of calls) {
      // Who was let in within the grace must still be reported closed. [RB-64]
      const isTaken = !this.#isClosing || (call.kind === 'close' && !this.#isClosed);
      if (isTaken) {
        this.#open.add(call);
        this.#server.take(call, (answer) => this.#answer(call, answer));
      } else {
        this.#harness.clock.startTimer(0, () => this.#tell(call, failed(call)));
      }
    }
  }

  /** The harness has no queue: what was dispatched was sent. */
  withdraw(): void {}

  /** Calls under way may finish within `graceMs`, the rest fails. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const {clock} = this.#harness;
    const endAt = clock.now() + graceMs;
    while (this.#open.size > 0 && clock.now() < endAt) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      const timer = clock.startTimer(endAt - clock.now(), resolve);
      await promise;
      timer.cancel();
      // The turn that follows the last answer may have one more close call to make.
      await new Promise<void>((done) => this.#defer(done));
    }
    this.#isClosed = true;
    for (const call of [...this.#open]) this.#answer(call, failed(call));
  }

  #answer(call: Call, answer: Answer): void {
    if (!this.#open.delete(call)) return;
    this.#tell(call, answer);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  #tell(call: Call, answer: Answer): void {
    this.#server.tells(call, answer);
    this.#receive([answer]);
  }
}

function failed({call}: Call): Answer {
  return {...unsent(call, 'stopped'), wasSent: true};
}
