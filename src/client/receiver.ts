// The receiving half of a client's connection (machines/receiving-half.ts), with bounds. The "call" of a message is its
// handler's. A call never fails here: what a handler throws is reported, and the message acknowledged. [RB-60]

import type {Timer} from '../core/clock.ts';
import {type ReceivedFlow, ReceivingHalf, receivingCharts} from '../machines/receiving-half.ts';
import {emptyBytes, type Packet, type SendPacket} from '../protocol/packet.ts';
import type {Link} from './connection.ts';
import type {Settings} from './options.ts';

/** The options of the client that the receiving half knows. */
export type ReceiverSettings = Pick<
  Settings,
  'clock' | 'unorderedTypes' | 'inboxMax' | 'inboxBytesMax' | 'handlerTimeoutMs'
>;

/** What the receiving half needs of its client. */
export interface ReceiverOwner {
  /** Calls the handler; gives the bytes of its answer, at once where it has them at once. Never throws or rejects. */
  handle(message: SendPacket): Uint8Array | Promise<Uint8Array>;
  /** The handler has had its time. */
  late(type: number): void;
  /** A message of QoS 0 was dropped, or the connection must end, since too much waits. */
  overflow(type: number, isFatal: boolean): void;
}

interface Incoming extends ReceivedFlow {
  readonly packet: SendPacket;
}

export class Receiver extends ReceivingHalf<Incoming> {
  readonly #link: Link;
  readonly #settings: ReceiverSettings;
  readonly #owner: ReceiverOwner;
  /** Payloads that wait and replies that are held. */
  #bytes = 0;
  #isClosed = false;
  readonly #timers = new Set<Timer>();

  constructor(link: Link, settings: ReceiverSettings, owner: ReceiverOwner) {
    super();
    this.#link = link;
    this.#settings = settings;
    this.#owner = owner;
  }

  /** The connection has ended: what waits was not acknowledged, and is not handled. */
  override close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    super.close();
    this.calls.length = 0;
  }

  override send(packet: Packet): void {
    this.#link.send(packet);
  }

  override begin(packet: SendPacket): Incoming | undefined {
    const {inboxMax, inboxBytesMax} = this.#settings;
    // The call of the first one runs.
    if (this.calls.length <= inboxMax && this.#bytes + packet.payload.length <= inboxBytesMax)
      return {packet, chart: receivingCharts[packet.qos], state: 'awaitingSend', reply: emptyBytes};
    this.#owner.overflow(packet.type, packet.qos > 0);
    return undefined;
  }

  override forward(flow: Incoming): void {
    const {type, payload} = flow.packet;
    if (this.#settings.unorderedTypes.has(type)) {
      this.#handle(flow, () => this.step(flow, 'call.accepted'));
      return;
    }
    this.#bytes += payload.length;
    super.forward(flow);
  }

  override call(flow: Incoming): void {
    this.#bytes -= flow.packet.payload.length;
    this.#handle(flow, () => this.answer(true));
  }

  override keepReply({reply}: Incoming): void {
    this.#bytes += reply.length;
  }

  override forget(flow: Incoming): void {
    if (flow.packet.qos === 2) this.#bytes -= flow.reply.length;
    super.forget(flow);
  }

  #handle(flow: Incoming, done: () => void): void {
    const {packet} = flow;
    let isAnswered = false;
    const answer = (reply: Uint8Array): void => {
      if (isAnswered || this.#isClosed) return;
      isAnswered = true;
      flow.reply = reply;
      done();
    };
    const result = this.#owner.handle(packet);
    if (result instanceof Uint8Array) {
      answer(result);
      return;
    }
    const timer = this.#settings.clock.startTimer(this.#settings.handlerTimeoutMs, () => {
      this.#timers.delete(timer);
      this.#owner.late(packet.type);
      answer(emptyBytes);
    });
    this.#timers.add(timer);
    void result.then((reply) => {
      timer.cancel();
      this.#timers.delete(timer);
      answer(reply);
    });
  }
}
