// The messages that wait to be transmitted to one client of `rainbow.v2`, in the order accepted. [RB-45]

import type {Delivery} from './delivery.ts';

export class V2Queue {
  #deliveries: Delivery[] = [];
  #bytes = 0;

  get size(): number {
    return this.#deliveries.length;
  }

  /** Of their payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  get deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  hasRoomFor(payloadBytes: number, countMax: number, bytesMax: number): boolean {
    return this.#deliveries.length < countMax && this.#bytes + payloadBytes <= bytesMax;
  }

  add(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    this.#bytes += delivery.publication.payloadBytes;
  }

  /** The first one. */
  take(): Delivery | undefined {
    const delivery = this.#deliveries.shift();
    if (delivery !== undefined) this.#bytes -= delivery.publication.payloadBytes;
    return delivery;
  }

  /** Takes out those that are not worth a transmission any more. */
  takeExpired(now: number): readonly Delivery[] {
    const expired = this.#deliveries.filter(({publication}) => (publication.expiresAt ?? Infinity) <= now);
    if (expired.length === 0) return expired;
    this.#deliveries = this.#deliveries.filter(({publication}) => (publication.expiresAt ?? Infinity) > now);
    for (const {publication} of expired) this.#bytes -= publication.payloadBytes;
    return expired;
  }

  /** Takes out all. */
  clear(): readonly Delivery[] {
    const all = this.#deliveries;
    this.#deliveries = [];
    this.#bytes = 0;
    return all;
  }
}
