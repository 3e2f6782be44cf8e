// Everything that is seen from outside the gateway, in order and with its simulated time: as a hash always, so that two
// runs can be compared, and line by line where the run is to be shown.

import type {Clock} from '../../src/core/clock.ts';

/** Who sees it. Callers are those who POST publications and subscriptions. */
export type Place = 'client' | 'gateway' | 'business' | 'caller';

/** One frame sent or got, or one thing said. */
export interface TraceLine {
  readonly at: number;
  readonly place: Place;
  /** The connection's number; 0 where it concerns none. */
  readonly connection: number;
  /** `sends` and `gets` have `bytes`: one frame. `says` has `text`. */
  readonly verb: 'sends' | 'gets' | 'says';
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

const placeCodes: Readonly<Record<Place, number>> = {client: 1, gateway: 2, business: 3, caller: 4};
const prime = 0x01000193;

export class Trace {
  /** The lines, where they are kept. */
  readonly lines: TraceLine[] | undefined;
  /** Lines so far, kept or not. */
  count = 0;
  readonly #clock: Clock;
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  constructor(clock: Clock, isKept: boolean) {
    this.#clock = clock;
    this.lines = isKept ? [] : undefined;
  }

  /** One frame leaves or arrives. */
  frame(place: Place, verb: 'sends' | 'gets', connection: number, bytes: Uint8Array): void {
    this.#begin(place, connection + (verb === 'sends' ? 0x10000 : 0x20000));
    for (let index = 0; index < bytes.length; index++)
      this.#low = Math.imul(this.#low ^ (bytes[index] as number), prime);
    this.lines?.push({at: this.#clock.now(), place, connection, verb, bytes, text: ''});
  }

  /** Anything else. */
  say(place: Place, connection: number, text: string): void {
    this.#begin(place, connection);
    for (let index = 0; index < text.length; index++) this.#low = Math.imul(this.#low ^ text.charCodeAt(index), prime);
    this.lines?.push({at: this.#clock.now(), place, connection, verb: 'says', bytes: undefined, text});
  }

  /** 16 hex characters. */
  get hash(): string {
    return hex(this.#low) + hex(this.#high);
  }

  #begin(place: Place, connection: number): void {
    this.count++;
    const microseconds = Math.round(this.#clock.now() * 1000);
    this.#low = Math.imul(this.#low ^ (microseconds >>> 0), prime);
    this.#low = Math.imul(this.#low ^ ((microseconds / 4294967296) | 0), prime);
    this.#low = Math.imul(this.#low ^ (placeCodes[place] * 0x1000000 + connection), prime);
    // The second half sees the first after each line, so that both would have to collide.
    this.#high = Math.imul((this.#high << 5) ^ (this.#high >>> 27) ^ this.#low, 0x85ebca6b);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
