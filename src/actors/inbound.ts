// The receiving half of one session: the client's messages on their way to the business server, one call at a time in
// the order in which they came, and so their acknowledgements. [RB-43] [RB-46] Runs the chart of each QoS 1 or 2 message (machines/inbound-delivery.ts) and
// carries its effects out. Part of the session actor; made when the first message comes.

import {IdTable} from '../core/id-table.ts';
import {LinkedList} from '../core/linked-list.ts';
import {inboundChart, inboundQos1, inboundQos2} from '../machines/inbound-delivery.ts';
import {isRepeat} from '../machines/repeat.ts';
import {emptyBytes, type Qos, type SendPacket} from '../protocol/packet.ts';
import type {AnswerKind} from '../trace/observer.ts';
import type {Answer} from '../upstream/call.ts';
import type {BackendClient} from './backend-client.ts';
import type {Attachable} from './front.ts';
import type {InboundMessage} from './inbound-message.ts';
import {InboundQueue} from './inbound-queue.ts';
import type {ShardContext} from './shard-context.ts';
import type {StatsQuery} from './stats-query.ts';

// Both charts have the same codes for events and effects.
const {event, effect} = inboundQos2;
const stateUnanswered1 = inboundQos1.state.unanswered;
const stateUnanswered2 = inboundQos2.state.unanswered;

export class Inbound {
  readonly #context: ShardContext;
  readonly #backend: BackendClient;
  readonly #owner: Attachable;
  /** QoS 1 and 2 messages whose id is known: the two have separate ids, as at the original. */
  readonly #flows1 = new IdTable<InboundMessage>();
  readonly #flows2 = new IdTable<InboundMessage>();
  /** Flows of which only the message id is kept, the oldest first; they take no place in the window. */
  readonly #unanswered = new LinkedList<InboundMessage>();
  readonly #queue: InboundQueue;
  /** The connection has ended: what is answered from now on changes nothing, that of replaced messages included. */
  #isClosed = false;

  constructor(context: ShardContext, backend: BackendClient, owner: Attachable) {
    this.#context = context;
    this.#backend = backend;
    this.#owner = owner;
    this.#queue = new InboundQueue(context, backend, owner);
  }

  /** Messages held: with their call to come, or awaiting their REL. */
  get heldCount(): number {
    return this.#flows1.size + this.#flows2.size - this.#unanswered.size;
  }

  /** Calls that wait for their turn or run. */
  get callCount(): number {
    return this.#queue.callCount;
  }

