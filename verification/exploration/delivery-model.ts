// Sender × link × receiver as one model: the moves of both ends, of the link, and of the connection. A further part (a
// store, a node, a crash) adds its numbers to the world and its moves here; the search stays as it is.

import type {Model} from './explore.ts';
import {note} from './journal.ts';
import {breakProperty, brokenProperty, noteReconnected} from './ledger.ts';
import {arriving, type Direction, hasSend, take} from './link.ts';
import {decodePacket, encodePacket, type ModelPacket} from './packet-code.ts';
import {properties} from './properties.ts';
import type {Receiver} from './receiver.ts';
import type {Sender} from './sender.ts';
import {decodeWorld, encodeWorld, type Step, World, type WorldSpec} from './world.ts';

/** The two ends of a link. */
export interface Ends {
  readonly sender: Sender;
  readonly receiver: Receiver;
}

export class DeliveryModel implements Model<World> {
  readonly name: string;
  readonly initial: World;
  readonly #spec: WorldSpec;
  readonly #ends: Ends;
  readonly #senderLength: number;

  constructor(name: string, spec: WorldSpec, ends: Ends) {
    this.name = name;
    this.#spec = spec;
    this.#ends = ends;
    const sender = ends.sender.initial();
    this.#senderLength = sender.length;
    this.initial = new World(spec, sender, ends.receiver.initial());
  }

  encode(world: World): string {
    return encodeWorld(world);
  }

  decode(key: string): World {
    return decodeWorld(this.#spec, key, this.#senderLength);
  }

  fault(world: World): string | undefined {
    const name = brokenProperty(world);
    return name === undefined ? undefined : properties[name];
  }

  isSettled(world: World): boolean {
    return world.packets === 0 && this.#ends.sender.isDone(world) && this.#ends.receiver.isDone(world);
  }

  moves(world: World, visit: (next: World, isEscape: boolean) => void): void {
    const step: Step = (change) => {
      const next = world.clone();
      change(next);
      visit(next, false);
    };
    this.#ends.sender.moves(world, step);
    this.#ends.receiver.moves(world, step);
    this.#offerArrivals(world, 'forward', step);
    this.#offerArrivals(world, 'backward', step);
    this.#offerReconnect(world, visit);
  }

  #offerArrivals(world: World, direction: Direction, step: Step): void {
    const {isLossy, isDuplicating} = this.#spec.link;
    for (const place of arriving(world, direction)) {
      const packet = decodePacket(world[direction][place] as number);
      if (isLossy) step((next) => take(next, direction, place, 'lost'));
      if (!this.#mayArrive(world, direction, packet)) continue;
      const choices = direction === 'forward' ? this.#ends.receiver.choices(world, packet) : 1;
      for (let choice = 0; choice < choices; choice++) {
        step((next) => {
          take(next, direction, place, 'arrives');
          this.#arrive(next, direction, packet, choice);
        });
        // The answer to a copy is one packet more.
        if (!isDuplicating || !world.hasRoom) continue;
        step((next) => {
          take(next, direction, place, 'copied');
          this.#arrive(next, direction, packet, choice);
        });
      }
    }
  }

  #mayArrive(world: World, direction: Direction, packet: ModelPacket): boolean {
    if (direction === 'forward') return this.#ends.receiver.mayReceive(world, packet);
    return !(this.#spec.isRelPatient && packet.kind === 'rec' && hasSend(world, packet.id));
  }

  #arrive(world: World, direction: Direction, packet: ModelPacket, choice: number): void {
    const {kind, id} = packet;
    if (direction === 'forward') {
      const before = count(world.backward, encodePacket('com', id));
      this.#ends.receiver.arrive(world, packet, choice);
      const isAnswered = count(world.backward, encodePacket('com', id)) > before;
      if (kind === 'rel' && !isAnswered) breakProperty(world, 'relUnanswered');
    } else {
      const before = count(world.forward, encodePacket('rel', id));
      this.#ends.sender.arrive(world, packet);
      const isAnswered = count(world.forward, encodePacket('rel', id)) > before;
      if (kind === 'rec' && !isAnswered) breakProperty(world, 'recUnanswered');
    }
  }

  // A clean start: what was on the link is gone, and neither end remembers a flow.
  #offerReconnect(world: World, visit: (next: World, isEscape: boolean) => void): void {
    if (world.epoch >= this.#spec.reconnects) return;
    const {sender, receiver} = this.#ends;
    const [senderEndings, receiverEndings] = [sender.endings(world), receiver.endings(world)];
    for (let ending = 0; ending < senderEndings * receiverEndings; ending++) {
      const next = world.clone();
      note(next, 'sender', 'the connection ends, another begins');
      next.forward = [];
      next.backward = [];
      receiver.reconnect(next, Math.floor(ending / senderEndings));
      sender.reconnect(next, ending % senderEndings);
      noteReconnected(next);
      next.epoch++;
      visit(next, true);
    }
  }
}

function count(packets: readonly number[], code: number): number {
  let found = 0;
  for (const packet of packets) if (packet === code) found++;
  return found;
}
