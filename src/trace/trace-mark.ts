// What a recorder keeps with each connection and each message, in their one slot `traced`. No other code reads it.

/** See {@link TraceMark.sendValue}. */
export const noSendValue = -1;

export class TraceMark {
  /** Identity of the client, or id of the message. */
  readonly name: string;
  /** Of a connection, in its thread; 0 where it is not known. */
  readonly number: number;
  /** Bits of those who watch it: of a message once and for all, of a connection as of {@link epoch}. */
  mask = 0;
  /** Of a connection: the change of what is watched as of which {@link mask} holds. */
  epoch = 0;
  /** Number of {@link name} in the ring; 0 while it has none. */
  place = 0;

  /** What a record holds of the message's SEND; {@link noSendValue} where that does not fit, or was not known in time. */
  readonly sendValue: number;

  constructor(name: string, number = 0, sendValue = noSendValue) {
    this.name = name;
    this.number = number;
    this.sendValue = sendValue;
  }
}

/** What may have a mark. */
export interface Marked {
  /** The recorder's; `undefined` for a new object, and for one that has got another name. */
  traced: TraceMark | undefined;
}

/** The mark of a connection, which is made where it has none. */
export function clientOf(subject: Client): TraceMark {
  return subject.traced ?? markClient(subject);
}

/** The mark of a message, as {@link clientOf}. */
export function markOf(message: Message): TraceMark {
  return message.traced ?? markMessage(message);
}

interface Client extends Marked {
  readonly number: number;
  readonly identity: string;
}

interface Message extends Marked {
  readonly message: string;
}

// Apart: what is called on the hot path is to stay small enough to be compiled into its callers.
function markClient(subject: Client): TraceMark {
  const mark = new TraceMark(subject.identity, subject.number);
  subject.traced = mark;
  return mark;
}

function markMessage(message: Message): TraceMark {
  const mark = new TraceMark(message.message);
  message.traced = mark;
  return mark;
}
