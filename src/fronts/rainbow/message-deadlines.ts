// The deadline of every WebSocket message that is not whole yet, whatever else its client sends meanwhile. Only clients
// with such a message stand here.

import type {Clock} from '../../core/clock.ts';
import {DeadlineQueue, type Expiring} from '../../core/deadline-queue.ts';

/** Notified once when its message is late. */
export interface MessageSender extends Expiring<MessageSender> {
  messageLate(): void;
}

export class MessageDeadlines {
  readonly #clock: Clock;
  readonly #waiting: DeadlineQueue<MessageSender>;
  /** Their time is over, and what their sockets have to say by now is not read yet. */
  readonly #due = new Set<MessageSender>();

  /** `requestTurn` makes sure that {@link look} is called once the sockets have been read. */
  constructor(clock: Clock, timeoutMs: number, requestTurn: () => void) {
    this.#clock = clock;
    this.#waiting = new DeadlineQueue(clock, timeoutMs, (sender) => {
      this.#due.add(sender);
      requestTurn();
    });
  }

  /** A message has begun. */
  begin(sender: MessageSender): void {
    this.end(sender);
    this.#waiting.add(sender, this.#clock.now());
  }

  /** It is whole, or its sender has gone. */
  end(sender: MessageSender): void {
    this.#waiting.delete(sender);
    this.#due.delete(sender);
  }

  /** The end of the edge: no message is late any more. */
  stop(): void {
    this.#waiting.stop();
    this.#due.clear();
  }

  /** At the end of each turn. */
  look(): void {
    if (this.#due.size === 0) return;
    for (const sender of this.#due) sender.messageLate();
    this.#due.clear();
  }
}
