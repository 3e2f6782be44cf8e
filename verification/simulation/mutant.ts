// One way to be wrong, and how the observer must find it.

import type {Sabotage} from './sabotage.ts';

export interface Mutant {
  readonly name: string;
  readonly sabotage: Sabotage;
  /** The rules of which one must be found broken. */
  readonly rules: readonly string[];
  /** It takes many clients to meet it. @default false */
  readonly isRare?: boolean;
  /** The seed to begin with: those before it were seen to miss the mutant. @default 1 */
  readonly seedMin?: number;
}
