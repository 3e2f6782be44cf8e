// The gateway as the receiver: the tables of machines/inbound-delivery.ts with the little around them that
// actors/inbound.ts has, a map of flows and one call at a time, and behind it a business server that knows a message by its
// RAINBOWMESSAGEID: a call that failed may have been processed, and the repeat under the same id is then no second delivery.

import {inboundQos1, inboundQos2} from '../../src/machines/inbound-delivery.ts';
import {isRepeat} from '../../src/machines/repeat.ts';
import {type Change, Chart} from './chart.ts';
import {openFlows, type TableFlow, writeFlows} from './flows.ts';
import {letter, note} from './journal.ts';
import {breakProperty, noteDelivered} from './ledger.ts';
import {transmit} from './link.ts';
import {encodePacket, type ModelPacket} from './packet-code.ts';
import type {Receiver} from './receiver.ts';
import {mayStayOverdue, type Step, type World, type WorldSpec} from './world.ts';

/** What a mutant has otherwise. */
export interface TableReceiverMutation {
  readonly qos1?: readonly Change[];
  readonly qos2?: readonly Change[];
  readonly quirk?: 'swallowsFirstDup' | 'expiresHeld' | 'ignoresUnknownRel' | 'answersUnknownRelByRec';
}

/** Calls that may wait; a SEND that would make one more is not taken off the link. */
const callsMax = 3;

export class TableReceiver implements Receiver {
  readonly #spec: WorldSpec;
  readonly #qos1: Chart;
  readonly #qos2: Chart;
  readonly #quirk: TableReceiverMutation['quirk'];

  constructor(spec: WorldSpec, mutation: TableReceiverMutation = {}) {
    this.#spec = spec;
    this.#qos1 = new Chart(inboundQos1, mutation.qos1);
    this.#qos2 = new Chart(inboundQos2, mutation.qos2);
    this.#quirk = mutation.quirk;
  }

  initial(): number[] {
    return [0];
  }

