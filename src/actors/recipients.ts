// The recipients of a publication, and what they are sent.

import type {PublishRequest} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Subject, TracedPublication} from '../trace/observer.ts';
import type {TraceMark} from '../trace/trace-mark.ts';
import type {DeliveryMessage} from './delivery.ts';

/** What a message says, and where. */
export type PublicationContent = Pick<PublishRequest, 'type' | 'channel' | 'payload'>;

/** One QoS 0 message, as it goes to every client. It lives for a turn. */
export class Broadcast implements TracedPublication {
  readonly qos = 0;
  readonly message: string;
  readonly type: number;
  /** Where it was published to. */
  readonly channel: string | undefined;
  readonly payload: Uint8Array;
  traced: TraceMark | undefined;

  constructor(message: string, request: PublicationContent, traced: TraceMark | undefined) {
    const {type, channel, payload} = request;
    this.message = message;
    this.type = type;
    this.channel = channel;
    this.payload = payload;
    this.traced = traced;
  }
}

/** What a codec made of all messages of a {@link BroadcastBatch} together. */
export interface BatchForm {
  /** What another codec made of it. */
  readonly next: BatchForm | undefined;
}

/** To a session: QoS 0 messages, at least one, in order; the same object for every client. */
export interface BroadcastBatch {
  readonly kind: 'broadcast';
  readonly broadcasts: readonly Broadcast[];
  /** The first of the forms. A codec puts its own before it. */
  form: BatchForm | undefined;
}

/** A session, as a publication sees it. */
export type Recipient = ActorRef<DeliveryMessage | BroadcastBatch>;

/** Some sessions: the keys of a map or set. */
export type Recipients = Pick<ReadonlySet<Recipient>, 'size' | 'keys'>;

/**
 * Messages waiting for one session at which further ones are refused: what ends it, and the answers that it waits for,
 * still find room, so that it is reported closed. [RB-64]
 */
export const deliveryDepthMax = 100_000;

/** A recipient whose mailbox is full or which has ended, for a trace: its name is all that is known. */
export function strangerAt({name}: {readonly name: string}): Subject {
  return {number: 0, identity: name, traced: undefined};
}
