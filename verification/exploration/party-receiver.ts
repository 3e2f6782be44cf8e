// The receiving half (machines/receiving-half.ts) as the receiver of a model. Behind it stands a business server that knows
// a message by its RAINBOWMESSAGEID: a call that failed may have been processed, and the repeat under the same id is then no
// second delivery.
//
// Its numbers: how many messages it has, one number each, then the calls that wait as places among them. Equal situations
// have equal numbers: messages with a call come first, in the order of their calls.

import type {Change} from '../../src/inspector/sandbox/planted-fault.ts';
import {keyOf, type ReceivedFlow, ReceivingHalf, receivingCharts} from '../../src/machines/receiving-half.ts';
import type {Step as ChartStep} from '../../src/machines/step.ts';
import type {InboundQos2Effect, InboundQos2Event} from '../../src/machines/steps.ts';
import {emptyBytes, type Packet} from '../../src/protocol/packet.ts';
import {Chart} from './chart.ts';
import {letter, note} from './journal.ts';
import {breakProperty, noteDelivered} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {mayStayOverdue, type Step, World, type WorldSpec} from './world.ts';

/** What a mutant has otherwise. */
export interface ReceiverMutation {
  readonly qos1?: readonly Change[];
  readonly qos2?: readonly Change[];
  readonly quirk?: 'swallowsFirstDup' | 'expiresHeld' | 'ignoresUnknownRel' | 'answersUnknownRelByRec';
}

interface ModelFlow extends ReceivedFlow {
  readonly message: number;
  /** Whether the business server has processed it. */
  isProcessed: boolean;
  /** Whether the business server has said so. */
  isAccepted: boolean;
  repliesKept: number;
}

/** Calls that may wait; a SEND that would make one more is not taken off the link. */
const callsMax = 3;

export class PartyReceiver extends ReceivingHalf<ModelFlow> implements Receiver {
  readonly #spec: WorldSpec;
  readonly #charts: Readonly<Record<1 | 2, Chart<InboundQos2Event, InboundQos2Effect>>>;
  readonly #quirk: ReceiverMutation['quirk'];
  /** Where a move is being made. */
  #world: World;
  /** The message that the latest packet carries. */
  #arrived = 0;

  constructor(spec: WorldSpec, {qos1, qos2, quirk}: ReceiverMutation = {}) {
    super();
    this.#spec = spec;
    this.#charts = {1: new Chart(receivingCharts[1], qos1), 2: new Chart(receivingCharts[2], qos2)};
    this.#world = new World(spec, [], []);
    this.#quirk = quirk;
  }

  initial(): number[] {
    return [0];
  }

