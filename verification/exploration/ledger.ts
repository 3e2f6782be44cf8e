// The observer outside: sees every transmission, every delivery and every confirmation, and says which property breaks. It
// believes neither end.
//
//   bits of a message's note   8            7       6           5           4 3         2           1          0
//                              sent before  conf'd  delivered   ...before   deliveries  confirmed   REL sent   sent
//                                           before  before                  (0 to 2)

import {letter, note} from './journal.ts';
import {type PropertyName, propertyNames} from './properties.ts';
import type {World} from './world.ts';

const sent = 1;
const relSent = 2;
const confirmed = 4;
const delivery = 8;
const deliveries = 24;
const deliveredBefore = 32;
const confirmedBefore = 64;
const sentBefore = 128;

/** The property that is broken in `world`. */
export function brokenProperty(world: World): PropertyName | undefined {
  return propertyNames[world.fault - 1];
}

/** Notes that a property is broken; the first counts. */
export function breakProperty(world: World, name: PropertyName): void {
  if (world.fault !== 0 || world.spec.ignored?.includes(name) === true) return;
  world.fault = propertyNames.indexOf(name) + 1;
}

function has(world: World, message: number, bits: number): boolean {
  return ((world.ledger[message] as number) & bits) !== 0;
}

function add(world: World, message: number, bits: number): void {
  world.ledger[message] = (world.ledger[message] as number) | bits;
}

/** Whether the sender knows that `message` arrived, on this connection or before. */
export function isConfirmed(world: World, message: number): boolean {
  return has(world, message, confirmed | confirmedBefore);
}

/** Whether the sender learned it on this connection. */
export function wasConfirmed(world: World, message: number): boolean {
  return has(world, message, confirmed);
}

/** A SEND goes out. */
export function noteSent(world: World, message: number, isDup: boolean): void {
  const isFirst = !has(world, message, sent);
  // On a new connection a client may set DUP: it did send this message before.
  if (isFirst ? isDup && !has(world, message, sentBefore) : !isDup) breakProperty(world, 'dup');
  if (has(world, message, relSent)) breakProperty(world, 'resent');
  add(world, message, sent);
}

/** A REL goes out for `message`. */
export function noteRel(world: World, message: number): void {
  add(world, message, relSent);
}

/** The receiver takes `message` as a new one. */
export function noteDelivered(world: World, message: number): void {
  note(world, 'receiver', `delivers ${letter(message)}`);
  if (has(world, message, confirmedBefore)) breakProperty(world, 'again');
  const count = ((world.ledger[message] as number) & deliveries) / delivery;
  if (world.qosOf(message) === 2 && count > 0) breakProperty(world, 'twice');
  if (count === 0 || (count === 1 && world.qosOf(message) === 2)) {
    world.ledger[message] = (world.ledger[message] as number) + delivery;
  }
}

/** The sender takes `message` as arrived, by a reply to `replyTo`. */
export function noteConfirmed(world: World, message: number, replyTo: number): void {
  note(world, 'sender', `${letter(message)} is confirmed`);
  if (!has(world, message, deliveries)) breakProperty(world, 'lost');
  else if (replyTo !== message) breakProperty(world, 'foreignReply');
  else if (has(world, message, confirmed)) breakProperty(world, 'counted');
  add(world, message, confirmed);
}

/** The sender frees the id of `message`: the flow has ended for it. */
export function noteEnded(world: World, message: number): void {
  if (!has(world, message, confirmed)) breakProperty(world, 'silent');
}

/** The sender reports that `message` expired. */
export function noteExpired(world: World, message: number): void {
  if (has(world, message, sent)) breakProperty(world, 'expired');
}

/** The connection ended, and another begins. */
export function noteReconnected(world: World): void {
  for (const [message, bits] of world.ledger.entries()) {
    let later = bits & (deliveredBefore | confirmedBefore | sentBefore);
    if ((bits & deliveries) !== 0) later |= deliveredBefore;
    if ((bits & confirmed) !== 0) later |= confirmedBefore;
    if ((bits & sent) !== 0) later |= sentBefore;
    world.ledger[message] = later;
  }
}
