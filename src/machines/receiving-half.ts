// The receiving half: messages whose ids are known, on the charts of inbound-delivery.ts, and the queue of their calls.

import type {Packet, Qos, SendPacket} from '../protocol/packet.ts';
import {type Charted, Half} from './half.ts';
import {isRepeat} from './repeat.ts';
import type {Steps} from './step.ts';
import {type InboundQos2Effect, type InboundQos2Event, inboundQos1Steps, inboundQos2Steps} from './steps.ts';

export type ReceivingChart = Steps<string, InboundQos2Event, InboundQos2Effect>;

/** By QoS. QoS 0 has no chart. */
export const receivingCharts: Readonly<Record<Qos, ReceivingChart>> = {0: {}, 1: inboundQos1Steps, 2: inboundQos2Steps};

/** A message that came; its chart begins with `awaitingSend`. */
export interface ReceivedFlow extends Charted<InboundQos2Event, InboundQos2Effect> {
  readonly packet: Pick<SendPacket, 'qos' | 'id' | 'isDup'>;
  /** The same bytes in each ACK and REC. [RB-20] */
  reply: Uint8Array;
}

export abstract class ReceivingHalf<Flow extends ReceivedFlow> extends Half<InboundQos2Event, InboundQos2Effect, Flow> {
  /** Messages whose calls wait; the call of the first one runs. */
  readonly calls: Flow[] = [];
  #called: Flow | undefined;
  #isPumping = false;

  /** Sends a packet: in answer to `flow`, or a COM for an id that is unknown here. */
  abstract send(packet: Packet, flow?: Flow): void;

  /** What is kept of a new message; `undefined` where there is no room for it. */
  abstract begin(packet: Flow['packet']): Flow | undefined;

  /** Begins the call of a message, which {@link answer} ends, at once or later. */
  abstract call(flow: Flow): void;

  /** A SEND came. */
  receive(packet: Flow['packet']): void {
    const key = keyOf(packet);
    const known = this.flows.get(key);
    if (known !== undefined && isRepeat(packet.qos, packet.isDup, known.state === 'unanswered')) {
      this.step(known, 'wire.repeat');
      return;
    }
    const flow = this.begin(packet);
    if (flow === undefined) return;
    if (packet.qos === 0) {
      this.forward(flow);
      return;
    }
    if (known !== undefined) this.step(known, 'wire.replaced');
    this.flows.set(key, flow);
    this.step(flow, 'wire.send');
  }

  /** A REL came: always answered with COM. [RB-24] */
  release(id: number): void {
    const flow = this.flows.get(keyOf({qos: 2, id}));
    if (flow === undefined) this.send({kind: 'com', id});
    else this.step(flow, 'wire.rel');
  }

  /** The call that runs has ended; the next one begins. */
  answer(isAccepted: boolean): void {
    const flow = this.calls.shift();
    if (flow === undefined) return;
    this.#called = undefined;
    this.step(flow, isAccepted ? 'call.accepted' : 'call.failed');
    this.#pump();
  }

  /** The connection has ended. Calls that wait stay. */
  close(): void {
    for (const flow of new Set([...this.flows.values(), ...this.calls])) this.step(flow, 'socket.closed');
  }

  forward(flow: Flow): void {
    this.calls.push(flow);
    this.#pump();
  }

  sendAck(flow: Flow): void {
    this.send({kind: 'ack', id: flow.packet.id, reply: flow.reply}, flow);
  }

  sendRec(flow: Flow): void {
    this.send({kind: 'rec', id: flow.packet.id, reply: flow.reply}, flow);
  }

  sendCom(flow: Flow): void {
    this.send({kind: 'com', id: flow.packet.id}, flow);
  }

  forget({packet}: Flow): void {
    this.flows.delete(keyOf(packet));
  }

  /** A repeat came while the call runs, whose answer will serve it too. */
  join(_flow: Flow): void {}

  /** The reply is held until the id is forgotten. */
  keepReply(_flow: Flow): void {}

  // One call at a time, so that acknowledgements go out in the order of their messages. [RB-43] [RB-46] A loop, since calls
  // that are answered at once would call each other otherwise.
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let [flow] = this.calls; flow !== undefined && flow !== this.#called; [flow] = this.calls) {
      this.#called = flow;
      this.call(flow);
    }
    this.#isPumping = false;
  }
}

/** Ids of QoS 1 and of QoS 2 do not meet. */
export function keyOf({qos, id}: {readonly qos: number; readonly id: number}): number {
  return qos * 65_536 + id;
}