  moves(world: World, step: Step): void {
    const {flows, calls} = openFlows(world.receiver);
    if (calls.length > 0) {
      step((next) => this.#answer(next, true, true));
      if (this.#spec.isFailing) {
        step((next) => this.#answer(next, false, false));
        step((next) => this.#answer(next, false, true));
      }
    }
    if (this.#quirk !== 'expiresHeld') return;
    for (const [place, flow] of flows.entries()) {
      if (flow.isKnown && flow.state === this.#qos2.code('awaitingRel')) step((next) => this.#expire(next, place));
    }
  }

  mayReceive(world: World, {kind}: ModelPacket): boolean {
    return kind === 'rel' || openFlows(world.receiver).calls.length < callsMax;
  }

  choices(): number {
    return 1;
  }

  receive(world: World, packet: ModelPacket): void {
    if (packet.kind === 'rel') this.#release(world, packet.id);
    else this.#send(world, packet);
  }

  /** Calls that wait when the connection ends are still made; each may be processed or not where calls may fail. */
  endings(world: World): number {
    return this.#spec.isFailing ? 2 ** openFlows(world.receiver).calls.length : 1;
  }

  reconnect(world: World, ending: number): void {
    const open = openFlows(world.receiver);
    for (const flow of open.flows) this.#step(world, open, flow, 'socket.closed');
    for (const [place, flow] of open.calls.entries()) {
      if (!this.#spec.isFailing || (ending & (1 << place)) !== 0) process(world, flow);
    }
    world.receiver = [0];
  }

  holds(world: World, id: number): boolean {
    const {flows} = openFlows(world.receiver);
    return flows.some(
      (flow) => flow.isKnown && flow.id === id && this.#isQos2(world, flow) && !this.#isUnanswered(world, flow),
    );
  }

  // Of a failed call only the message's id is left, which takes part in nothing until a SEND comes. It may stay: at QoS 1
  // the sender can have its ACK for an earlier copy.
  isBusy(world: World, id: number): boolean {
    return openFlows(world.receiver).flows.some((flow) => flow.id === id && !this.#isUnanswered(world, flow));
  }

  isDone(world: World): boolean {
    const {flows, calls} = openFlows(world.receiver);
    if (calls.length > 0) return false;
    return mayStayOverdue(this.#spec) || flows.every((flow) => this.#isUnanswered(world, flow));
  }

  #send(world: World, {id, isDup, message}: ModelPacket): void {
    const open = openFlows(world.receiver);
    const qos = world.qosOf(message);
    const known = open.flows.find((flow) => flow.isKnown && flow.id === id && world.qosOf(flow.message) === qos);
    if (known !== undefined) {
      if (isRepeat(qos, isDup, this.#isUnanswered(world, known))) {
        if (known.message !== message) {
          note(world, 'receiver', `takes ${letter(message)} for ${letter(known.message)}`);
          breakProperty(world, 'swallowed');
        }
        this.#step(world, open, known, 'wire.repeat');
        writeFlows(world, open);
        return;
      }
      this.#step(world, open, known, 'wire.replaced');
      // The id leads to the new message from here on.
      known.isKnown = false;
    } else if (isDup && this.#quirk === 'swallowsFirstDup') {
      transmit(world, 'backward', encodePacket(qos === 1 ? 'ack' : 'rec', id, message));
      return;
    }
    const flow: TableFlow = {
      state: 0,
      message,
      id,
      isKnown: true,
      isProcessed: false,
      isAccepted: false,
      repliesKept: 0,
    };
    open.flows.push(flow);
    this.#step(world, open, flow, 'wire.send');
    writeFlows(world, open);
  }

  #release(world: World, id: number): void {
    const open = openFlows(world.receiver);
    const flow = open.flows.find(
      (candidate) => candidate.isKnown && candidate.id === id && this.#isQos2(world, candidate),
    );
    if (flow !== undefined) this.#step(world, open, flow, 'wire.rel');
    else if (this.#quirk === 'answersUnknownRelByRec') transmit(world, 'backward', encodePacket('rec', id));
    else if (this.#quirk !== 'ignoresUnknownRel') transmit(world, 'backward', encodePacket('com', id));
    writeFlows(world, open);
  }

  #answer(world: World, isAccepted: boolean, isProcessed: boolean): void {
    const open = openFlows(world.receiver);
    const flow = open.calls.shift();
    if (flow === undefined) return;
    if (isProcessed) process(world, flow);
    note(world, 'receiver', `call of ${letter(flow.message)} ${isAccepted ? 'is answered' : 'fails'}`);
    if (isAccepted) flow.isAccepted = true;
    this.#step(world, open, flow, isAccepted ? 'call.accepted' : 'call.failed');
    writeFlows(world, open);
  }

  #expire(world: World, place: number): void {
    const open = openFlows(world.receiver);
    const flow = open.flows[place] as TableFlow;
    note(world, 'receiver', `forgets id ${flow.id} after a while`);
    flow.isKnown = false;
    writeFlows(world, open);
  }

  #step(world: World, open: ReturnType<typeof openFlows>, flow: TableFlow, event: string): void {
    this.#chart(world, flow).step(
      flow.state,
      event,
      (state) => {
        flow.state = state;
      },
      (effect) => carryOut(world, open.calls, flow, effect),
    );
  }

  #chart(world: World, flow: TableFlow): Chart {
    return this.#isQos2(world, flow) ? this.#qos2 : this.#qos1;
  }

  #isQos2(world: World, flow: TableFlow): boolean {
    return world.qosOf(flow.message) === 2;
  }

  #isUnanswered(world: World, flow: TableFlow): boolean {
    return flow.state === this.#chart(world, flow).code('unanswered');
  }
}

/** The business server processes a message; it knows one by its id, unless it had said that it was done with it. */
function process(world: World, flow: TableFlow): void {
  if (!flow.isProcessed || flow.isAccepted) noteDelivered(world, flow.message);
  flow.isProcessed = true;
}

function carryOut(world: World, calls: TableFlow[], flow: TableFlow, effect: string): void {
  const {id, message} = flow;
  switch (effect) {
    case 'forward':
      if (calls.includes(flow)) breakProperty(world, 'bounded');
      calls.push(flow);
      return;
    case 'join':
      return;
    case 'sendAck':
      transmit(world, 'backward', encodePacket('ack', id, message));
      return;
    case 'keepReply':
      if (flow.repliesKept > 0) breakProperty(world, 'bounded');
      flow.repliesKept = 1;
      return;
    case 'sendRec':
      transmit(world, 'backward', encodePacket('rec', id, message));
      return;
    case 'sendCom':
      transmit(world, 'backward', encodePacket('com', id));
      return;
    case 'forget':
      flow.isKnown = false;
      flow.repliesKept = 0;
      return;
    case 'close':
      note(world, 'receiver', 'disconnects the sender');
      breakProperty(world, 'closed');
      return;
    default:
      throw new Error(`Expected an effect of the inbound charts, got ${effect}`);
  }
}
