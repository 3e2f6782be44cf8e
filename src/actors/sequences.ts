// The numbers and ids that one thread gives out.

import {messageIdMax} from '../protocol/packet.ts';

/** Bytes of the memory in which the threads of a node count tickets, and keep the last token of an occupant. */
export const ticketsBytes = 2 * BigInt64Array.BYTES_PER_ELEMENT;

/** The part of it for tokens. */
export function lastToken(tickets: SharedArrayBuffer): BigInt64Array {
  return new BigInt64Array(tickets, BigInt64Array.BYTES_PER_ELEMENT, 1);
}

export class Sequences {
  readonly #prefix: string;
  #messageId = 0;
  #call = 0;
  #connection = 0;
  #publication = 0;
  #message = 0;
  #event = 0;
  readonly #tickets: BigInt64Array;

  /**
   * `prefix` identifies this run of this thread. It is unguessable and consists of letters and digits. The threads of
   * a node share `tickets`.
   */
  constructor(prefix: string, tickets: SharedArrayBuffer = new SharedArrayBuffer(ticketsBytes)) {
    this.#prefix = prefix;
    this.#tickets = new BigInt64Array(tickets);
  }

  /** The place of a joining among all of this node. */
  nextTicket(): number {
    return Number(Atomics.add(this.#tickets, 0, 1n)) + 1;
  }

  /** Wire ids in turn, 1 to 65,534 and around; whether one is free is the session's to know. [RB-04] */
  nextMessageId(): number {
    this.#messageId = this.#messageId === messageIdMax ? 1 : this.#messageId + 1;
    return this.#messageId;
  }

  /** Numbers for calls. */
  nextCall(): number {
    return ++this.#call;
  }

  /** Numbers for connections, for traces. */
  nextConnection(): number {
    return ++this.#connection;
  }

  /** The id of a publication, returned in the answer to /send/. */
  nextPublication(): string {
    return `p${this.#prefix}${(++this.#publication).toString(36)}`;
  }

  /** The id of the close call of connection `number`, sent as RAINBOWMESSAGEID; the same each time it is asked for. [RB-63] */
  closeOf(number: number): string {
    return `c${this.#prefix}${number.toString(36)}`;
  }

  /** The id of an event, or of a batch of them, sent as RAINBOWMESSAGEID. */
  nextEvent(): string {
    return `e${this.#prefix}${(++this.#event).toString(36)}`;
  }

  /** The id of an upstream message, sent as RAINBOWMESSAGEID. [RB-63] */
  nextMessage(): string {
    return `m${this.#prefix}${(++this.#message).toString(36)}`;
  }
}
