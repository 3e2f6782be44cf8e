// The sending end of a model: gives each message an id, sends it, repeats it, and decides when it has arrived. Implemented
// by the sending half (party-sender.ts) and by a client after the rules (sender-client.ts).

import {isQuiet} from './link.ts';
import type {ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import type {Step, World} from './world.ts';

export interface Sender {
  /** Its part of the first state; the length never changes. */
  initial(): number[];
  /** Offers what it may do by itself: transmit, repeat, give up waiting. */
  moves(world: World, step: Step): void;
  /** An ACK, REC or COM arrives. */
  arrive(world: World, packet: ModelPacket): void;
  /** Ways in which it may go on after the connection's end. */
  endings(world: World): number;
  /** The connection has ended, and a new one begins. */
  reconnect(world: World, ending: number): void;
  /** Whether it has nothing left to do. */
  isDone(world: World): boolean;
}

/** Ids that a new message may take; `isTaken` is what the sender knows itself. */
export function freeIds(world: World, receiver: Receiver, isTaken: (id: number) => boolean): number[] {
  const free: number[] = [];
  for (let id = 1; id <= world.spec.ids; id++) {
    if (isTaken(id)) continue;
    if (world.spec.reuse === 'quiet' && !(isQuiet(world, id) && !receiver.isBusy(world, id))) continue;
    free.push(id);
  }
  return free;
}
