// The sending party: the tables of machines/outbound-delivery.ts, with the little around them that the gateway has in
// actors/outbound.ts: ids and what is in flight under them.

import {outboundQos1, outboundQos2} from '../../machines/outbound-delivery.ts';
import {messageIdMax, type Packet, type Qos} from '../../protocol/packet.ts';
import {type Journal, letterOf} from './journal.ts';
import {type Change, Rig} from './rig.ts';
import type {Wire} from './wire.ts';

export const retryIntervalMs = 3_000;
export const timeoutMs = 20_000;

/** One message. At QoS 0 it has no chart, and its state stays empty. */
export interface SentMessage {
  readonly number: number;
  readonly qos: Qos;
  readonly chart: string;
  readonly state: string;
  /** 0 until it was transmitted. */
  readonly id: number;
  readonly isEnded: boolean;
  /** When it was transmitted last. */
  readonly sentAt: number;
  /** When it was first. */
  readonly begunAt: number;
}

/** `inTurn`: as the gateway draws its ids; `lowest`: the lowest that is free, which is too early where QoS 1 repeats. */
export type IdChoice = 'inTurn' | 'lowest';

const payloadType = 1;

export class SendingParty {
  readonly #journal: Journal;
  readonly #wire: Wire;
  readonly #idChoice: IdChoice;
  readonly #rigs: readonly Rig[];
  readonly #messages: SentMessage[] = [];
  #lastId = 0;

  constructor(journal: Journal, wire: Wire, idChoice: IdChoice, changes: readonly Change[]) {
    this.#journal = journal;
    this.#wire = wire;
    this.#idChoice = idChoice;
    this.#rigs = [new Rig(outboundQos1, changes), new Rig(outboundQos2, changes)];
  }

  get messages(): readonly SentMessage[] {
    return this.#messages;
  }

  send(qos: Qos): void {
    const {now} = this.#journal;
    const number = this.#messages.length;
    const chart = qos === 0 ? '' : this.#rig(qos).chart;
    const state = qos === 0 ? '' : 'queued';
    this.#messages.push({number, qos, chart, state, id: 0, isEnded: qos === 0, sentAt: now, begunAt: now});
    if (qos > 0) this.#step(number, 'window.opened');
    else this.#wire.transmit('forward', this.#sendPacket(number, false), number);
  }

  receive(packet: Packet, replyTo: number): void {
    if (packet.kind === 'send' || packet.kind === 'rel') return;
    const known = this.#messages.find(({id, isEnded}) => id === packet.id && !isEnded);
    if (known !== undefined) this.#step(known.number, `wire.${packet.kind}`, replyTo);
    // The peer holds an id that is forgotten here; a REL lets it go. [RB-19]
    else if (packet.kind === 'rec') this.#wire.transmit('forward', {kind: 'rel', id: packet.id}, replyTo);
  }

  retry(number: number): void {
    if (this.handles(number, 'clock.retryDue')) this.#step(number, 'clock.retryDue');
  }

  timeOut(number: number): void {
    if (this.handles(number, 'publication.timedOut')) this.#step(number, 'publication.timedOut');
  }

  /** Whether the event would do anything. */
  handles(number: number, event: string): boolean {
    const message = this.#messages[number];
    return message !== undefined && !message.isEnded && this.#rig(message.qos).step(message.state, event).isHandled;
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

  connectionEnded(): void {
    for (const {number, isEnded} of this.#messages) if (!isEnded) this.#step(number, 'socket.closed');
  }

  /** It forgets all that it had to see through. */
  crash(): void {
    for (const [number, message] of this.#messages.entries()) {
      if (!message.isEnded) this.#messages[number] = {...message, state: 'lost', isEnded: true};
    }
  }

  #step(number: number, event: string, replyTo = number): void {
    const before = this.#messages[number] as SentMessage;
    const rig = this.#rig(before.qos);
    const {to, effects, isHandled} = rig.step(before.state, event);
    if (!isHandled) return;
    this.#change(number, {state: to, isEnded: rig.isFinal(to)});
    this.#journal.add({
      kind: 'transition',
      side: 'sender',
      message: number,
      chart: rig.chart,
      from: before.state,
      event,
      to,
      effects,
    });
    for (const effect of effects) this.#carryOut(number, effect, replyTo);
  }

  #carryOut(number: number, effect: string, replyTo: number): void {
    switch (effect) {
      case 'transmit':
        this.#change(number, {id: this.#freeId()});
        this.#wire.transmit('forward', this.#sendPacket(number, false), number);
        return;
      case 'retransmit':
        this.#change(number, {sentAt: this.#journal.now});
        this.#wire.transmit('forward', this.#sendPacket(number, true), number);
        return;
      case 'sendRel':
      case 'resendRel':
        this.#change(number, {sentAt: this.#journal.now});
        this.#wire.transmit('forward', {kind: 'rel', id: (this.#messages[number] as SentMessage).id}, number);
        return;
      case 'confirm':
        this.#journal.add({kind: 'confirmed', message: number, replyTo});
    }
  }

  #sendPacket(number: number, isDup: boolean): Packet {
    const {qos, id} = this.#messages[number] as SentMessage;
    return {kind: 'send', qos, isDup, type: payloadType, id, payload: Uint8Array.of(letterOf(number).charCodeAt(0))};
  }

  #freeId(): number {
    let id = this.#idChoice === 'lowest' ? 1 : (this.#lastId % messageIdMax) + 1;
    while (this.#messages.some((message) => message.id === id && !message.isEnded)) id = (id % messageIdMax) + 1;
    this.#lastId = id;
    return id;
  }

  #change(number: number, change: Partial<SentMessage>): void {
    this.#messages[number] = {...(this.#messages[number] as SentMessage), ...change};
  }

  #rig(qos: Qos): Rig {
    return this.#rigs[qos === 1 ? 0 : 1] as Rig;
  }
}
