// What a client of `rainbow.v2` is answered to its messages, with a word of it for the trace. While its session has no
// connection nothing is: it gets the answers when it repeats its messages. Part of the receiving half.

import {emptyBytes, type SendPacket} from '../protocol/packet.ts';
import type {Observation, Subject} from '../trace/observer.ts';
import type {V2Message} from './v2-message.ts';
import type {V2Owner} from './v2-outbound.ts';
import type {Receipt} from './v2-receipts.ts';

export class V2Answers {
  readonly #observation: Observation;
  readonly #subject: Subject;
  readonly #owner: Pick<V2Owner, 'front'>;

  constructor(observation: Observation, subject: Subject, owner: Pick<V2Owner, 'front'>) {
    this.#observation = observation;
    this.#subject = subject;
    this.#owner = owner;
  }

  /** A SEND came, of a message that is under way, or of none. */
  received(packet: SendPacket, flow: V2Message | undefined): void {
    this.#observation.observer?.received(this.#subject, flow, packet);
  }

  /** ACK or REC. */
  confirm(flow: V2Message): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    const {qos, id, reply} = flow;
    this.#observation.observer?.replied(this.#subject, flow, qos === 1 ? 'ack' : 'rec', id, reply);
    front.confirm(flow);
  }

  fail({id, failure}: V2Message): void {
    if (failure !== undefined) this.#owner.front?.reject(id, failure);
  }

  complete(id: number, flow: V2Message | undefined): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    this.#observation.observer?.replied(this.#subject, flow, 'com', id, emptyBytes);
    front.complete(id);
  }

  /** The same answer again, of a message whose flow has ended. [RB-73] */
  repeat(receipt: Receipt): void {
    const {front} = this.#owner;
    const {id, reply, failure} = receipt;
    if (failure !== undefined) {
      front?.reject(id, failure);
      return;
    }
    this.#observation.observer?.replied(this.#subject, undefined, 'ack', id, reply);
    front?.confirm(receipt);
  }
}
