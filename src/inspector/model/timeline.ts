// The lines of a trace, as many as are kept, and the world at any of them: the state at a moment is the fold of the events
// up to it. Lines stand in blocks; each begins with the world before it, so that looking back costs one block at most.

import type {TraceLine} from '../../story/trace.ts';
import {World} from './world.ts';

interface Block {
  /** Number of its first line. */
  readonly first: number;
  /** Before its first line. Not changed. */
  readonly world: World;
  readonly lines: TraceLine[];
  weight: number;
}

const blockWeight = 4_000;

export class Timeline {
  /** After all lines. */
  readonly head = new World();
  readonly #weightMax: number;
  readonly #blocks: Block[] = [];
  #weight = 0;
  #end = 0;
  /** The world looked at last: looking a little later goes on from it. */
  #looked: {block: Block; position: number; world: World} | undefined;

  /**
   * `weightMax`: an event weighs 1, a row of a roster a quarter. The default keeps the page small beside thousands of
   * connections; `npm run bench -- --only inspector` measures it.
   */
  constructor(weightMax = 60_000) {
    this.#weightMax = weightMax;
  }

  /** Number of the oldest line that is kept; lines count from 0. */
  get first(): number {
    return this.#blocks[0]?.first ?? this.#end;
  }

  /** Number of the line to come. */
  get end(): number {
    return this.#end;
  }

  push(line: TraceLine): void {
    const weight = line.kind === 'roster' ? 1 + line.rows.length / 4 : 1;
    let block = this.#blocks.at(-1);
    if (block === undefined || block.weight + weight > blockWeight) {
      block = {first: this.#end, world: new World(this.head), lines: [], weight: 0};
      this.#blocks.push(block);
    }
    block.lines.push(line);
    block.weight += weight;
    this.#weight += weight;
    this.#end++;
    this.head.apply(line);
    while (this.#weight > this.#weightMax && this.#blocks.length > 1) this.#weight -= this.#blocks.shift()?.weight ?? 0;
  }

  line(position: number): TraceLine | undefined {
    const block = this.#blockOf(position);
    return block?.lines[position - block.first];
  }

  /** The world after the lines before `position`. Valid until the next call. */
  at(position: number): World {
    if (position >= this.#end) return this.head;
    const bounded = Math.max(position, this.first);
    const block = this.#blockOf(bounded);
    if (block === undefined) return this.head;
    let looked = this.#looked;
    if (looked === undefined || looked.block !== block || looked.position > bounded) {
      looked = {block, position: block.first, world: new World(block.world)};
      this.#looked = looked;
    }
    for (; looked.position < bounded; looked.position++) {
      looked.world.apply(block.lines[looked.position - block.first] as TraceLine);
    }
    return looked.world;
  }

  /** The lines from `from` on, with their numbers. */
  *linesFrom(from: number): Generator<readonly [number, TraceLine]> {
    for (const {first, lines} of this.#blocks) {
      for (let place = Math.max(0, from - first); place < lines.length; place++) {
        yield [first + place, lines[place] as TraceLine];
      }
    }
  }

  #blockOf(position: number): Block | undefined {
    let [low, high] = [0, this.#blocks.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle] as Block;
      if (position < block.first) high = middle - 1;
      else if (position >= block.first + block.lines.length) low = middle + 1;
      else return block;
    }
    return undefined;
  }
}
