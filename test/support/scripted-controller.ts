// The controller of a request for tests that answer undici's requests themselves: it is aborted once, and never paused.

import type {Dispatcher} from 'undici';

/** `onAbort` is called once, with the reason. */
export class ScriptedController implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders = null;
  rawTrailers = null;
  readonly #onAbort: (error: Error) => void;

  constructor(onAbort: (error: Error) => void) {
    this.#onAbort = onAbort;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#onAbort(reason);
  }

  pause(): void {}
  resume(): void {}
}
