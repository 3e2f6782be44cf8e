// Prints a path through a model as a ladder of packets, sender on the left, receiver on the right.

import {packetText} from '../../src/story/reading.ts';
import type {DeliveryModel} from './delivery-model.ts';
import {type Entry, letter} from './journal.ts';
import {decodePacket} from './packet-code.ts';
import type {World} from './world.ts';

const leftWidth = 38;
const linkWidth = 34;

/** The lines. A packet that is sent and one that arrives are different moves: `o--` is put on the link, `-->` comes out. */
export function tellLadder(model: DeliveryModel, path: readonly string[]): string[] {
  const lines = [`      ${'sender'.padEnd(leftWidth)}${'link'.padEnd(linkWidth)}receiver`];
  for (let place = 1; place < path.length; place++) {
    const from = model.decode(path[place - 1] as string);
    const entries = findMove(model, from, path[place] as string);
    lines.push(...tellMove(from, entries, place));
  }
  return lines;
}

function findMove(model: DeliveryModel, from: World, to: string): readonly Entry[] {
  let found: readonly Entry[] = [];
  const told = withJournal(from);
  model.moves(told, (next) => {
    if (found.length === 0 && model.encode(next) === to) found = next.journal ?? [];
    // The next move writes its own.
    told.journal = [];
  });
  return found;
}

function withJournal(world: World): World {
  const copy = world.clone();
  copy.journal = [];
  return copy;
}

function tellMove(world: World, entries: readonly Entry[], place: number): string[] {
  return entries.map((entry, index) => {
    const number = index === 0 ? String(place).padStart(4) : '    ';
    return `${number}  ${tellEntry(world, entry)}`.trimEnd();
  });
}

function tellEntry(world: World, entry: Entry): string {
  if (entry.kind === 'remark') {
    return entry.end === 'sender' ? entry.text : `${' '.repeat(leftWidth + linkWidth)}${entry.text}`;
  }
  const text = spell(world, entry.code);
  const isForward = entry.direction === 'forward';
  const copy = entry.isCopied === true ? ' (a copy of it)' : '';
  if (entry.fate === 'lost') return `${' '.repeat(leftWidth)}${isForward ? '-- lost' : 'lost --'}  ${text}`;
  const isLeft = isForward === (entry.fate === 'sent');
  const arrow = {sent: {forward: 'o-->', backward: '<--o'}, arrives: {forward: '-->', backward: '<--'}};
  const mark = arrow[entry.fate][entry.direction];
  if (isLeft) return `${(text + copy).padEnd(leftWidth)}${mark}`;
  return `${' '.repeat(leftWidth)}${mark.padStart(linkWidth - 6).padEnd(linkWidth)}${text}${copy}`;
}

function spell(world: World, code: number): string {
  const {kind, message} = decodePacket(code);
  if (kind === 'send') return `${nameOf(world, code)} "${letter(message)}"`;
  return `${nameOf(world, code)}${kind === 'ack' || kind === 'rec' ? ` (to ${letter(message)})` : ''}`;
}

/** What packet it is, without its message. */
export function nameOf(world: World, code: number): string {
  const {kind, id, isDup, message} = decodePacket(code);
  return packetText(kind === 'send' ? {kind, id, isDup, qos: world.qosOf(message)} : {kind, id});
}
