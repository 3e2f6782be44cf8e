// The receiving half of one connection: messages of the business server on their way to the application's handler. Runs the
// chart of each (machines/inbound-delivery.ts, the gateway's own, from the other end: the "call" is the handler's) and
// carries its effects out. A call never fails here: what a handler throws is told, and the message acknowledged. [RB-60]

import type {Timer} from '../core/clock.ts';
import {unreachable} from '../core/invariant.ts';
import {isRepeat} from '../machines/repeat.ts';
import {type InboundQos2Effect, type InboundQos2Event, inboundQos1Steps, inboundQos2Steps} from '../machines/steps.ts';
import {emptyBytes, type Qos, type SendPacket} from '../protocol/packet.ts';
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

/** One message. At QoS 0 it has no chart, only a call. */
interface Incoming {
  readonly packet: SendPacket;
  /** Of its chart. */
  state: string;
  /** The same bytes in each REC. [RB-20] */
  reply: Uint8Array;
}

export class Receiver {
  readonly #link: Link;
  readonly #settings: ReceiverSettings;
  readonly #owner: ReceiverOwner;
  /** QoS 1 and 2 messages whose ids are known, by QoS and id. */
  readonly #flows = new Map<number, Incoming>();
  readonly #queue: Incoming[] = [];
  #isCalling = false;
  #isPumping = false;
  /** Payloads that wait and replies that are held. */
  #bytes = 0;
  #isClosed = false;
  readonly #timers = new Set<Timer>();

  constructor(link: Link, settings: ReceiverSettings, owner: ReceiverOwner) {
    this.#link = link;
    this.#settings = settings;
    this.#owner = owner;
  }

  /** A SEND came. */
  receive(packet: SendPacket): void {
    const message: Incoming = {packet, state: 'awaitingSend', reply: emptyBytes};
    if (packet.qos === 0) {
      if (this.#hasRoom(packet)) this.#enqueue(message);
      else this.#owner.overflow(packet.type, false);
      return;
    }
    const key = keyOf(packet.qos, packet.id);
    const known = this.#flows.get(key);
    // No call fails here, so that none is left unanswered.
    if (known !== undefined && isRepeat(packet.qos, packet.isDup, false)) {
      this.#step(known, 'wire.repeat');
      return;
    }
    if (!this.#hasRoom(packet)) {
      this.#owner.overflow(packet.type, true);
      return;
    }
    if (known !== undefined) this.#step(known, 'wire.replaced');
    this.#flows.set(key, message);
    this.#step(message, 'wire.send');
  }

  /** A REL came: always answered with COM. [RB-24] */
  release(id: number): void {
    const flow = this.#flows.get(keyOf(2, id));
    if (flow === undefined) this.#link.send({kind: 'com', id});
    else this.#step(flow, 'wire.rel');
  }

  /** The connection has ended: what waits was not acknowledged, and is not handled. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    for (const flow of [...this.#flows.values()]) this.#step(flow, 'socket.closed');
    this.#queue.length = 0;
  }

  #hasRoom({payload}: SendPacket): boolean {
    const {inboxMax, inboxBytesMax} = this.#settings;
    return this.#queue.length < inboxMax && this.#bytes + payload.length <= inboxBytesMax;
  }

  #step(flow: Incoming, event: InboundQos2Event): void {
    const steps: Steps = flow.packet.qos === 1 ? inboundQos1Steps : inboundQos2Steps;
    const step = steps[flow.state]?.[event];
    if (step === undefined) return;
    const [state, ...effects] = step;
    flow.state = state;
    for (const effect of effects) this.#carryOut(effect, flow);
  }

  #carryOut(effect: InboundQos2Effect, flow: Incoming): void {
    const {packet, reply} = flow;
    const {id, qos} = packet;
    switch (effect) {
      case 'forward':
        this.#enqueue(flow);
        return;
      case 'join':
        // The answer that is awaited will serve the repeat, too.
        return;
      case 'sendAck':
        this.#link.send({kind: 'ack', id, reply});
        return;
      case 'keepReply':
        this.#bytes += reply.length;
        return;
      case 'sendRec':
        this.#link.send({kind: 'rec', id, reply});
        return;
      case 'sendCom':
        this.#link.send({kind: 'com', id});
        return;
      case 'forget':
        if (qos === 2) this.#bytes -= reply.length;
        this.#flows.delete(keyOf(qos, id));
        return;
      default:
        unreachable(effect);
    }
  }

  #enqueue(message: Incoming): void {
    if (this.#settings.unorderedTypes.has(message.packet.type)) {
      this.#call(message, () => {});
      return;
    }
    this.#queue.push(message);
    this.#bytes += message.packet.payload.length;
    this.#pump();
  }

  // One handler at a time, so that acknowledgements go out in the order of their messages. [RB-43] [RB-46] A loop, since
  // handlers that answer at once would call each other otherwise.
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isCalling) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      this.#bytes -= message.packet.payload.length;
      this.#isCalling = true;
      this.#call(message, () => {
        this.#isCalling = false;
        this.#pump();
      });
    }
    this.#isPumping = false;
  }

  #call(message: Incoming, done: () => void): void {
    const {packet} = message;
    let isAnswered = false;
    const answer = (reply: Uint8Array): void => {
      if (isAnswered) return;
      isAnswered = true;
      if (!this.#isClosed && packet.qos > 0) {
        message.reply = reply;
        this.#step(message, 'call.accepted');
      }
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

function keyOf(qos: Qos, id: number): number {
  return qos === 1 ? id : 65_536 + id;
}

/** Either chart's steps, states by name. */
type Steps = Readonly<
  Record<string, Readonly<Partial<Record<InboundQos2Event, readonly [string, ...InboundQos2Effect[]]>>>>
>;
