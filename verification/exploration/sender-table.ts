// The gateway as the sender: the tables of machines/outbound-delivery.ts with the little around them that actors/outbound.ts
// has, a queue and the ids in flight. The id that a publication brings along may be any, so every free one is tried.
//
// Its numbers: the state of each message's chart, the id of each message, and for each id 1 + the message in flight.

import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import {type Change, Chart} from './chart.ts';
import {letter, note} from './journal.ts';
import {breakProperty, isConfirmed, noteConfirmed, noteEnded, noteExpired, noteRel, noteSent} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {freeIds, type Sender} from './sender.ts';
import {mayStayOverdue, type Step, type World, type WorldSpec} from './world.ts';

/** What a mutant has otherwise. */
export interface TableSenderMutation {
  readonly qos1?: readonly Change[];
  readonly qos2?: readonly Change[];
  readonly quirk?: 'repeatsWithoutDup' | 'takesUsedIds' | 'ignoresUnknownRec' | 'forgetsConfirmations';
}

export class TableSender implements Sender {
  readonly #spec: WorldSpec;
  readonly #receiver: Receiver;
  readonly #charts: readonly Chart[];
  readonly #quirk: TableSenderMutation['quirk'];
  readonly #count: number;

  constructor(spec: WorldSpec, receiver: Receiver, mutation: TableSenderMutation = {}) {
    this.#spec = spec;
    this.#receiver = receiver;
    this.#count = spec.messages.length;
    const [qos1, qos2] = [new Chart(outboundQos1, mutation.qos1), new Chart(outboundQos2, mutation.qos2)];
    this.#charts = spec.messages.map((qos) => (qos === 1 ? qos1 : qos2));
    this.#quirk = mutation.quirk;
  }

  initial(): number[] {
    return new Array<number>(2 * this.#count + this.#spec.ids).fill(0);
  }

  moves(world: World, step: Step): void {
    this.#offerTransmission(world, step);
    for (let message = 0; message < this.#count; message++) {
      const chart = this.#chart(message);
      const state = this.#state(world, message);
      if (this.#spec.isRetrying && world.hasRoom && chart.handles(state, 'clock.retryDue')) {
        for (const id of this.#idsFor(world, message)) {
          step((next) => this.#step(next, message, 'clock.retryDue', id));
        }
      }
      if (this.#spec.isTimed && chart.handles(state, 'publication.timedOut')) {
        step((next) => {
          note(next, 'sender', `publication of ${letter(message)} times out`);
          this.#step(next, message, 'publication.timedOut');
        });
      }
    }
  }

  receive(world: World, {kind, id, message: replyTo}: ModelPacket): void {
    const message = this.#inFlight(world, id) - 1;
    if (message >= 0) {
      this.#step(world, message, `wire.${kind}`, id, replyTo);
    } else if (kind === 'rec' && this.#quirk !== 'ignoresUnknownRec') {
      transmit(world, 'forward', encodePacket('rel', id));
    }
  }

  endings(): number {
    return 1;
  }

  reconnect(world: World): void {
    for (let message = 0; message < this.#count; message++) {
      this.#step(world, message, 'socket.closed');
      this.#setId(world, message, 0);
      const isLost = this.#state(world, message) === this.#chart(message).code('lost');
      // The business server publishes again what it was not told to have arrived.
      const mayForget = this.#quirk === 'forgetsConfirmations';
      if (isLost && (mayForget || !isConfirmed(world, message))) world.sender[message] = 0;
    }
    for (let id = 1; id <= this.#spec.ids; id++) this.#setInFlight(world, id, 0);
  }

  isDone(world: World): boolean {
    for (let message = 0; message < this.#count; message++) {
      const chart = this.#chart(message);
      const state = this.#state(world, message);
      if (chart.isFinal(state)) continue;
      if (!mayStayOverdue(this.#spec) || state !== chart.code('overdue')) return false;
    }
    return true;
  }

  // What waits goes out in order; the window is as wide as there are ids.
  #offerTransmission(world: World, step: Step): void {
    for (let message = 0; message < this.#count; message++) {
      if (!this.#chart(message).handles(this.#state(world, message), 'window.opened')) continue;
      if (!world.hasRoom) return;
      const ids = this.#quirk === 'takesUsedIds' ? freeIds(world, this.#receiver, () => false) : this.#freeIds(world);
      for (const id of ids) step((next) => this.#step(next, message, 'window.opened', id));
      return;
    }
  }

  #freeIds(world: World): number[] {
    return freeIds(world, this.#receiver, (id) => this.#inFlight(world, id) !== 0);
  }

  // A mutant's retry may want another id; the product's keeps the one it has.
  #idsFor(world: World, message: number): number[] {
    const own = world.sender[this.#count + message] as number;
    const free = this.#freeIds(world);
    return this.#retriesUnderNewId(world, message) ? free : [own];
  }

  #retriesUnderNewId(world: World, message: number): boolean {
    let isTransmitting = false;
    this.#chart(message).step(
      this.#state(world, message),
      'clock.retryDue',
      () => {},
      (effect) => {
        if (effect === 'transmit') isTransmitting = true;
      },
    );
    return isTransmitting;
  }

  #step(world: World, message: number, event: string, choice = 0, replyTo = 0): void {
    this.#chart(message).step(
      this.#state(world, message),
      event,
      (state) => {
        world.sender[message] = state;
      },
      (effect) => this.#carryOut(world, message, effect, choice, replyTo),
    );
  }

  #carryOut(world: World, message: number, effect: string, choice: number, replyTo: number): void {
    const id = world.sender[this.#count + message] as number;
    switch (effect) {
      case 'transmit':
        if (this.#inFlight(world, choice) !== 0) breakProperty(world, 'idTaken');
        if (this.#receiver.holds(world, choice)) breakProperty(world, 'idHeld');
        this.#setId(world, message, choice);
        this.#setInFlight(world, choice, message + 1);
        this.#send(world, message, choice, false);
        return;
      case 'retransmit':
        this.#send(world, message, id, this.#quirk !== 'repeatsWithoutDup');
        return;
      case 'sendRel':
      case 'resendRel':
        noteRel(world, message);
        transmit(world, 'forward', encodePacket('rel', id));
        return;
      case 'confirm':
        noteConfirmed(world, message, replyTo);
        return;
      case 'release':
        this.#setInFlight(world, id, 0);
        noteEnded(world, message);
        return;
      case 'expire':
        noteExpired(world, message);
        return;
      case 'lose':
      case 'probe':
        return;
      default:
        throw new Error(`Expected an effect of the outbound charts, got ${effect}`);
    }
  }

  #send(world: World, message: number, id: number, isDup: boolean): void {
    noteSent(world, message, isDup);
    transmit(world, 'forward', encodePacket('send', id, message, isDup));
  }

  #chart(message: number): Chart {
    return this.#charts[message] as Chart;
  }

  #state(world: World, message: number): number {
    return world.sender[message] as number;
  }

  #setId(world: World, message: number, id: number): void {
    world.sender[this.#count + message] = id;
  }

  #inFlight(world: World, id: number): number {
    return world.sender[2 * this.#count + id - 1] as number;
  }

  #setInFlight(world: World, id: number, value: number): void {
    world.sender[2 * this.#count + id - 1] = value;
  }
}
