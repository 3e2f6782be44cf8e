// The link between the two ends: two bounded directions that may lose, copy and reorder, as its spec says. A loss is
// chosen when the packet would arrive: an earlier one looks the same to both ends.

import {idOf, isSend} from './packet-code.ts';
import type {World} from './world.ts';

export type Direction = 'forward' | 'backward';

/** Puts a packet on the link. */
export function transmit(world: World, direction: Direction, code: number): void {
  world.journal?.push({kind: 'packet', direction, fate: 'sent', code});
  put(world, direction, code);
}

function put(world: World, direction: Direction, code: number): void {
  const packets = world[direction];
  const {order} = world.spec.link;
  let at = packets.length;
  // Orders that make no difference are one state: by id where only that order counts, else by code.
  if (order === 'perId') while (at > 0 && idOf(packets[at - 1] as number) > idOf(code)) at--;
  if (order === 'free') while (at > 0 && (packets[at - 1] as number) > code) at--;
  packets.splice(at, 0, code);
}

/** Places of the packets of which any may be the next to arrive. */
export function arriving(world: World, direction: Direction): readonly number[] {
  const packets = world[direction];
  const {order} = world.spec.link;
  if (packets.length === 0) return [];
  if (order === 'ordered') return [0];
  const places: number[] = [];
  for (let place = 0; place < packets.length; place++) {
    const [before, code] = [packets[place - 1], packets[place] as number];
    const isLike = before !== undefined && (order === 'perId' ? idOf(before) === idOf(code) : before === code);
    if (!isLike) places.push(place);
  }
  return places;
}

/** Takes the packet at `place` off the link; a copied one stays. */
export function take(world: World, direction: Direction, place: number, fate: 'arrives' | 'lost' | 'copied'): number {
  const code = world[direction][place] as number;
  world.journal?.push({
    kind: 'packet',
    direction,
    fate: fate === 'lost' ? 'lost' : 'arrives',
    isCopied: fate === 'copied',
    code,
  });
  if (fate !== 'copied') world[direction].splice(place, 1);
  return code;
}

/** Whether no packet with `id` is on the link. */
export function isQuiet(world: World, id: number): boolean {
  return !world.forward.some((code) => idOf(code) === id) && !world.backward.some((code) => idOf(code) === id);
}

/** Whether a SEND with `id` is still under way. */
export function hasSend(world: World, id: number): boolean {
  return world.forward.some((code) => isSend(code) && idOf(code) === id);
}