  /** Counts each message's state. */
  countInto(stats: StatsQuery): void {
    for (const flows of [this.#flows1, this.#flows2]) {
      for (const flow of flows.values()) stats.count(inboundChart(flow.qos), flow.state);
    }
  }

  /** A SEND came. */
  receive(packet: SendPacket): void {
    const {rights} = this.#backend;
    const isForbidden = rights !== undefined && !rights.permissions.maySend(packet.type);
    if (packet.qos === 0) {
      if (isForbidden) this.#forbid(packet);
      else this.#receiveQos0(packet);
      return;
    }
    const flows = this.#flowsOf(packet.qos);
    const known = flows.find(packet.id);
    // A repeat of what was forwarded before is answered as it was.
    if (isForbidden && (known === undefined || !this.#isAnsweredRepeat(packet, known))) {
      this.#forbid(packet);
      return;
    }
    if (known !== undefined) {
      if (isRepeat(packet.qos, packet.isDup, isUnanswered(known))) {
        this.#context.counters.messagesInRepeated++;
        this.#received(packet, known);
        if (isUnanswered(known)) known.payload = packet.payload;
        this.#step(known, event['wire.repeat']);
        return;
      }
      this.#step(known, event['wire.replaced']);
    }
    // One that is replaced counts: its call may still run.
    if (this.heldCount >= this.#context.settings.window) {
      this.#received(packet, undefined);
      this.#owner.front?.end('overrun');
      return;
    }
    if (known !== undefined) flows.remove(known);
    const message = this.#create(packet);
    flows.add(message);
    this.#step(message, event['wire.send']);
  }

  /** A REL came: always answered with COM. [RB-24] */
  release(id: number): void {
    const flow = this.#flows2.find(id);
    if (flow === undefined) {
      this.#context.observation.observer?.strayed(this.#backend, 'rel', id, emptyBytes);
      this.#complete(id, undefined);
      return;
    }
    this.#step(flow, event['wire.rel'], 'rel');
  }

  /** The call of `message` was answered; its headers have been applied. */
  answered(message: InboundMessage, answer: Answer): void {
    this.#queue.answered(message);
    if (message.qos > 0 && !this.#isClosed) {
      message.reply = answer.kind === 'accepted' ? answer.body : emptyBytes;
      this.#step(message, event[answer.kind === 'accepted' ? 'call.accepted' : 'call.failed']);
    }
    this.#queue.callNext();
  }

  /** The connection has ended: no client awaits an acknowledgement. */
  close(): void {
    this.#isClosed = true;
    for (const flow of [...this.#flows1.values(), ...this.#flows2.values()]) this.#step(flow, event['socket.closed']);
    this.#flows1.clear();
    this.#flows2.clear();
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

  #isAnsweredRepeat(packet: SendPacket, known: InboundMessage): boolean {
    return !isUnanswered(known) && isRepeat(packet.qos, packet.isDup, false);
  }

  /** Not forwarded, and nothing is answered: a legacy client has no packet for it. */
  #forbid(packet: SendPacket): void {
    this.#context.counters.messagesInForbidden++;
    this.#received(packet, undefined);
    this.#context.observation.observer?.delivery('forbidden', this.#backend, undefined);
  }

  #receiveQos0(packet: SendPacket): void {
    if (this.#queue.hasRoomFor(packet) && this.#context.memory.hasRoomFor(packet.payload.length)) {
      this.#queue.add(this.#create(packet));
      return;
    }
    this.#context.counters.messagesInDropped++;
    this.#received(packet, undefined);
    this.#context.observation.observer?.delivery('dropped', this.#backend, undefined);
  }

  #create(packet: SendPacket): InboundMessage {
    this.#context.counters.messagesIn++;
    const id = this.#context.sequences.nextMessage();
    const message: InboundMessage = {
      qos: packet.qos,
      id: packet.id,
      type: packet.type,
      message: id,
      payload: packet.payload,
      heldBytes: 0,
      state: 0,
      traced: this.#context.observation.observer?.accepted(id, packet.type),
      reply: emptyBytes,
      unanswered: undefined,
      next: undefined,
    };
    this.#received(packet, message);
    return message;
  }

  /** `cause`: the packet that came, if one other than a SEND did. */
  #step(flow: InboundMessage, eventCode: number, cause?: AnswerKind): void {
    const table = inboundChart(flow.qos);
    const cell = table.step(flow.state, eventCode);
    const wasUnanswered = isUnanswered(flow);
    flow.state = table.next[cell] as number;
    if (isUnanswered(flow) !== wasUnanswered) this.#noteUnanswered(flow);
    const {observer} = this.#context.observation;
    if (observer !== undefined) {
      if (cause === undefined) observer.transition(table, cell, this.#backend, flow, flow.id);
      else observer.reacted(table, cell, this.#backend, flow, cause, flow.id, emptyBytes);
    }
    const effects = table.effects[cell] as readonly number[];
    for (let index = 0; index < effects.length; index++) this.#carryOut(effects[index] as number, flow);
  }

  #carryOut(effectCode: number, flow: InboundMessage): void {
    switch (effectCode) {
      case effect.forward:
        this.#forward(flow);
        return;
      case effect.join:
        // The running call answers for both.
        return;
      // Whatever is sent carries the id of the SEND that began the flow. [RB-05]
      case effect.sendAck:
      case effect.sendRec:
        this.#confirm(flow);
        return;
      case effect.keepReply:
        flow.reply = this.#queue.keepReply(flow.reply);
        return;
      case effect.sendCom:
        this.#complete(flow.id, flow);
        return;
      case effect.forget:
        if (flow.qos === 2) this.#queue.dropReply(flow.reply);
        this.#flowsOf(flow.qos).remove(flow);
    }
  }

  #forward(flow: InboundMessage): void {
    if (!this.#queue.hasRoomFor(flow)) {
      this.#owner.front?.end('overrun');
      return;
    }
    if (this.#context.memory.hasRoomFor(flow.payload.length)) {
      this.#queue.add(flow);
      return;
    }
    // As a call that fails: nothing is answered, and the client sends it again. [RB-12]
    this.#context.counters.messagesInRefused++;
    this.#owner.front?.holdUp();
    flow.payload = emptyBytes;
    this.#step(flow, event['call.failed']);
  }

  #confirm(flow: InboundMessage): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    const {qos, id, reply} = flow;
    this.#context.observation.observer?.replied(this.#backend, flow, qos === 1 ? 'ack' : 'rec', id, reply);
    front.confirm(flow);
  }

  #complete(id: number, flow: InboundMessage | undefined): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    this.#context.observation.observer?.replied(this.#backend, flow, 'com', id, emptyBytes);
    front.complete(id);
  }

  #received(packet: SendPacket, flow: InboundMessage | undefined): void {
    const {observer} = this.#context.observation;
    if (observer !== undefined) observer.received(this.#backend, flow, packet);
  }

  // Message ids of failed calls are a courtesy to the business server: beyond a window's worth the oldest is forgotten.
  #noteUnanswered(flow: InboundMessage): void {
    if (flow.unanswered !== undefined) {
      this.#unanswered.delete(flow.unanswered);
      flow.unanswered = undefined;
      return;
    }
    flow.unanswered = this.#unanswered.add(flow);
    const {first} = this.#unanswered;
    if (first === undefined || this.#unanswered.size <= this.#context.settings.window) return;
    this.#unanswered.delete(first);
    this.#flowsOf(first.item.qos).remove(first.item);
  }

  #flowsOf(qos: Qos): IdTable<InboundMessage> {
    return qos === 1 ? this.#flows1 : this.#flows2;
  }
}

function isUnanswered(flow: InboundMessage): boolean {
  return flow.state === (flow.qos === 1 ? stateUnanswered1 : stateUnanswered2);
}
