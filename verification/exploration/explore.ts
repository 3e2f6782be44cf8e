// Breadth-first search over every state that a model can reach, and then backwards from the settled ones. Knows nothing of
// packets: sessions, resumed connections and crashes are more states and more moves of a model, not another search.
//
// A *fault* is a state that breaks a property; the search ends at the first, which no shorter path reaches. A state from
// which no path leads to a settled one is stuck: a deadlock, or a livelock that fairness does not end.

/** A system as states and moves. States are values: nothing changes one that was handed out. */
export interface Model<State> {
  readonly name: string;
  readonly initial: State;
  /** The same text for the same state, and for no other. */
  encode(state: State): string;
  decode(key: string): State;
  /**
   * Calls `visit` with each state that one move leads to. `isEscape`: the flow must also be able to end without this move,
   * as without the connection's end.
   */
  moves(state: State, visit: (next: State, isEscape: boolean) => void): void;
  /** The property that `state` breaks. */
  fault(state: State): string | undefined;
  /** Whether nothing is left to do. */
  isSettled(state: State): boolean;
}

/** Name of the property that every flow can end, where an {@link Exploration} reports it broken. */
export const canEnd = 'from every reachable state the flow can end';

/** What a search covered, and the shortest path to the first fault. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Moves on the longest of the shortest paths from the start. */
  readonly depth: number;
  readonly settled: number;
  readonly failure: {readonly property: string; readonly path: readonly string[]} | undefined;
}

/** Explores `model`. Throws where it has more than `statesMax` states: a bound was forgotten. */
export function explore<State>(model: Model<State>, statesMax = 5_000_000): Exploration {
  const search = new Search(model, statesMax);
  const faulty = search.run();
  if (faulty !== undefined) return search.report(faulty.property, faulty.place);
  const stuck = search.findStuck();
  return search.report(canEnd, stuck);
}

class Search<State> {
  readonly #model: Model<State>;
  readonly #statesMax: number;
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents = new Numbers();
  /** Moves that are no escapes, as pairs. */
  readonly #sources = new Numbers();
  readonly #targets = new Numbers();
  readonly #settled: number[] = [];
  #transitions = 0;
  #depth = 0;

  constructor(model: Model<State>, statesMax: number) {
    this.#model = model;
    this.#statesMax = statesMax;
  }

  run(): {property: string; place: number} | undefined {
    const model = this.#model;
    this.#reach(model.encode(model.initial), -1);
    let levelEnd = 1;
    for (let place = 0; place < this.#keys.length; place++) {
      if (place === levelEnd) {
        levelEnd = this.#keys.length;
        this.#depth++;
      }
      const state = model.decode(this.#keys[place] as string);
      if (model.isSettled(state)) this.#settled.push(place);
      let faulty: {property: string; place: number} | undefined;
      model.moves(state, (next, isEscape) => {
        if (faulty !== undefined) return;
        this.#transitions++;
        const target = this.#reach(model.encode(next), place);
        const property = model.fault(next);
        if (property !== undefined) faulty = {property, place: target};
        if (isEscape) return;
        this.#sources.push(place);
        this.#targets.push(target);
      });
      if (faulty !== undefined) return faulty;
    }
    return undefined;
  }

  /** The first state from which no settled one can be reached. */
  findStuck(): number | undefined {
    const {offsets, sources} = this.#backwards();
    const isFine = new Uint8Array(this.#keys.length);
    const waiting = [...this.#settled];
    for (const place of waiting) isFine[place] = 1;
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      for (let edge = offsets[place] as number; edge < (offsets[place + 1] as number); edge++) {
        const source = sources[edge] as number;
        if (isFine[source] === 1) continue;
        isFine[source] = 1;
        waiting.push(source);
      }
    }
    const stuck = isFine.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }

  report(property: string, place: number | undefined): Exploration {
    return {
      states: this.#keys.length,
      transitions: this.#transitions,
      depth: this.#depth,
      settled: this.#settled.length,
      failure: place === undefined ? undefined : {property, path: this.#pathTo(place)},
    };
  }

  #reach(key: string, parent: number): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#keys.length;
    if (place >= this.#statesMax) throw new Error(`Expected ${this.#model.name} to have at most ${place} states`);
    this.#places.set(key, place);
    this.#keys.push(key);
    this.#parents.push(parent);
    return place;
  }

  #pathTo(place: number): string[] {
    const path: string[] = [];
    for (let at = place; at >= 0; at = this.#parents.at(at)) path.push(this.#keys[at] as string);
    return path.reverse();
  }

  // The moves by their targets: those to `place` are sources[offsets[place]] up to sources[offsets[place + 1]].
  #backwards(): {offsets: Int32Array; sources: Int32Array} {
    const count = this.#sources.length;
    const offsets = new Int32Array(this.#keys.length + 1);
    for (let edge = 0; edge < count; edge++) {
      const at = this.#targets.at(edge) + 1;
      offsets[at] = (offsets[at] as number) + 1;
    }
    for (let at = 1; at < offsets.length; at++) offsets[at] = (offsets[at] as number) + (offsets[at - 1] as number);
    const sources = new Int32Array(count);
    const next = offsets.slice();
    for (let edge = 0; edge < count; edge++) {
      const target = this.#targets.at(edge);
      const slot = next[target] as number;
      next[target] = slot + 1;
      sources[slot] = this.#sources.at(edge);
    }
    return {offsets, sources};
  }
}

/** A list of 32-bit numbers that grows. */
class Numbers {
  length = 0;
  #values = new Int32Array(1_024);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length] = value;
    this.length++;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }
}
