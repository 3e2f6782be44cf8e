// The receiving party: a receiving half (machines/receiving-half.ts) that writes into the journal, with an application that
// takes its time, and processes what it accepts.

import {type ReceivedFlow, type ReceivingChart, ReceivingHalf, receivingCharts} from '../../machines/receiving-half.ts';
import type {Step} from '../../machines/step.ts';
import type {InboundQos2Event} from '../../machines/steps.ts';
import type {Packet, Qos, SendPacket} from '../../protocol/packet.ts';
import type {Journal} from './journal.ts';
import {type Fault, plantFault} from './planted-fault.ts';
import type {Wire} from './wire.ts';

/** How long the application takes for a call. */
export const callMs = 400;

/** Bytes of every reply. */
const reply = Uint8Array.of(0x6f, 0x6b);

interface HeldMessage extends ReceivedFlow {
  readonly message: number;
}

export class ReceivingParty extends ReceivingHalf<HeldMessage> {
  readonly #journal: Journal;
  readonly #wire: Wire;
  /** By QoS. */
  readonly #charts: Readonly<Record<Qos, ReceivingChart>>;
  #calledAt = 0;
  /** The message that the latest packet belongs to. */
  #arrived = 0;

  constructor(journal: Journal, wire: Wire, {inboundQos1, inboundQos2}: Fault) {
    super();
    this.#journal = journal;
    this.#wire = wire;
    this.#charts = {
      0: {},
      1: plantFault(receivingCharts[1], inboundQos1),
      2: plantFault(receivingCharts[2], inboundQos2),
    };
  }

  /** The message whose call runs. */
  get calling(): number | undefined {
    return this.calls[0]?.message;
  }

  /** When the running call is answered. */
  get answerDueAt(): number | undefined {
    return this.calls.length === 0 ? undefined : this.#calledAt + callMs;
  }

  /** A packet of `message` came. */
  take(packet: Packet, message: number): void {
    this.#arrived = message;
    if (packet.kind === 'send') this.receive(packet);
    else if (packet.kind === 'rel') this.release(packet.id);
  }

  /** The application answers the running call: what it accepts it has processed, what fails it has not. */
  override answer(isAccepted: boolean): void {
    const {calling} = this;
    if (calling === undefined) return;
    this.#journal.add({kind: isAccepted ? 'delivered' : 'callFailed', message: calling});
    super.answer(isAccepted);
  }

  /** Calls that wait are still made; no acknowledgement is awaited. */
  override close(): void {
    super.close();
    this.flows.clear();
  }

  crash(): void {
    this.flows.clear();
    this.calls.length = 0;
  }

  override begin(packet: SendPacket): HeldMessage {
    return {packet, message: this.#arrived, chart: this.#charts[packet.qos], state: 'awaitingSend', reply};
  }

  override call({message}: HeldMessage): void {
    this.#calledAt = this.#journal.now;
    this.#journal.add({kind: 'called', message});
  }

  override send(packet: Packet, flow?: HeldMessage): void {
    this.#wire.transmit('backward', packet, flow?.message ?? this.#arrived);
  }

  override note({packet, message, state}: HeldMessage, event: InboundQos2Event, step: Step<string, string>): void {
    this.#journal.addStep({side: 'receiver', message, chart: `inboundQos${packet.qos}`, from: state, event}, step);
  }
}
