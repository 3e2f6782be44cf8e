// The sending half (machines/sending-half.ts) as the sender of a model. Any free id may come next, so every one is tried.
//
// Its numbers: the state of each message's chart, the id of each message, and for each id 1 + the message in flight.

import type {Change} from '../../src/inspector/sandbox/planted-fault.ts';
import {SendingHalf, type SentFlow, sendingCharts} from '../../src/machines/sending-half.ts';
import type {Step as ChartStep} from '../../src/machines/step.ts';
import type {OutboundQos2Effect, OutboundQos2Event} from '../../src/machines/steps.ts';
import {emptyBytes, type Packet} from '../../src/protocol/packet.ts';
import {Chart} from './chart.ts';
import {letter, note} from './journal.ts';
import {breakProperty, isConfirmed, noteConfirmed, noteEnded, noteExpired, noteRel, noteSent} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {freeIds, type Sender} from './sender.ts';
import {mayStayOverdue, type Step, World, type WorldSpec} from './world.ts';

/** What a mutant has otherwise. */
export interface SenderMutation {
  readonly qos1?: readonly Change[];
  readonly qos2?: readonly Change[];
  readonly quirk?: 'repeatsWithoutDup' | 'takesUsedIds' | 'ignoresUnknownRec' | 'forgetsConfirmations';
}

interface ModelFlow extends SentFlow {
  /** Of the message. */
  readonly number: number;
  readonly model: Chart<OutboundQos2Event, OutboundQos2Effect>;
}

export class PartySender extends SendingHalf<ModelFlow> implements Sender {
  readonly #spec: WorldSpec;
  readonly #receiver: Receiver;
  readonly #quirk: SenderMutation['quirk'];
  /** By message. */
  readonly #all: readonly ModelFlow[];
  /** Where a move is being made. */
  #world: World;
  /** The id that a transmission takes. */
  #choice = 0;
  /** The message that the latest packet answers. */
  #replyTo = 0;

