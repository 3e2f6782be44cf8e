// The deliveries of one connection by their id. Ids come from a counter, so their low bits alone spread them well, and
// the deliveries themselves are the entries: finding, adding and removing one allocates nothing.

import type {Delivery} from './delivery.ts';

const slotsAtStart = 8;
/** A table up to this size is kept when it runs empty; a larger one is given back. */
const slotsKept = 128;

export class InFlight {
  #slots: (Delivery | undefined)[] = empty(slotsAtStart);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(id: number): Delivery | undefined {
    let found = this.#slots[id & (this.#slots.length - 1)];
    while (found !== undefined && found.id !== id) found = found.next;
    return found;
  }

  /** Adds a delivery whose id is not in the table. */
  add(delivery: Delivery): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#put(this.#slots, delivery);
    this.#size++;
  }

  /** Removes a delivery that is in the table. */
  remove(delivery: Delivery): void {
    const slot = delivery.id & (this.#slots.length - 1);
    let place = this.#slots[slot];
    if (place === delivery) {
      this.#slots[slot] = delivery.next;
    } else {
      while (place !== undefined && place.next !== delivery) place = place.next;
      if (place === undefined) return;
      place.next = delivery.next;
    }
    delivery.next = undefined;
    this.#size--;
    if (this.#size === 0 && this.#slots.length > slotsKept) this.#slots = empty(slotsAtStart);
  }

  /** All, in no order. */
  *values(): IterableIterator<Delivery> {
    for (const first of this.#slots) {
      for (let delivery = first; delivery !== undefined; delivery = delivery.next) yield delivery;
    }
  }

  /** Takes all out, in no order. */
  clear(): Delivery[] {
    const all: Delivery[] = [];
    for (const first of this.#slots) {
      for (let delivery = first; delivery !== undefined; ) {
        const {next} = delivery;
        delivery.next = undefined;
        all.push(delivery);
        delivery = next;
      }
    }
    this.#slots = empty(slotsAtStart);
    this.#size = 0;
    return all;
  }

  #grow(): void {
    const grown = empty(this.#slots.length * 2);
    for (const delivery of this.clear()) {
      this.#put(grown, delivery);
      this.#size++;
    }
    this.#slots = grown;
  }

  #put(slots: (Delivery | undefined)[], delivery: Delivery): void {
    const slot = delivery.id & (slots.length - 1);
    delivery.next = slots[slot];
    slots[slot] = delivery;
  }
}

function empty(slots: number): (Delivery | undefined)[] {
  return new Array<Delivery | undefined>(slots).fill(undefined);
}
