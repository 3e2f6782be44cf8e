// A client as the sender, written after the rules and after nothing of src: what the gateway's receiving half may expect.
// On a new connection it sends again what was not acknowledged: under the same id with DUP, or under any id without, as
// clients do. DUP says that this packet was sent before, id included.
//
// Its numbers: the phase of each message, and the id of each.

import {letter, note} from './journal.ts';
import {breakProperty, noteConfirmed, noteRel, noteSent} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {freeIds, type Sender} from './sender.ts';
import type {Step, World, WorldSpec} from './world.ts';

const waiting = 0;
/** The SEND is out; ACK or REC is awaited. */
const awaitingReply = 1;
/** The REL is out. */
const awaitingCom = 2;
const done = 3;
/** To be sent again on the new connection, with DUP and the id it had. */
const waitingToRepeat = 4;

export class ClientSender implements Sender {
  readonly #spec: WorldSpec;
  readonly #receiver: Receiver;
  readonly #count: number;

  constructor(spec: WorldSpec, receiver: Receiver) {
    this.#spec = spec;
    this.#receiver = receiver;
    this.#count = spec.messages.length;
  }

  initial(): number[] {
    return new Array<number>(2 * this.#count).fill(0);
  }

  moves(world: World, step: Step): void {
    if (!world.hasRoom) return;
    const first = world.sender.indexOf(waiting);
    if (first >= 0 && first < this.#count) {
      for (const id of freeIds(world, this.#receiver, (taken) => this.#messageWith(world, taken) >= 0)) {
        step((next) => this.#transmit(next, first, id, false));
      }
    }
    for (let message = 0; message < this.#count; message++) {
      const phase = world.sender[message];
      if (phase === waitingToRepeat) {
        step((next) => this.#transmit(next, message, next.sender[this.#count + message] as number, true));
      }
      const isGivingUp = this.#spec.mayGiveUp === true && phase === awaitingReply && world.qosOf(message) === 2;
      if (isGivingUp) step((next) => this.#giveUp(next, message));
      if (!this.#spec.isRetrying) continue;
      if (phase === awaitingReply) step((next) => this.#send(next, message, true));
      if (phase === awaitingCom) step((next) => this.#release(next, message));
    }
  }

  arrive(world: World, {kind, id, message: replyTo}: ModelPacket): void {
    const message = this.#messageWith(world, id);
    const phase = world.sender[message];
    if (phase === awaitingReply && kind === (world.qosOf(message) === 1 ? 'ack' : 'rec')) {
      noteConfirmed(world, message, replyTo);
      world.sender[message] = kind === 'rec' ? awaitingCom : done;
    }
    if (phase === awaitingCom && kind === 'com') world.sender[message] = done;
    if (kind !== 'rec') return;
    // Every REC gets its REL, an unknown one too.
    if (world.sender[message] === awaitingCom) this.#release(world, message);
    else transmit(world, 'forward', encodePacket('rel', id));
  }

  endings(world: World): number {
    return world.sender.slice(0, this.#count).includes(awaitingReply) ? 2 : 1;
  }

  reconnect(world: World, ending: number): void {
    for (let message = 0; message < this.#count; message++) {
      const phase = world.sender[message] as number;
      const isRepeated = phase === awaitingReply && ending === 1;
      if (phase === awaitingReply) {
        note(world, 'sender', `will send ${letter(message)} again${isRepeated ? ', with DUP' : ''}`);
      }
      // What got its REC is over: neither end knows its id any more.
      if (phase === awaitingCom) world.sender[message] = done;
      if (phase === awaitingReply) world.sender[message] = isRepeated ? waitingToRepeat : waiting;
      if (!isRepeated) world.sender[this.#count + message] = 0;
    }
  }

  isDone(world: World): boolean {
    for (let message = 0; message < this.#count; message++) if (world.sender[message] !== done) return false;
    return true;
  }

  #messageWith(world: World, id: number): number {
    for (let message = 0; message < this.#count; message++) {
      const phase = world.sender[message];
      const isOpen = phase === awaitingReply || phase === awaitingCom || phase === waitingToRepeat;
      if (isOpen && world.sender[this.#count + message] === id) return message;
    }
    return -1;
  }

  #transmit(world: World, message: number, id: number, isDup: boolean): void {
    if (this.#receiver.holds(world, id)) breakProperty(world, 'idHeld');
    world.sender[message] = awaitingReply;
    world.sender[this.#count + message] = id;
    this.#send(world, message, isDup);
  }

  #send(world: World, message: number, isDup: boolean): void {
    noteSent(world, message, isDup);
    transmit(world, 'forward', encodePacket('send', world.sender[this.#count + message] as number, message, isDup));
  }

  #giveUp(world: World, message: number): void {
    note(world, 'sender', `gives ${letter(message)} up`);
    world.sender[message] = awaitingCom;
    this.#release(world, message);
  }

  #release(world: World, message: number): void {
    noteRel(world, message);
    transmit(world, 'forward', encodePacket('rel', world.sender[this.#count + message] as number));
  }
}
