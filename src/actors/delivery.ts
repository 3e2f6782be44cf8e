// One QoS 1 or 2 message on its way to one client: the one object a delivery costs. It is also the message itself: the
// publication tells it to the connection, and the connection tells it back when it has made progress. Between the two it
// belongs to the connection, which runs its chart (machines/outbound-delivery.ts).

import {outboundQos1, outboundQos2} from '../machines/outbound-delivery.ts';
import {emptyBytes} from '../protocol/packet.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {ConnectionMessage} from './messages.ts';
import type {Publication} from './publication.ts';

/** Bits of {@link Delivery.progress}. */
export const progressConfirmed = 1;
export const progressEnded = 2;
/** The client's queue was full; always together with {@link progressEnded}. */
export const progressRefused = 4;

export class Delivery {
  readonly kind = 'deliver';
  readonly publication: Publication;
  readonly recipient: ActorRef<ConnectionMessage>;
  /** State of its chart, as the table's code. */
  state = 0;
  /** Its id on the wire; 0 until it is transmitted. */
  id = 0;
  /** When its latest packet went out, monotonic whole ms. */
  sentAt = 0;
  /** What the connection has found so far, as bits; the publication compares it with {@link accounted}. */
  progress = 0;
  /** The part of {@link progress} the publication has counted. */
  accounted = 0;
  /** The client's answer, once confirmed. */
  reply: Uint8Array = emptyBytes;

  constructor(publication: Publication, recipient: ActorRef<ConnectionMessage>) {
    this.publication = publication;
    this.recipient = recipient;
  }

  /** The chart it runs. */
  get table(): typeof outboundQos1 | typeof outboundQos2 {
    return this.publication.qos === 1 ? outboundQos1 : outboundQos2;
  }
}
