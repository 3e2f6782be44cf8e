// The receiving half of one session of `rainbow.v2`: the client's messages to the business server, its JOINs and LEAVEs, one at
// a time in the order in which they came, and so their answers. [RB-43] [RB-46] Runs machines/v2-inbound-delivery.ts.

import {digestOf, isSameDigest} from '../core/digest.ts';
import {IdTable} from '../core/id-table.ts';
import {v2InboundChart, v2InboundQos2} from '../machines/v2-inbound-delivery.ts';
import {type Failure, writeObject} from '../protocol/control-payload.ts';
import {emptyBytes, type SendPacket} from '../protocol/packet.ts';
import type {JoinPacket} from '../protocol/packet-v2.ts';
import type {AnswerKind} from '../trace/observer.ts';
import type {Answer} from '../upstream/call.ts';
import type {BackendClient} from './backend-client.ts';
import type {InboundMessage} from './inbound-message.ts';
import {InboundQueue} from './inbound-queue.ts';
import type {ShardContext} from './shard-context.ts';
import type {StatsQuery} from './stats-query.ts';
import {V2Answers} from './v2-answers.ts';
import {failureOf} from './v2-failure.ts';
import {createMessage, type V2Message} from './v2-message.ts';
import type {V2Owner} from './v2-outbound.ts';
import {Receipts} from './v2-receipts.ts';
import {isForbidden, refuseMessage} from './v2-refusal.ts';

// Both charts have the same codes for events and effects.
const {event, effect} = v2InboundQos2;

/** What the half needs of its session beside {@link V2Owner}. */
export interface V2InboundOwner extends V2Owner {
  /** Enters or leaves a channel; `undefined` where that is done. */
  changeMembership(packet: JoinPacket): Failure | undefined;
  /** Has {@link V2Inbound.concluded} called in a later message, since nothing is to wait for. */
  conclude(message: V2Message): void;
}

/** The reply of a JOIN or LEAVE. */
const joined = writeObject({});
/** They have no type, and wait for their turn whatever types need not. */
const noType = -1;

export class V2Inbound {
  readonly #context: ShardContext;
  readonly #backend: BackendClient;
  readonly #owner: V2InboundOwner;
  /** Messages at QoS 1 and 2 whose flow has not ended: one space of ids. */
  readonly #flows = new IdTable<V2Message>();
  readonly #queue: InboundQueue;
  readonly #receipts: Receipts;
  readonly #answers: V2Answers;
  #isClosed = false;

  constructor(context: ShardContext, backend: BackendClient, owner: V2InboundOwner) {
    const {window, queueBytesMax} = context.settings;
    this.#context = context;
    this.#backend = backend;
    this.#owner = owner;
    this.#queue = new InboundQueue(context, {forward: (message) => this.#call(message as V2Message)}, owner);
    this.#answers = new V2Answers(context.observation, backend, owner);
    this.#receipts = new Receipts(context.memory, window, queueBytesMax);
  }

  /** Messages held: with their call to come, or awaiting their REL. */
  get heldCount(): number {
    return this.#flows.size;
  }

  /** Calls that wait for their turn or run. */
  get callCount(): number {
    return this.#queue.callCount;
  }

