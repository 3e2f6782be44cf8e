// Which message types hang: their calls run and none is answered, while calls of other types are. A handler that stands
// still is a fault of its type and of no client, so that the calls of such a type go to the lane of slow calls, no matter
// who sent them. Called by lanes.ts. [RB-72]

/** How the calls of one type go. */
export interface MessageType {
  /** Calls that have a socket. */
  running: number;
  /** When one was last answered, or the first of those that run was sent. */
  answeredAt: number;
  isStuck: boolean;
}

/** Types remembered; beyond, those without a running call are forgotten. */
const typesMax = 4_096;

/** The message types with calls, and which of them hang. */
export class MessageTypes {
  readonly #types = new Map<number, MessageType>();
  /** When a call of whatever type was last answered. */
  #answeredAt = Number.NEGATIVE_INFINITY;

  get(number: number): MessageType {
    const known = this.#types.get(number);
    if (known !== undefined) return known;
    if (this.#types.size >= typesMax) this.#forget();
    const type = {running: 0, answeredAt: 0, isStuck: false};
    this.#types.set(number, type);
    return type;
  }

  /** A call of this type was sent. */
  begin(type: MessageType, now: number): void {
    if (type.running++ === 0) type.answeredAt = now;
  }

  /** It runs no more. */
  end(type: MessageType): void {
    type.running--;
  }

  /** One was answered, late or not. */
  learnAnswer(type: MessageType, now: number): void {
    type.isStuck = false;
    type.answeredAt = now;
    this.#answeredAt = now;
  }

  /** Whether none of its calls was answered for so long, while some of another type was; until one is answered again. */
  isStuck(type: MessageType, slowMs: number, now: number): boolean {
    if (type.isStuck || type.running === 0) return type.isStuck;
    type.isStuck = now - type.answeredAt > slowMs && this.#answeredAt > type.answeredAt;
    return type.isStuck;
  }

  #forget(): void {
    for (const [number, {running}] of this.#types) if (running === 0) this.#types.delete(number);
  }
}
