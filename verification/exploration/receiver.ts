// The receiving end of a model: takes messages, recognises repeats, answers. Implemented by the
// receiving half with a business server behind it (party-receiver.ts) and by a client after the rules (receiver-client.ts).

import type {ModelPacket} from './packet-code.ts';
import type {Step, World} from './world.ts';

export interface Receiver {
  /** Its part of the first state; the length may change. */
  initial(): number[];
  /** Offers what it may do by itself. */
  moves(world: World, step: Step): void;
  /** Whether there is room for what the packet would cause. */
  mayReceive(world: World, packet: ModelPacket): boolean;
  /** Ways in which it may take this packet. */
  choices(world: World, packet: ModelPacket): number;
  /** A SEND or REL arrives. */
  arrive(world: World, packet: ModelPacket, choice: number): void;
  /** Ways in which it may end with its connection. */
  endings(world: World): number;
  reconnect(world: World, ending: number): void;
  /** Whether it awaits the REL of a message with this id. */
  holds(world: World, id: number): boolean;
  /** Whether anything with this id is under way in it. */
  isBusy(world: World, id: number): boolean;
  /** Whether it has nothing left to do. */
  isDone(world: World): boolean;
}