  /** Counts each message's state. */
  countInto(stats: StatsQuery): void {
    for (const flow of this.#flows.values()) stats.count(v2InboundChart(flow.qos), flow.state);
  }

  /** A SEND came. */
  receive(packet: SendPacket): void {
    if (packet.qos === 0) {
      this.#receiveQos0(packet);
      return;
    }
    const digest = packet.qos === 2 ? digestOf(packet.payload) : emptyBytes;
    const known = this.#flows.find(packet.id);
    if (known !== undefined) {
      this.#answers.received(packet, known);
      this.#meet(known, packet, digest);
      return;
    }
    const receipt = packet.isDup ? this.#receipts.find(packet.id, packet.qos, packet.type) : undefined;
    if (receipt !== undefined) {
      this.#answers.received(packet, undefined);
      this.#context.counters.messagesInRepeated++;
      this.#receipts.keep(receipt);
      this.#answers.repeat(receipt);
      return;
    }
    this.#receipts.forgetFormer();
    if (!this.#hasRoomFor(packet)) {
      this.#answers.received(packet, undefined);
      return;
    }
    const message = this.#create(packet, digest, undefined);
    this.#answers.received(packet, message);
    message.failure = refuseMessage(this.#context, this.#backend, this.#owner, packet);
    if (message.failure !== undefined) message.payload = emptyBytes;
    this.#flows.add(message);
    this.#step(message, event['wire.send']);
  }

  /** A JOIN or LEAVE came. One that comes again after a resume does again what it did, which changes nothing. */
  change(packet: JoinPacket): void {
    const known = this.#flows.find(packet.id);
    if (known !== undefined) {
      const {membership} = known;
      const isSame = membership?.kind === packet.kind && membership.channel === packet.channel;
      if (isSame) this.#step(known, event['wire.repeat']);
      else this.#owner.front?.end('idInUse');
      return;
    }
    const send = {kind: 'send', qos: 1, isDup: false, type: noType, id: packet.id, payload: emptyBytes} as const;
    if (!this.#hasRoomFor(send)) return;
    const flow = this.#create(send, emptyBytes, packet);
    this.#flows.add(flow);
    this.#step(flow, event['wire.send']);
  }

  /** A REL came: always answered with COM. [RB-24] */
  release(id: number): void {
    const flow = this.#flows.find(id);
    if (flow === undefined || flow.qos !== 2) {
      this.#context.observation.observer?.strayed(this.#backend, 'rel', id, emptyBytes);
      this.#answers.complete(id, undefined);
      return;
    }
    this.#step(flow, event['wire.rel'], 'rel');
  }

  /** A CANCEL came. */
  cancel(id: number): void {
    const flow = this.#flows.find(id);
    if (flow !== undefined) this.#step(flow, event['wire.cancel']);
  }

  /** The call of `context` was answered; its headers have been applied. */
  answered(context: InboundMessage, answer: Answer): void {
    const message = context as V2Message;
    if (answer.kind === 'accepted') {
      message.reply = answer.body;
      const isTooLong = this.#owner.front?.takesReply(answer.body.length) === false;
      if (isTooLong) message.failure = {code: 'reply_too_large'};
    } else {
      message.failure = answer.kind === 'failed' ? failureOf(answer, message.isCancelled) : {code: 'unknown'};
    }
    this.concluded(message);
  }

  /** A message has had its turn, with or without a call. */
  concluded(message: V2Message): void {
    this.#queue.answered(message);
    if (message.qos > 0 && !this.#isClosed) {
      this.#step(message, event[message.failure === undefined ? 'call.accepted' : 'call.failed']);
    }
    this.#queue.callNext();
  }

  /** Another connection carries the session. */
  resumed(): void {
    this.#receipts.resumed();
  }

  /** The session has ended: no client awaits an answer. */
  close(): void {
    this.#isClosed = true;
    for (const flow of this.#flows.clear()) this.#step(flow, event['session.over']);
    this.#receipts.close();
    this.#queue.close();
  }

  /** The gateway stops: waiting calls are not made. Their messages were never acknowledged to the client. */
  dropQueue(): void {
    this.#queue.withdraw(0);
  }

  /** The actor has ended: no answer reaches it any more. */
  abandon(): void {
    this.#queue.abandon();
  }

  /** A SEND with an id that is in use: at QoS 2 any repeat of the same message, at QoS 1 one with DUP. [RB-21] [RB-23] */
  #meet(known: V2Message, packet: SendPacket, digest: Uint8Array): void {
    const {qos, type} = known;
    const isSame =
      known.membership === undefined &&
      qos === packet.qos &&
      type === packet.type &&
      isSameDigest(known.digest, digest);
    if (!isSame || (qos === 1 && !packet.isDup)) {
      this.#owner.front?.end('idInUse');
      return;
    }
    this.#context.counters.messagesInRepeated++;
    this.#step(known, event['wire.repeat']);
  }

  /** Whether one more message may be under way; if not, the connection is closed. [RB-29] [RB-49] */
  #hasRoomFor(packet: SendPacket): boolean {
    const {front} = this.#owner;
    if (this.#flows.size >= this.#context.settings.window) {
      front?.end('windowExceeded');
      return false;
    }
    if (this.#queue.hasRoomFor(packet)) return true;
    front?.end('overrun');
    return false;
  }

  #receiveQos0(packet: SendPacket): void {
    if (isForbidden(this.#context, this.#backend, packet)) {
      this.#answers.received(packet, undefined);
      return;
    }
    if (this.#queue.hasRoomFor(packet) && this.#context.memory.hasRoomFor(packet.payload.length)) {
      const message = this.#create(packet, emptyBytes, undefined);
      this.#answers.received(packet, message);
      this.#queue.add(message);
      return;
    }
    this.#context.counters.messagesInDropped++;
    this.#answers.received(packet, undefined);
    this.#context.observation.observer?.delivery('dropped', this.#backend, undefined);
  }

  #create(packet: SendPacket, digest: Uint8Array, membership: JoinPacket | undefined): V2Message {
    const {counters, sequences, observation} = this.#context;
    const id = sequences.nextMessage();
    if (membership !== undefined) return createMessage(packet, id, {digest, membership, traced: undefined});
    counters.messagesIn++;
    return createMessage(packet, id, {digest, membership, traced: observation.observer?.accepted(id, packet.type)});
  }

  /** The turn of a message has come. */
  #call(message: V2Message): void {
    const {membership} = message;
    if (message.isCancelled) message.failure ??= {code: 'cancelled'};
    if (membership !== undefined && message.failure === undefined) {
      message.failure = this.#owner.changeMembership(membership);
      message.reply = joined;
    }
    if (membership === undefined && message.failure === undefined) message.call = this.#backend.forward(message);
    else this.#owner.conclude(message);
  }

  /** `cause`: the packet that came, if one other than a SEND did. */
  #step(flow: V2Message, eventCode: number, cause?: AnswerKind): void {
    const table = v2InboundChart(flow.qos);
    const cell = table.step(flow.state, eventCode);
    flow.state = table.next[cell] as number;
    const {observer} = this.#context.observation;
    if (observer !== undefined) {
      if (cause === undefined) observer.transition(table, cell, this.#backend, flow, flow.id);
      else observer.reacted(table, cell, this.#backend, flow, cause, flow.id, emptyBytes);
    }
    for (const effectCode of table.effects[cell] as readonly number[]) this.#carryOut(effectCode, flow);
  }

  #carryOut(effectCode: number, flow: V2Message): void {
    switch (effectCode) {
      case effect.forward:
        this.#queue.add(flow);
        return;
      case effect.join:
        // The running call answers for both.
        return;
      case effect.withdraw:
        flow.isCancelled = true;
        if (flow.call > 0) this.#backend.withdraw(flow.call);
        return;
      case effect.keepOutcome:
        this.#receipts.keep(flow);
        return;
      // Whatever is sent carries the id of the SEND that began the flow. [RB-05]
      case effect.sendAck:
      case effect.sendRec:
        this.#answers.confirm(flow);
        return;
      case effect.sendFail:
        this.#answers.fail(flow);
        return;
      case effect.keepReply:
        flow.reply = this.#queue.keepReply(flow.reply);
        return;
      case effect.sendCom:
        this.#answers.complete(flow.id, flow);
        return;
      case effect.forget:
        if (flow.qos === 2 && flow.state !== v2InboundQos2.state.failed) this.#queue.dropReply(flow.reply);
        this.#flows.remove(flow);
    }
  }
}
