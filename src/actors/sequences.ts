// The numbers and ids that one thread gives out.

import {messageIdMax} from '../protocol/packet.ts';

export class Sequences {
  readonly #prefix: string;
  #messageId = 0;
  #call = 0;
  #publication = 0;
  #message = 0;

  /** `prefix` tells this run of this thread from every other: unguessable, made of letters and digits. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Wire ids in turn, 1 to 65,534 and around; whether one is free is the connection's to know. [RB-04] */
  nextMessageId(): number {
    this.#messageId = this.#messageId === messageIdMax ? 1 : this.#messageId + 1;
    return this.#messageId;
  }

  /** Numbers for calls. */
  nextCall(): number {
    return ++this.#call;
  }

  /** The id of a publication, told in the answer to /send/. */
  nextPublication(): string {
    return `p${this.#prefix}${(++this.#publication).toString(36)}`;
  }

  /** The id of an upstream message, sent as RAINBOWMESSAGEID. [RB-63] */
  nextMessage(): string {
    return `m${this.#prefix}${(++this.#message).toString(36)}`;
  }
}
