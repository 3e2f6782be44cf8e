// Runs the explorations and says what they covered: the command (main.ts) prints it, the test asserts it.

import {type Case, describeCase, type Mutation, modelOf} from './cases.ts';
import {canEnd, type Exploration, explore} from './explore.ts';
import {tellLadder} from './ladder.ts';
import type {Mutant} from './mutants.ts';
import {type PropertyName, properties} from './properties.ts';

/** The result of one exploration. */
export interface Finding {
  readonly title: string;
  readonly exploration: Exploration;
  /** The property claimed to break, in words. */
  readonly expected: string | undefined;
  /** The shortest trace, as a ladder; empty where all holds. */
  readonly ladder: readonly string[];
  readonly isAsClaimed: boolean;
}

/** Explores a case, or a mutant in its place. */
export function examine(one: Case, mutation?: Mutation): Finding {
  const model = modelOf(one, mutation);
  const exploration = explore(model);
  const {failure} = exploration;
  const expected = wordsOf(one.breaks);
  return {
    title: describeCase(one),
    exploration,
    expected,
    ladder: failure === undefined ? [] : tellLadder(model, failure.path),
    isAsClaimed: failure?.property === expected,
  };
}

/** Explores a mutant. */
export function examineMutant({base, mutation, caughtBy}: Mutant): Finding {
  return examine({...base, breaks: caughtBy}, mutation);
}

/** The cases on which the mutants are built, each once, with every property looked at. */
export function basesOf(mutants: readonly Mutant[]): Case[] {
  const bases = mutants.map(({base}): Case => {
    const {ignored, ...more} = base.more ?? {};
    // An old client that answers QoS 2 by ACK knows no message again: that is its own doing.
    return {...base, more: base.ends === 'gateway to old client' && ignored ? {...more, ignored: ['twice']} : more};
  });
  return [...new Map(bases.map((base) => [describeCase(base), base])).values()];
}

function wordsOf(name: PropertyName | 'canEnd' | undefined): string | undefined {
  if (name === undefined) return undefined;
  return name === 'canEnd' ? canEnd : properties[name];
}