  constructor(spec: WorldSpec, receiver: Receiver, {qos1, qos2, quirk}: SenderMutation = {}) {
    super();
    this.#spec = spec;
    this.#receiver = receiver;
    this.#quirk = quirk;
    this.#world = new World(spec, [], []);
    const models = {1: new Chart(sendingCharts[1], qos1), 2: new Chart(sendingCharts[2], qos2)};
    this.#all = spec.messages.map((qos, number) => {
      const message = {type: 1, qos, payload: emptyBytes};
      const model = models[qos];
      return {number, message, model, chart: model.steps, id: 0, state: '', reply: emptyBytes};
    });
  }

  initial(): number[] {
    return new Array<number>(2 * this.#all.length + this.#spec.ids).fill(0);
  }

  moves(world: World, step: Step): void {
    this.#offerTransmission(world, step);
    for (const flow of this.#all) {
      const events = eventsIn(world, flow);
      const retry = events['clock.retryDue'];
      if (this.#spec.isRetrying && world.hasRoom && retry !== undefined) {
        // A mutant's retry may want another id; the product's keeps the one it has.
        const ids = retry.includes('transmit') ? this.#freeIds(world) : [0];
        for (const id of ids) step((next) => this.#make(next, flow, 'clock.retryDue', id));
      }
      if (this.#spec.isTimed && events['publication.timedOut'] !== undefined) {
        step((next) => {
          note(next, 'sender', `publication of ${letter(flow.number)} times out`);
          this.#make(next, flow, 'publication.timedOut');
        });
      }
    }
  }

  arrive(world: World, {kind, id, message: replyTo}: ModelPacket): void {
    this.#read(world);
    this.#replyTo = replyTo;
    if (kind === 'com') this.complete(id);
    if (kind === 'ack' || (kind === 'rec' && (this.flows.has(id) || this.#quirk !== 'ignoresUnknownRec')))
      this.acknowledge({kind, id, reply: emptyBytes});
    this.#write(world);
  }

  endings(): number {
    return 1;
  }

  reconnect(world: World): void {
    this.#read(world);
    for (const flow of this.#all) {
      this.step(flow, 'socket.closed');
      flow.id = 0;
      // The business server publishes again what was not confirmed.
      const isWanted = this.#quirk === 'forgetsConfirmations' || !isConfirmed(world, flow.number);
      if (flow.state === 'lost' && isWanted) flow.state = 'queued';
    }
    this.flows.clear();
    this.#write(world);
  }

  isDone(world: World): boolean {
    return this.#all.every((flow) => {
      const state = stateIn(world, flow);
      return flow.model.isFinal(state) || (state === 'overdue' && mayStayOverdue(this.#spec));
    });
  }

  override note({model}: ModelFlow, _event: OutboundQos2Event, step: ChartStep<string, string>): void {
    model.note(step);
  }

  override nextId(): number {
    return this.#choice;
  }

  override transmit(flow: ModelFlow): void {
    if (this.flows.has(this.#choice)) breakProperty(this.#world, 'idTaken');
    if (this.#receiver.holds(this.#world, this.#choice)) breakProperty(this.#world, 'idHeld');
    super.transmit(flow);
  }

  override send(packet: Packet, flow?: ModelFlow): void {
    const {number = 0} = flow ?? {};
    const isDup = packet.kind === 'send' && packet.isDup && this.#quirk !== 'repeatsWithoutDup';
    if (packet.kind === 'send') noteSent(this.#world, number, isDup);
    else if (flow !== undefined) noteRel(this.#world, number);
    transmit(this.#world, 'forward', encodePacket(packet.kind, packet.id, packet.kind === 'send' ? number : 0, isDup));
  }

  override confirm({number}: ModelFlow): void {
    noteConfirmed(this.#world, number, this.#replyTo);
  }

  override release(flow: ModelFlow): void {
    super.release(flow);
    noteEnded(this.#world, flow.number);
  }

  override expire({number}: ModelFlow): void {
    noteExpired(this.#world, number);
  }

  // What waits goes out in order; the window is as wide as there are ids.
  #offerTransmission(world: World, step: Step): void {
    const first = this.#all.find((flow) => eventsIn(world, flow)['window.opened'] !== undefined);
    if (first === undefined || !world.hasRoom) return;
    for (const id of this.#freeIds(world)) step((next) => this.#make(next, first, 'window.opened', id));
  }

  #freeIds(world: World): number[] {
    const isTaken = (id: number): boolean => world.sender[2 * this.#all.length + id - 1] !== 0;
    return freeIds(world, this.#receiver, this.#quirk === 'takesUsedIds' ? () => false : isTaken);
  }

  #make(world: World, flow: ModelFlow, event: OutboundQos2Event, choice = 0): void {
    this.#read(world);
    this.#choice = choice;
    this.step(flow, event);
    this.#write(world);
  }

  #read(world: World): void {
    this.#world = world;
    this.flows.clear();
    const {sender} = world;
    const count = this.#all.length;
    for (const flow of this.#all) {
      flow.state = stateIn(world, flow);
      flow.id = sender[count + flow.number] as number;
    }
    for (let id = 1; id <= this.#spec.ids; id++) {
      const flow = this.#all[(sender[2 * count + id - 1] as number) - 1];
      if (flow !== undefined) this.flows.set(id, flow);
    }
  }

  #write({sender}: World): void {
    const count = this.#all.length;
    for (const {number, model, state, id} of this.#all) {
      sender[number] = model.code(state);
      sender[count + number] = id;
    }
    for (let id = 1; id <= this.#spec.ids; id++) sender[2 * count + id - 1] = 1 + (this.flows.get(id)?.number ?? -1);
  }
}

function stateIn({sender}: World, {number, model}: ModelFlow): string {
  return model.states[sender[number] as number] as string;
}

/** What would happen to the message next. */
function eventsIn(world: World, flow: ModelFlow): ModelFlow['chart'][string] {
  return flow.chart[stateIn(world, flow)] ?? {};
}