  moves(world: World, step: Step): void {
    if (callsIn(world) > 0) {
      step((next) => this.#end(next, true, true));
      if (this.#spec.isFailing) {
        step((next) => this.#end(next, false, false));
        step((next) => this.#end(next, false, true));
      }
    }
    if (this.#quirk !== 'expiresHeld') return;
    this.#read(world);
    for (const [key, {state}] of [...this.flows]) if (state === 'awaitingRel') step((next) => this.#expire(next, key));
  }

  mayReceive(world: World, {kind}: ModelPacket): boolean {
    return kind === 'rel' || callsIn(world) < callsMax;
  }

  choices(): number {
    return 1;
  }

  arrive(world: World, {kind, id, isDup, message}: ModelPacket): void {
    this.#read(world);
    this.#arrived = message;
    if (kind === 'rel') this.#takeRel(id);
    else this.#takeSend({qos: world.qosOf(message), id, isDup});
    this.#write(world);
  }

  /** Calls that wait when the connection ends are still made; each may be processed or not where calls may fail. */
  endings(world: World): number {
    return this.#spec.isFailing ? 2 ** callsIn(world) : 1;
  }

  reconnect(world: World, ending: number): void {
    this.#read(world);
    this.close();
    for (const [place, flow] of this.calls.entries()) {
      if (!this.#spec.isFailing || (ending & (1 << place)) !== 0) process(world, flow);
    }
    world.receiver = [0];
  }

  holds(world: World, id: number): boolean {
    return this.#has(world, (code) => isKnown(code) && idOf(code) === id && world.qosOf(messageOf(code)) === 2);
  }

  isBusy(world: World, id: number): boolean {
    return this.#has(world, (code) => idOf(code) === id);
  }

  isDone(world: World): boolean {
    return callsIn(world) === 0 && (mayStayOverdue(this.#spec) || !this.#has(world, () => true));
  }

  override begin(packet: ModelFlow['packet']): ModelFlow {
    const begun = {state: 'awaitingSend', reply: emptyBytes, isProcessed: false, isAccepted: false, repliesKept: 0};
    return {packet, message: this.#arrived, chart: this.#chart(this.#arrived).steps, ...begun};
  }

  override call(): void {}

  override send({kind, id}: Packet, flow?: ModelFlow): void {
    transmit(this.#world, 'backward', encodePacket(kind, id, kind === 'com' ? 0 : flow?.message));
  }

  override note({message}: ModelFlow, event: InboundQos2Event, step: ChartStep<string, string>): void {
    this.#chart(message).note(step);
    if (event !== 'wire.repeat' || message === this.#arrived) return;
    note(this.#world, 'receiver', `takes ${letter(this.#arrived)} for ${letter(message)}`);
    breakProperty(this.#world, 'swallowed');
  }

  override forward(flow: ModelFlow): void {
    if (this.calls.includes(flow)) breakProperty(this.#world, 'bounded');
    super.forward(flow);
  }

  override keepReply(flow: ModelFlow): void {
    if (flow.repliesKept > 0) breakProperty(this.#world, 'bounded');
    flow.repliesKept = 1;
  }

  override forget(flow: ModelFlow): void {
    super.forget(flow);
    flow.repliesKept = 0;
  }

  /** The effect of a mutant. */
  disconnect(): void {
    note(this.#world, 'receiver', 'disconnects the sender');
    breakProperty(this.#world, 'closed');
  }

  #takeSend(packet: ModelFlow['packet']): void {
    if (packet.isDup && this.#quirk === 'swallowsFirstDup' && !this.flows.has(keyOf(packet)))
      transmit(this.#world, 'backward', encodePacket(packet.qos === 1 ? 'ack' : 'rec', packet.id, this.#arrived));
    else this.receive(packet);
  }

  #takeRel(id: number): void {
    const isKnown = this.flows.has(keyOf({qos: 2, id}));
    if (!isKnown && this.#quirk === 'answersUnknownRelByRec')
      transmit(this.#world, 'backward', encodePacket('rec', id));
    else if (isKnown || this.#quirk !== 'ignoresUnknownRel') this.release(id);
  }

  /** The running call ends. */
  #end(world: World, isAccepted: boolean, isProcessed: boolean): void {
    this.#read(world);
    const [flow] = this.calls;
    if (flow === undefined) return;
    if (isProcessed) process(world, flow);
    note(world, 'receiver', `call of ${letter(flow.message)} ${isAccepted ? 'is answered' : 'fails'}`);
    if (isAccepted) flow.isAccepted = true;
    this.answer(isAccepted);
    this.#write(world);
  }

  #expire(world: World, key: number): void {
    this.#read(world);
    note(world, 'receiver', `forgets id ${this.flows.get(key)?.packet.id} after a while`);
    this.flows.delete(key);
    this.#write(world);
  }

  // Of a failed call only the message's id is left, which takes part in nothing until a SEND comes. It may stay: at QoS 1
  // the sender can have its ACK for an earlier copy.
  #has({receiver}: World, isMeant: (code: number) => boolean): boolean {
    const codes = receiver.slice(1, 1 + (receiver[0] as number));
    return codes.some((code) => isMeant(code) && code % 16 !== this.#chart(messageOf(code)).code('unanswered'));
  }

  #chart(message: number): Chart<InboundQos2Event, InboundQos2Effect> {
    return this.#charts[this.#spec.messages[message] ?? 1];
  }

  #read(world: World): void {
    this.#world = world;
    const [count = 0, ...numbers] = world.receiver;
    const flows = numbers.slice(0, count).map((code) => this.#decode(code));
    this.flows.clear();
    for (const [place, flow] of flows.entries()) {
      if (isKnown(numbers[place] as number)) this.flows.set(keyOf(flow.packet), flow);
    }
    const calls = numbers.slice(count).map((place) => flows[place] as ModelFlow);
    this.calls.splice(0, this.calls.length, ...calls);
  }

  /** What is neither known nor called for is gone. */
  #write(world: World): void {
    const ordered = new Map(this.calls.map((flow) => [flow, this.#encode(flow)]));
    const resting = [...this.flows.values()].filter((flow) => !ordered.has(flow));
    const codes = resting.map((flow) => this.#encode(flow)).sort((left, right) => left - right);
    const places = [...ordered.keys()];
    const all = [...ordered.values(), ...codes];
    world.receiver = [all.length, ...all, ...this.calls.map((flow) => places.indexOf(flow))];
  }

  #encode(flow: ModelFlow): number {
    const {packet, message, state, isProcessed, isAccepted, repliesKept} = flow;
    return (
      this.#chart(message).code(state) |
      (message << 4) |
      (packet.id << 6) |
      (Number(this.flows.get(keyOf(packet)) === flow) << 8) |
      (Number(isProcessed) << 9) |
      (Number(isAccepted) << 10) |
      (repliesKept << 11)
    );
  }

  #decode(code: number): ModelFlow {
    const message = messageOf(code);
    const {steps, states} = this.#chart(message);
    return {
      packet: {qos: this.#spec.messages[message] ?? 1, id: idOf(code), isDup: false},
      message,
      chart: steps,
      state: states[code & 15] as string,
      reply: emptyBytes,
      isProcessed: (code & 512) !== 0,
      isAccepted: (code & 1_024) !== 0,
      repliesKept: code >> 11,
    };
  }
}

function messageOf(code: number): number {
  return (code >> 4) & 3;
}

function idOf(code: number): number {
  return (code >> 6) & 3;
}

function isKnown(code: number): boolean {
  return (code & 256) !== 0;
}

/** The business server processes a message; it knows one by its id, unless it had said that it was done with it. */
function process(world: World, flow: ModelFlow): void {
  if (!flow.isProcessed || flow.isAccepted) noteDelivered(world, flow.message);
  flow.isProcessed = true;
}

function callsIn({receiver}: World): number {
  return receiver.length - 1 - (receiver[0] as number);
}
