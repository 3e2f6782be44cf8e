// All messages that have not ended, and how each of them ends: once, by an answer, an error or the store's keeping it.
// Settles the caller's promise and notifies listeners; of an end only when the store has recorded it, or a page that dies
// in between would report another one. Part of the outbox, which decides when; this decides nothing.

import {readPayload} from '../protocol/payload.ts';
import {RainbowClientError} from './errors.ts';
import type {DeliveryEvent, DeliveryFacts, PendingMessage} from './events.ts';
import type {Settings} from './options.ts';
import {isOver, type Outgoing} from './outgoing.ts';

/** What a message is made of. */
export type NewMessage = Pick<
  Outgoing,
  'key' | 'type' | 'qos' | 'payload' | 'mayRepeat' | 'order' | 'dueAt' | 'settling' | 'wasTransmitted'
>;

/** What `send()` has made of its arguments. */
export type OutboxMessage = Pick<NewMessage, 'key' | 'type' | 'qos' | 'payload' | 'mayRepeat' | 'settling'> & {
  /** Milliseconds; may be `Infinity`. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
};

/** The longest that timers of the platform can wait, 24 days; more is for ever. */
export const timerMsMax = 2 ** 31 - 1;

export class Ledger {
  readonly #settings: Settings;
  readonly #tell: (event: DeliveryEvent) => void;
  readonly #whenStored: (run: () => void) => void;
  readonly #messages = new Map<string, Outgoing>();
  #bytes = 0;

  constructor(settings: Settings, tell: (event: DeliveryEvent) => void, whenStored: (run: () => void) => void) {
    this.#settings = settings;
    this.#tell = tell;
    this.#whenStored = whenStored;
  }

  get all(): Outgoing[] {
    return [...this.#messages.values()];
  }

  /** All, in the order in which they were sent. */
  get pending(): PendingMessage[] {
    return this.all.map((message) => ({...factsOf(message), data: readPayload(message.payload)}));
  }

  has(key: string): boolean {
    return this.#messages.has(key);
  }

  /** Throws where there is no room for a message. [RB-52] */
  checkRoom(key: string, payload: Uint8Array): void {
    const {outboxMax, outboxBytesMax} = this.#settings;
    if (this.has(key)) throw new RainbowClientError('RB_ARGUMENT', `The key ${key} is in use. Use a new one.`);
    if (this.#messages.size >= outboxMax)
      throw new RainbowClientError('RB_OUTBOX_FULL', `${outboxMax} messages wait (limit outboxMax). Send later.`);
    if (this.#bytes + payload.length > outboxBytesMax) {
      throw new RainbowClientError(
        'RB_OUTBOX_FULL',
        `The messages that wait take too many bytes (limit ${outboxBytesMax}). Send later.`,
      );
    }
  }

  add(facts: NewMessage): Outgoing {
    const message: Outgoing = {
      ...facts,
      state: 'queued',
      isMarked: facts.wasTransmitted,
      flow: undefined,
      timer: undefined,
      forgetSignal: undefined,
    };
    this.#messages.set(message.key, message);
    this.#bytes += message.payload.length;
    this.#tell({...factsOf(message), state: 'queued'});
    return message;
  }

  /** Calls `giveUp` when the message's time is up, or its caller gives it up. */
  limit(
    message: Outgoing,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    giveUp: (error: RainbowClientError) => void,
  ): void {
    if (timeoutMs <= timerMsMax) {
      message.timer = this.#settings.clock.startTimer(timeoutMs, () => {
        giveUp(new RainbowClientError(isTransmitted(message) ? 'RB_UNANSWERED' : 'RB_EXPIRED'));
      });
    }
    if (signal === undefined) return;
    const abort = (): void => giveUp(abortedError(signal, isTransmitted(message)));
    signal.addEventListener('abort', abort, {once: true});
    message.forgetSignal = () => signal.removeEventListener('abort', abort);
  }

  /** Goes on, and says so. */
  turn(message: Outgoing, state: 'queued' | 'sent' | 'atGateway'): void {
    message.state = state;
    this.#tell({...factsOf(message), state});
  }

  /** QoS 0 ends here. */
  sent(message: Outgoing): void {
    this.#finish(message, 'sent');
    message.settling?.resolve(undefined);
    this.#tell({...factsOf(message), state: 'sent'});
  }

  answered(message: Outgoing, reply: Uint8Array): void {
    this.#finish(message, 'answered');
    this.#whenStored(() => {
      const answer = readPayload(reply);
      message.settling?.resolve(answer);
      this.#tell({...factsOf(message), state: 'answered', answer});
    });
  }

  ended(message: Outgoing, state: 'failed' | 'kept', error: RainbowClientError): void {
    if (isOver(message)) return;
    this.#finish(message, state);
    this.#whenStored(() => {
      message.settling?.reject(error);
      this.#tell({...factsOf(message), state, error});
    });
  }

  #finish(message: Outgoing, state: 'sent' | 'answered' | 'failed' | 'kept'): void {
    message.state = state;
    message.timer?.cancel();
    message.forgetSignal?.();
    this.#messages.delete(message.key);
    this.#bytes -= message.payload.length;
  }
}

/** What `send()` rejects with at its caller's signal. */
export function abortedError(signal: AbortSignal, mayHaveArrived: boolean): RainbowClientError {
  return new RainbowClientError('RB_ABORTED', undefined, {cause: signal.reason, mayHaveArrived});
}

function factsOf({key, type, qos, state, wasTransmitted}: Outgoing): DeliveryFacts {
  return {key, type, qos, state, mayBeRepeat: wasTransmitted};
}

function isTransmitted({flow, wasTransmitted}: Outgoing): boolean {
  return wasTransmitted || flow !== undefined;
}
