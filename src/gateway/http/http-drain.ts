// Ends the HTTP server without cutting an answer short and without waiting for callers that dawdle. Installed by
// http-api.ts; `close()` of the fastify instance goes through here.
//
//   open ──close()──► draining: not listening, calls under way may end ──none left, or grace over──► 250 ms ──► cut
//
// Connections upgraded to WebSocket are not the HTTP server's any more: the gateway ends those, and fastify's close()
// settles only once they are gone too.

import type {FastifyInstance} from 'fastify';
import type {Clock, Timer} from '../../core/clock.ts';

// For the last answers to leave; what is open after that is idle, half a request, or a reader that has stopped.
const flushMs = 250;

/** Counts the calls under way, and waits for them at the end. */
export class HttpDrain {
  readonly #clock: Clock;
  readonly #graceMs: number;
  #underWay = 0;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  /** `graceMs` bounds the wait for calls under way. */
  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Whether the end has begun: new calls are refused, and every answer closes its connection. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** A call has gone to the router. */
  begin(): void {
    this.#underWay += 1;
  }

  /** Its answer has been handed to the socket. */
  end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
  }

  /** Makes `close()` of `app` drain first. */
  install(app: FastifyInstance): void {
    app.addHook('preClose', (done) => {
      this.#isClosing = true;
      // Stops listening and closes idle connections at once; fastify's own call afterwards finds it done.
      if (app.server.listening) app.server.close();
      this.#afterCalls(() => {
        this.#clock.startTimer(flushMs, () => app.server.closeAllConnections());
        done();
      });
    });
  }

  #afterCalls(next: () => void): void {
    if (this.#underWay === 0) {
      next();
      return;
    }
    let deadline: Timer | undefined;
    const finish = (): void => {
      deadline?.cancel();
      this.#onIdle = undefined;
      next();
    };
    this.#onIdle = finish;
    deadline = this.#clock.startTimer(this.#graceMs, finish);
  }
}
