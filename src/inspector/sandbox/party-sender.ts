// The sending party: a sending half (machines/sending-half.ts) that writes into the journal, and whose retries and timeouts
// the sandbox makes.

import {type SendingChart, SendingHalf, type SentFlow, sendingCharts} from '../../machines/sending-half.ts';
import type {Step} from '../../machines/step.ts';
import type {OutboundQos2Event} from '../../machines/steps.ts';
import {emptyBytes, type Packet, type Qos} from '../../protocol/packet.ts';
import {type Journal, letterOf} from './journal.ts';
import {type Fault, plantFault} from './planted-fault.ts';
import type {Wire} from './wire.ts';

export const retryIntervalMs = 3_000;
export const timeoutMs = 20_000;

/** One message. At QoS 0 it has no chart, and its state stays empty. */
export interface SentMessage extends SentFlow {
  readonly number: number;
  readonly qos: Qos;
  /** When it was transmitted first. */
  readonly begunAt: number;
  /** When it was transmitted last. */
  sentAt: number;
}

/** `inTurn`: as the gateway draws its ids; `lowest`: the lowest that is free, which is too early where QoS 1 repeats. */
export type IdChoice = 'inTurn' | 'lowest';

export class SendingParty extends SendingHalf<SentMessage> {
  /** By number, ended ones included. */
  readonly messages: SentMessage[] = [];
  readonly #journal: Journal;
  readonly #wire: Wire;
  readonly #idChoice: IdChoice;
  /** By QoS. */
  readonly #charts: Readonly<Record<Qos, SendingChart>>;
  /** The message that the latest packet answers. */
  #replyTo = 0;

  constructor(journal: Journal, wire: Wire, idChoice: IdChoice, fault: Fault) {
    super();
    this.#journal = journal;
    this.#wire = wire;
    this.#idChoice = idChoice;
    this.#charts = {
      0: {},
      1: plantFault(sendingCharts[1], fault.outboundQos1),
      2: plantFault(sendingCharts[2], fault.outboundQos2),
    };
  }

  /** Sends a new message. */
  begin(qos: Qos): void {
    const {now} = this.#journal;
    const number = this.messages.length;
    const content = {type: 1, qos, payload: Uint8Array.of(letterOf(number).charCodeAt(0))};
    const begun = {id: 0, state: qos === 0 ? '' : 'queued', reply: emptyBytes, begunAt: now, sentAt: now};
    const message: SentMessage = {number, qos, message: content, chart: this.#charts[qos], ...begun};
    this.messages.push(message);
    if (qos > 0) this.step(message, 'window.opened');
    else this.send({kind: 'send', ...content, isDup: false, id: 0}, message);
  }

  /** A packet came; `replyTo` is the message that it answers. */
  take(packet: Packet, replyTo: number): void {
    this.#replyTo = replyTo;
    if (packet.kind === 'ack' || packet.kind === 'rec') this.acknowledge(packet);
    else if (packet.kind === 'com') this.complete(packet.id);
  }

  retry(number: number): void {
    const message = this.messages[number];
    if (message !== undefined) this.step(message, 'clock.retryDue');
  }

  timeOut(number: number): void {
    const message = this.messages[number];
    if (message !== undefined) this.step(message, 'publication.timedOut');
  }

  /** Whether the event would do anything. */
  handles(number: number, event: OutboundQos2Event): boolean {
    const message = this.messages[number];
    return message?.chart[message.state]?.[event] !== undefined;
  }

  /** When the message has its next step by the clock, and which. */
  nextDue({
    number,
    sentAt,
    begunAt,
  }: SentMessage): {readonly at: number; readonly event: 'retry' | 'timeOut'} | undefined {
    const timeOutAt = this.handles(number, 'publication.timedOut') ? begunAt + timeoutMs : Number.POSITIVE_INFINITY;
    const retryAt = this.handles(number, 'clock.retryDue') ? sentAt + retryIntervalMs : Number.POSITIVE_INFINITY;
    const at = Math.min(timeOutAt, retryAt);
    return Number.isFinite(at) ? {at, event: at === timeOutAt ? 'timeOut' : 'retry'} : undefined;
  }

  /** It forgets all that it had to see through. */
  crash(): void {
    for (const flow of this.flows.values()) flow.state = 'lost';
    this.flows.clear();
  }

  override send(packet: Packet, flow?: SentMessage): void {
    if (flow !== undefined) flow.sentAt = this.#journal.now;
    this.#wire.transmit('forward', packet, flow?.number ?? this.#replyTo);
  }

  override confirm({number}: SentMessage): void {
    this.#journal.add({kind: 'confirmed', message: number, replyTo: this.#replyTo});
  }

  override note({number, qos, state}: SentMessage, event: OutboundQos2Event, step: Step<string, string>): void {
    this.#journal.addStep({side: 'sender', message: number, chart: `outboundQos${qos}`, from: state, event}, step);
  }

  override nextId(): number {
    if (this.#idChoice === 'lowest') this.lastId = 0;
    return super.nextId();
  }
}
