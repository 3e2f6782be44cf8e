// A client as the receiver, written after the rules and after nothing of src: what the gateway's sending half may expect.
//
// Its numbers: for each id 1 + the message that awaits its REL.

import {letter, note} from './journal.ts';
import {breakProperty, noteDelivered} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {mayStayOverdue, type Step, type World, type WorldSpec} from './world.ts';

export class ClientReceiver implements Receiver {
  readonly #spec: WorldSpec;
  readonly #answers: 'byQos' | 'either';

  /** `either`: an old client, which may answer a SEND of any QoS by ACK or by REC. */
  constructor(spec: WorldSpec, answers: 'byQos' | 'either' = 'byQos') {
    this.#spec = spec;
    this.#answers = answers;
  }

  initial(): number[] {
    return new Array<number>(this.#spec.ids).fill(0);
  }

  moves(_world: World, _step: Step): void {}

  mayReceive(): boolean {
    return true;
  }

  choices(_world: World, {kind}: ModelPacket): number {
    return kind === 'send' && this.#answers === 'either' ? 2 : 1;
  }

  arrive(world: World, packet: ModelPacket, choice: number): void {
    const {kind, id, message} = packet;
    if (kind === 'rel') {
      world.receiver[id - 1] = 0;
      transmit(world, 'backward', encodePacket('com', id));
      return;
    }
    const isRec = this.#answers === 'either' ? choice === 1 : world.qosOf(message) === 2;
    if (!isRec) {
      noteDelivered(world, message);
      transmit(world, 'backward', encodePacket('ack', id, message));
      return;
    }
    const held = (world.receiver[id - 1] as number) - 1;
    if (held < 0) {
      world.receiver[id - 1] = message + 1;
      noteDelivered(world, message);
    } else if (held !== message) {
      note(world, 'receiver', `takes ${letter(message)} for ${letter(held)}`);
      breakProperty(world, 'swallowed');
    }
    transmit(world, 'backward', encodePacket('rec', id, held < 0 ? message : held));
  }

  endings(): number {
    return 1;
  }

  reconnect(world: World): void {
    world.receiver.fill(0);
  }

  holds(world: World, id: number): boolean {
    return world.receiver[id - 1] !== 0;
  }

  isBusy(world: World, id: number): boolean {
    return this.holds(world, id);
  }

  isDone(world: World): boolean {
    return mayStayOverdue(this.#spec) || world.receiver.every((held) => held === 0);
  }
}
