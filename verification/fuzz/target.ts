// Something that takes input from outside, and what may come of it: a class, which is counted, and never a throw.

import type {SeededRandom} from '../../src/core/random-seeded.ts';

export interface Target {
  readonly name: string;
  /** Of a hundred inputs, about so many are its. */
  readonly weight: number;
  /** Makes an input, hands it in, and names the result. Throws if that is not as it must be. */
  run(random: SeededRandom): string;
  /** The input that `run` would make, for a report. */
  show(random: SeededRandom): string;
}

/** A target from its parts; `make` and `judge` share nothing but the input. */
export function defineTarget<Input>(parts: {
  readonly name: string;
  readonly weight: number;
  make(random: SeededRandom): Input;
  judge(input: Input): string;
}): Target {
  return {
    name: parts.name,
    weight: parts.weight,
    run: (random) => parts.judge(parts.make(random)),
    show: (random) => showInput(parts.make(random)),
  };
}

/** What must hold of an input's outcome. */
export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Expected ${what}`);
}

function showInput(input: unknown): string {
  return JSON.stringify(input, (_key, value: unknown) =>
    value instanceof Uint8Array ? `hex ${Buffer.from(value).toString('hex')}` : value,
  );
}
