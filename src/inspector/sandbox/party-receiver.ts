// The receiving party: the tables of machines/inbound-delivery.ts, with the little around them that the gateway has in
// actors/inbound.ts: flows by QoS and id, and one call at a time to the application, which processes what it accepts.

import {inboundQos1, inboundQos2} from '../../machines/inbound-delivery.ts';
import {isRepeat} from '../../machines/repeat.ts';
import type {Packet, Qos, SendPacket} from '../../protocol/packet.ts';
import type {Journal} from './journal.ts';
import {type Change, Rig} from './rig.ts';
import type {Wire} from './wire.ts';

/** How long the application takes for a call. */
export const callMs = 400;

/** Bytes of every reply. */
const reply = Uint8Array.of(0x6f, 0x6b);

/** One message as the receiver holds it. */
export interface HeldFlow {
  readonly number: number;
  readonly message: number;
  readonly qos: Qos;
  readonly id: number;
  readonly chart: string;
  readonly state: string;
  /** Whether its id leads to it. */
  readonly isKnown: boolean;
}

/** A call that waits or runs. */
interface Call {
  readonly message: number;
  /** None at QoS 0. */
  readonly flow: number | undefined;
}

export class ReceivingParty {
  readonly #journal: Journal;
  readonly #wire: Wire;
  readonly #rigs: readonly Rig[];
  #flows: HeldFlow[] = [];
  #calls: Call[] = [];
  #calledAt = 0;
  #numbers = 0;

  constructor(journal: Journal, wire: Wire, changes: readonly Change[]) {
    this.#journal = journal;
    this.#wire = wire;
    this.#rigs = [new Rig(inboundQos1, changes), new Rig(inboundQos2, changes)];
  }

  /** Those of this connection, ended ones included, oldest first. */
  get flows(): readonly HeldFlow[] {
    return this.#flows;
  }

  /** The message whose call runs. */
  get calling(): number | undefined {
    return this.#calls[0]?.message;
  }

  /** When the running call is answered. */
  get answerDueAt(): number | undefined {
    return this.#calls.length === 0 ? undefined : this.#calledAt + callMs;
  }

  receive(packet: Packet, message: number): void {
    if (packet.kind === 'send') this.#receiveSend(packet, message);
    else if (packet.kind === 'rel') this.#release(packet.id, message);
  }

  /** The application answers the running call: what it accepts it has processed, what fails it has not. */
  answer(isAccepted: boolean): void {
    const call = this.#calls.shift();
    if (call === undefined) return;
    this.#calledAt = this.#journal.now;
    this.#journal.add({kind: isAccepted ? 'delivered' : 'callFailed', message: call.message});
    if (call.flow !== undefined) this.#step(call.flow, isAccepted ? 'call.accepted' : 'call.failed');
    this.#tellCall();
  }

  /** Calls that wait are still made; nobody awaits an acknowledgement. */
  connectionEnded(): void {
    for (const {number} of this.#flows) this.#step(number, 'socket.closed');
    this.#flows = [];
    this.#calls = this.#calls.map(({message}) => ({message, flow: undefined}));
  }

  crash(): void {
    this.#flows = [];
    this.#calls = [];
  }

  #receiveSend({qos, id, isDup}: SendPacket, message: number): void {
    if (qos === 0) {
      this.#call({message, flow: undefined});
      return;
    }
    const known = this.#flows.find((flow) => flow.isKnown && flow.qos === qos && flow.id === id);
    if (known !== undefined) {
      if (isRepeat(qos, isDup, known.state === 'unanswered')) {
        this.#step(known.number, 'wire.repeat');
        return;
      }
      this.#step(known.number, 'wire.replaced');
      this.#change(known.number, {isKnown: false});
    }
    const number = ++this.#numbers;
    const {chart} = this.#rig(qos);
    this.#flows.push({number, message, qos, id, chart, state: 'awaitingSend', isKnown: true});
    this.#step(number, 'wire.send');
  }

  #release(id: number, message: number): void {
    const flow = this.#flows.find((one) => one.isKnown && one.qos === 2 && one.id === id);
    // Known or not. [RB-24]
    if (flow === undefined) this.#wire.transmit('backward', {kind: 'com', id}, message);
    else this.#step(flow.number, 'wire.rel');
  }

  #step(number: number, event: string): void {
    const before = this.#flows.find((flow) => flow.number === number);
    // Its connection has ended meanwhile.
    if (before === undefined) return;
    const rig = this.#rig(before.qos);
    const {to, effects, isHandled} = rig.step(before.state, event);
    if (!isHandled) return;
    this.#change(number, {state: to});
    const {message} = before;
    const place = {side: 'receiver', message, chart: rig.chart, from: before.state, event, to, effects} as const;
    this.#journal.add({kind: 'transition', ...place});
    for (const effect of effects) this.#carryOut({...before, state: to}, effect);
  }

  #carryOut({number, message, id}: HeldFlow, effect: string): void {
    switch (effect) {
      case 'forward':
        this.#call({message, flow: number});
        return;
      case 'sendAck':
        this.#wire.transmit('backward', {kind: 'ack', id, reply}, message);
        return;
      case 'sendRec':
        this.#wire.transmit('backward', {kind: 'rec', id, reply}, message);
        return;
      case 'sendCom':
        this.#wire.transmit('backward', {kind: 'com', id}, message);
        return;
      case 'forget':
        this.#change(number, {isKnown: false});
    }
  }

  #call(call: Call): void {
    this.#calls.push(call);
    if (this.#calls.length > 1) return;
    this.#calledAt = this.#journal.now;
    this.#tellCall();
  }

  #tellCall(): void {
    const message = this.calling;
    if (message !== undefined) this.#journal.add({kind: 'called', message});
  }

  #change(number: number, change: Partial<HeldFlow>): void {
    this.#flows = this.#flows.map((flow) => (flow.number === number ? {...flow, ...change} : flow));
  }

  #rig(qos: Qos): Rig {
    return this.#rigs[qos === 1 ? 0 : 1] as Rig;
  }
}
