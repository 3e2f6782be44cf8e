// The sending half: messages in flight, on the charts of outbound-delivery.ts.

import {messageIdMax, type Packet, type Qos, type ReplyPacket, type SendPacket} from '../protocol/packet.ts';
import {type Charted, Half} from './half.ts';
import type {Steps} from './step.ts';
import {type OutboundQos2Effect, type OutboundQos2Event, outboundQos1Steps, outboundQos2Steps} from './steps.ts';

export type SendingChart = Steps<string, OutboundQos2Event, OutboundQos2Effect>;

/** By QoS. QoS 0 has no chart. */
export const sendingCharts: Readonly<Record<Qos, SendingChart>> = {0: {}, 1: outboundQos1Steps, 2: outboundQos2Steps};

/** A message on its way; its chart begins with `queued`. */
export interface SentFlow extends Charted<OutboundQos2Event, OutboundQos2Effect> {
  readonly message: Pick<SendPacket, 'type' | 'qos' | 'payload'>;
  /** Set when it is transmitted. */
  id: number;
  /** Of the latest ACK or REC. */
  reply: Uint8Array;
}

export abstract class SendingHalf<Flow extends SentFlow> extends Half<OutboundQos2Event, OutboundQos2Effect, Flow> {
  /** The id that was given out last. */
  lastId = 0;

  /** Sends a packet: of `flow`, or a REL for an id that is unknown here. */
  abstract send(packet: Packet, flow?: Flow): void;

  /** The other side has the message, and `flow.reply` is its answer. */
  abstract confirm(flow: Flow): void;

  /** An ACK or REC came. */
  acknowledge({kind, id, reply}: ReplyPacket): void {
    const flow = this.flows.get(id);
    if (flow !== undefined) {
      flow.reply = reply;
      this.step(flow, `wire.${kind}`);
      // The other side holds an id that is forgotten here: the REL lets it go. [RB-19]
    } else if (kind === 'rec') this.send({kind: 'rel', id});
  }

  /** A COM came. */
  complete(id: number): void {
    const flow = this.flows.get(id);
    if (flow !== undefined) this.step(flow, 'wire.com');
  }

  /** The connection has ended. Messages are lost in the order in which they were transmitted. [RB-37] */
  close(): void {
    for (const flow of this.flows.values()) this.step(flow, 'socket.closed');
    this.flows.clear();
  }

  /**
   * In turn, and never one in flight: a late answer to a repeated SEND meets its id long before it is given out again.
   * See "Quiet ids" in docs/proof.md. [RB-03] [RB-04]
   */
  nextId(): number {
    do this.lastId = this.lastId >= messageIdMax ? 1 : this.lastId + 1;
    while (this.flows.has(this.lastId));
    return this.lastId;
  }

  transmit(flow: Flow): void {
    flow.id = this.nextId();
    this.flows.set(flow.id, flow);
    this.retransmit(flow, false);
  }

  retransmit(flow: Flow, isDup = true): void {
    const {type, qos, payload} = flow.message;
    this.send({kind: 'send', qos, isDup, type, id: flow.id, payload}, flow);
  }

  sendRel(flow: Flow): void {
    this.send({kind: 'rel', id: flow.id}, flow);
  }

  resendRel(flow: Flow): void {
    this.sendRel(flow);
  }

  release({id}: Flow): void {
    this.flows.delete(id);
  }

  /** The connection ended before the flow did. */
  lose(_flow: Flow): void {}

  /** The message was never transmitted, and is not going to be. */
  expire(_flow: Flow): void {}

  /** The message was not answered in time. */
  probe(_flow: Flow): void {}
}
