// Walks of chance through a model, each step done to the product as well, which must send what the model sends. What the
// search proves of the model then speaks of the product.

import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {DeliveryModel} from './delivery-model.ts';
import {type Entry, letter} from './journal.ts';
import {nameOf} from './ladder.ts';
import type {Direction} from './link.ts';
import {decodePacket} from './packet-code.ts';
import type {World} from './world.ts';

/** The end of the link that is the product's. */
export interface Product {
  /** Does what a move of the model did to its end, and returns what the product sends then, as hex. */
  follow(world: World, entries: readonly Entry[]): readonly string[];
  /** A difference from the model in what is not sent; `undefined` if there is no difference. */
  compare(world: World): string | undefined;
}

/** The first difference, and how far the walk went. */
export interface Walk {
  readonly moves: number;
  readonly difference: string | undefined;
}

const movesMax = 80;

/** Takes one walk. `direction`: where the product's end sends. */
export function takeWalk(model: DeliveryModel, product: Product, direction: Direction, seed: number): Walk {
  const random = new SeededRandom(seed);
  let world = model.initial;
  for (let moves = 0; moves < movesMax; moves++) {
    const choices = movesFrom(model, world);
    const chosen = choices[random.integer(0, choices.length - 1)];
    if (chosen === undefined) return {moves, difference: undefined};
    const entries = chosen.journal ?? [];
    const got = product.follow(chosen, entries).join();
    const expected = sentIn(chosen, entries, direction).join();
    const difference =
      got === expected ? product.compare(chosen) : `expected ${expected || 'nothing'}, got ${got || 'nothing'}`;
    if (difference !== undefined) {
      return {moves, difference: `seed ${seed}, move ${moves + 1}, ${JSON.stringify(entries)}: ${difference}`};
    }
    // Beyond a broken property the search does not go either.
    if (model.fault(chosen) !== undefined) return {moves, difference: undefined};
    world = chosen;
  }
  return {moves: movesMax, difference: undefined};
}

function movesFrom(model: DeliveryModel, world: World): World[] {
  const found: World[] = [];
  const told = world.clone();
  told.journal = [];
  model.moves(told, (next) => {
    found.push(next);
    told.journal = [];
  });
  return found;
}

function sentIn(world: World, entries: readonly Entry[], direction: Direction): string[] {
  return entries.flatMap((entry) => {
    const isSent = entry.kind === 'packet' && entry.direction === direction && entry.fate === 'sent';
    return isSent ? [spellPacket(world, entry.code)] : [];
  });
}

/** A packet of the model as tests write it. The payload of a message is its letter, and so is the reply to it. */
export function spellPacket(world: World, code: number): string {
  const {kind, message} = decodePacket(code);
  return `${nameOf(world, code)}${kind === 'rel' || kind === 'com' ? '' : ` "${letter(message)}"`}`;
}
