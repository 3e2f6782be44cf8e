// The link of the sandbox. It may lose, copy, delay and reorder, but packets of one id keep their order in each direction,
// as on the one TCP stream of a connection: what exactly once rests on (docs/proof.md, "What the guarantees rest on").

import type {Random} from '../../core/random.ts';
import type {Packet} from '../../protocol/packet.ts';
import type {Flight, Journal} from './journal.ts';

/** How bad the link is by itself, each in percent of the packets. */
export interface Weather {
  readonly lossPercent: number;
  readonly copyPercent: number;
  readonly delayPercent: number;
}

export const calm: Weather = {lossPercent: 0, copyPercent: 0, delayPercent: 0};

/** From one end to the other. */
export const latencyMs = 700;

const delayMs = 2_000;

/** Packets on the link at which a copy is refused: the page could not show more. */
const flightsMax = 40;

export class Wire {
  weather: Weather = calm;
  readonly #journal: Journal;
  readonly #random: Random;
  /** In the order in which they were sent; copies stand behind their originals. */
  #flights: Flight[] = [];
  #numbers = 0;

  constructor(journal: Journal, random: Random) {
    this.#journal = journal;
    this.#random = random;
  }

  get flights(): readonly Flight[] {
    return this.#flights;
  }

  /** The one to arrive next. */
  get next(): Flight | undefined {
    return this.#flights.reduce<Flight | undefined>(
      (first, flight) => (first === undefined || flight.dueAt < first.dueAt ? flight : first),
      undefined,
    );
  }

  transmit(direction: Flight['direction'], packet: Packet, message: number): void {
    const flight = this.#add(direction, packet, message, this.#journal.now + latencyMs);
    this.#journal.add({kind: 'sent', flight});
    const {lossPercent, copyPercent, delayPercent} = this.weather;
    if (this.#happens(delayPercent)) this.delay(flight.number);
    if (this.#happens(copyPercent)) this.copy(flight.number);
    if (this.#happens(lossPercent)) this.lose(flight.number);
  }

  /** Takes it off the link: it has arrived. */
  take(flight: Flight): void {
    this.#remove(flight.number);
    this.#journal.add({kind: 'arrived', flight});
  }

  lose(number: number): void {
    const flight = this.#remove(number);
    if (flight !== undefined) this.#journal.add({kind: 'lost', flight});
  }

  /** A second one arrives right behind it. */
  copy(number: number): void {
    const place = this.#flights.findIndex((flight) => flight.number === number);
    const flight = this.#flights[place];
    if (flight === undefined || this.#flights.length >= flightsMax) return;
    const twin: Flight = {...flight, number: ++this.#numbers};
    this.#flights.splice(place + 1, 0, twin);
    this.#journal.add({kind: 'copied', flight: twin});
  }

  /** It arrives later, and so do those behind it with its id; all others overtake it. */
  delay(number: number): void {
    let isBehind = false;
    const held = this.#flights.find((flight) => flight.number === number);
    this.#flights = this.#flights.map((flight) => {
      isBehind ||= flight.number === number;
      if (held === undefined || !isBehind || !isInLine(flight, held)) return flight;
      return {...flight, dueAt: Math.max(flight.dueAt, held.dueAt + delayMs)};
    });
  }

  /** It arrives now, overtaking all but those before it with its id, which come first. Returns which arrive, in order. */
  hurry(number: number): readonly Flight[] {
    const place = this.#flights.findIndex((flight) => flight.number === number);
    const hurried = this.#flights[place];
    if (hurried === undefined) return [];
    return this.#flights.slice(0, place + 1).filter((flight) => isInLine(flight, hurried));
  }

  /** The connection has ended: what was on it is gone. */
  clear(): void {
    for (const flight of this.#flights) this.#journal.add({kind: 'lost', flight});
    this.#flights = [];
  }

  #add(direction: Flight['direction'], packet: Packet, message: number, earliest: number): Flight {
    const flight: Flight = {number: ++this.#numbers, direction, packet, message, dueAt: earliest};
    const before = this.#flights.filter((other) => isInLine(other, flight)).at(-1);
    const timed = before === undefined || before.dueAt <= earliest ? flight : {...flight, dueAt: before.dueAt};
    this.#flights.push(timed);
    return timed;
  }

  #remove(number: number): Flight | undefined {
    const place = this.#flights.findIndex((flight) => flight.number === number);
    return place < 0 ? undefined : this.#flights.splice(place, 1)[0];
  }

  #happens(percent: number): boolean {
    return percent > 0 && this.#random.integer(1, 100) <= percent;
  }
}

/** Whether two packets keep their order. */
function isInLine(one: Flight, other: Flight): boolean {
  return one.direction === other.direction && one.packet.id === other.packet.id;
}
